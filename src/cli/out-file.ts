import {
  accessSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
} from "node:fs";
import type { ScriptEnvironment } from "./script-environment.ts";

/**
 * Opens the file for a server's output. The one of the run before stays as `.1`, because it may tell why that run ended;
 * but several servers of one machine have the same file: what one of them still writes to is appended to.
 */
export function openOutFile({ logDir, outFile }: ScriptEnvironment): number {
  mkdirSync(logDir, { recursive: true });
  accessSync(logDir, constants.W_OK);
  try {
    if (!isWrittenTo(realpathSync(outFile))) renameSync(outFile, `${outFile}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return openSync(outFile, "a");
}

/** Whether a process has the file as its standard output; false where the system does not tell (no /proc). */
function isWrittenTo(path: string): boolean {
  try {
    return readdirSync("/proc").some((name) => /^\d+$/.test(name) && standardOutputOf(name) === path);
  } catch {
    return false;
  }
}

function standardOutputOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`);
  } catch {
    // It has ended meanwhile, or belongs to somebody else.
    return undefined;
  }
}
