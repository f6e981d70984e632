import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A peer that could not be installed. The interop run stops at it: a missing peer is never skipped. */
export class PeerInstallError extends Error {
  name = "PeerInstallError";
  constructor(peer, detail) {
    super(`interop peer "${peer}" could not be installed: ${detail}`);
    this.peer = peer;
  }
}

/**
 * Runs a program to its end and returns its stdout. Throws {@link PeerInstallError} naming the peer when the
 * program is missing, fails or needs more than `timeoutMs`.
 */
export function run(peer, command, args, { cwd, env, timeoutMs = 600_000 } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error !== undefined) throw new PeerInstallError(peer, `${command}: ${result.error.message}`);
  if (result.status !== 0) {
    const tail = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-25).join("\n");
    const how = result.signal === null ? `exit code ${result.status}` : `signal ${result.signal}`;
    throw new PeerInstallError(peer, `${command} ${args.join(" ")} ended with ${how}\n${tail}`);
  }
  return result.stdout;
}

/**
 * Does `work(directory)` in a fresh `<cache>/<name>` unless it was done before with the same `key` (versions and
 * sources of the peer). The stamp is written last, so an interrupted installation is done again.
 */
export function cached(cache, name, key, work) {
  const directory = join(cache, name);
  const stamp = join(cache, `${name}.stamp`);
  const wanted = createHash("sha256").update(JSON.stringify(key)).digest("hex");
  if (existsSync(stamp) && existsSync(directory) && readFileSync(stamp, "utf8") === wanted) return directory;
  rmSync(stamp, { force: true });
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  console.log(`interop: installing ${name}`);
  work(directory);
  writeFileSync(stamp, wanted);
  return directory;
}
