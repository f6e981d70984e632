import { CommandError } from "./command-error.ts";

/**
 * Refuses what is not a path before anything is sent, in the words of Apache's client (command-line 2.7). A sequential
 * create may end in a slash: the server puts the number behind it.
 *
 * @throws {@link CommandError}
 */
export function checkPath(path: string, kind: "path" | "sequential" = "path"): string {
  const reason = pathProblem(kind === "sequential" ? `${path}1` : path, path);
  if (reason !== undefined) throw new CommandError(reason);
  return path;
}

function pathProblem(path: string, shown: string): string | undefined {
  if (path.length === 0) return "Path length must be > 0";
  if (path[0] !== "/") return "Path must start with / character";
  if (path.length === 1) return undefined;
  if (path.endsWith("/")) return "Path must not end with / character";
  const found = segmentProblem(path);
  return found === undefined ? undefined : `Invalid path string "${shown}" caused by ${found}`;
}

function segmentProblem(path: string): string | undefined {
  for (let at = 1; at < path.length; at++) {
    const unit = path.charCodeAt(at);
    if (unit === 0) return `null character not allowed @${at}`;
    const isEnd = at + 1 === path.length || path[at + 1] === "/";
    if (path[at] === "/" && path[at - 1] === "/") return `empty node name specified @${at}`;
    if (path[at] === "." && isEnd && isRelativeEnd(path, at)) return `relative paths not allowed @${at}`;
    if (isForbidden(unit)) return `invalid character @${at}`;
  }
  return undefined;
}

/** Whether the segment that ends at `at` is `.` or `..`. */
function isRelativeEnd(path: string, at: number): boolean {
  if (path[at - 1] === "/") return true;
  return path[at - 1] === "." && path[at - 2] === "/";
}

function isForbidden(unit: number): boolean {
  if (unit <= 0x1f || (unit >= 0x7f && unit <= 0x9f)) return true;
  return (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0;
}
