import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { freePort } from "./free-port.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** What a program did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A built checkout of its own, in a temporary directory: the scripts and the sample configuration of this one, and the
 * programs bundled from its sources as they are now. Tests change it as they like.
 */
export class Checkout {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<Checkout> {
    const root = mkdtempSync(join(tmpdir(), "menagerie-checkout-"));
    for (const directory of ["bin", "conf"])
      cpSync(join(ROOT, directory), join(root, directory), { recursive: true });
    await build({
      absWorkingDir: ROOT,
      entryPoints: { "zk-server": "src/cli/zk-server.ts", menagerie: "src/cli/main.ts" },
      outdir: join(root, "dist/bin"),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      banner: {
        js: 'import { createRequire as __r } from "node:module"; const require = __r(import.meta.url);',
      },
      logLevel: "error",
    });
    return new Checkout(root);
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  write(name: string, text: string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  rename(from: string, to: string): void {
    renameSync(this.path(from), this.path(to));
  }

  remove(name = ""): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  /** Runs a script or program to its end, by default in the checkout. Nothing of our own environment but PATH reaches it. */
  run(
    program: string,
    words: readonly string[],
    variables: Readonly<Record<string, string>> = {},
    cwd: string = this.root,
  ): Promise<Outcome> {
    const env = { PATH: process.env.PATH ?? "", HOME: this.root, USER: "zk", HOSTNAME: "host", ...variables };
    return new Promise((resolve) => {
      execFile(program, words, { env, cwd, timeout: 25_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
    });
  }
}

export { freePort };
