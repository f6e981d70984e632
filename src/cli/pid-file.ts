import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigError } from "../config/config-error.ts";
import type { ScriptEnvironment } from "./script-environment.ts";
import { dataDirectoriesOf } from "./static-config.ts";

/** `ZOOPIDFILE`, or `zookeeper_server.pid` in the data directory. Throws `ConfigError` when there is no data directory. */
export function pidFileOf({ pidFile, configFile }: ScriptEnvironment): string {
  if (pidFile !== null) return pidFile;
  const { dataDir } = dataDirectoriesOf(configFile);
  if (dataDir === null) throw new ConfigError([{ reason: `dataDir is not set in ${configFile}` }]);
  return `${dataDir}/zookeeper_server.pid`;
}

/** The process a pid file names; undefined when there is no file, or no number in it. */
export function readPid(path: string): number | undefined {
  try {
    const text = readFileSync(path, "utf8").trim();
    return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Without a line end, as Apache's script writes it. */
export function writePid(path: string, pid: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, String(pid));
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/** Whether there is such a process, ours to signal or not. A process that has ended but was not waited for is none. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !/^\d+ \(.*\) Z/s.test(procFile(pid, "stat") ?? "");
}

/**
 * Whether the process is a ZooKeeper server, ours or Apache's. A pid file can outlive its process, and the number can come
 * again: another program must neither keep us from starting nor be stopped. Where the system does not tell what a
 * process runs, it counts as a server.
 */
export function isZooKeeper(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const commandLine = procFile(pid, "cmdline");
  return (
    commandLine === undefined || commandLine === "" || /zookeeper|zk-server|menagerie/i.test(commandLine)
  );
}

function procFile(pid: number, name: "stat" | "cmdline"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    // No /proc (macOS), or not for us: the caller goes without.
    return undefined;
  }
}
