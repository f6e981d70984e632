import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { REPOSITORY } from "./peers.ts";

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A copy of the working tree (what git knows and what it does not ignore) somewhere else, as a fresh clone would be. */
export class Checkout {
  readonly directory: string = mkdtempSync(join(tmpdir(), "interop-checkout-"));

  constructor() {
    const listing = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
      cwd: REPOSITORY,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    for (const name of listing.split("\0").filter((entry) => entry !== "")) {
      const target = join(this.directory, name);
      mkdirSync(dirname(target), { recursive: true });
      // A file that was deleted but not yet from git's index is simply not there.
      cpSync(join(REPOSITORY, name), target, { force: true, errorOnExist: false });
    }
  }

  /** Runs a command in the checkout to its end, whatever its exit code. */
  run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const options = { cwd: this.directory, env: { ...process.env, ...env }, timeout: 240_000 };
      const child = execFile(command, [...args], options, (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== "number") return reject(error);
        resolve({ stdout, stderr, exitCode: Number(error?.code ?? 0) });
      });
      child.stdin?.end();
    });
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
