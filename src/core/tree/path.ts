/**
 * Paths of znodes (client-protocol 4.2). A path is a string of segments, each behind a `/`; the root is `/`, and in
 * snapshots and digests "".
 */

export const ROOT_PATH = "/";
export const ZOOKEEPER_PATH = "/zookeeper";
export const QUOTA_PATH = "/zookeeper/quota";
export const CONFIG_PATH = "/zookeeper/config";

const SUFFIX_DIGITS = 10;

/** The four znodes that exist before the first transaction and cannot be deleted (client-protocol 4.8). */
export function isSystemPath(path: string): boolean {
  return path === ROOT_PATH || path === ZOOKEEPER_PATH || path === QUOTA_PATH || path === CONFIG_PATH;
}

/** Strictly below `/zookeeper`: what the tree digest leaves out (quorum-protocol 7). */
export function isBelowZookeeper(path: string): boolean {
  return path.startsWith("/zookeeper/");
}

/** `/a/b` → `/a`, `/a` → `/`. For `/` and for what has no slash: undefined. */
export function parentOf(path: string): string | undefined {
  const slash = path.lastIndexOf("/");
  if (slash < 0 || path.length === 1) return undefined;
  return slash === 0 ? ROOT_PATH : path.slice(0, slash);
}

/** `/a/b` → `b`; the root has the name "". */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function isForbidden(unit: number): boolean {
  if (unit < 0x7f) return unit <= 0x1f;
  if (unit <= 0x9f) return true;
  return (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0;
}

const SLASH = 0x2f;

/**
 * Full validation. Returns why `path` is not a znode's path, or undefined when it is one. The reasons name the offset
 * (in UTF-16 units) of what is wrong. Everything above the basic plane is refused, as in ZooKeeper.
 */
export function validatePath(path: string | null): string | undefined {
  if (path === null) return "path is null";
  if (path.length === 0) return "path is empty";
  if (path.charCodeAt(0) !== SLASH) return "path must start with a / character";
  const length = path.length;
  if (length === 1) return undefined;
  if (path.charCodeAt(length - 1) === SLASH) return "path must not end with a / character";
  let segmentAt = 1;
  for (let i = 1; i < length; i++) {
    const unit = path.charCodeAt(i);
    if (unit === SLASH) {
      if (i === segmentAt) return `empty znode name at offset ${i}`;
      if (isRelative(path, segmentAt, i)) return `relative path segment at offset ${segmentAt}`;
      segmentAt = i + 1;
    } else if (unit === 0) {
      return `NUL character at offset ${i}`;
    } else if (isForbidden(unit)) {
      return `invalid character U+${unit.toString(16).toUpperCase().padStart(4, "0")} at offset ${i}`;
    }
  }
  return isRelative(path, segmentAt, length) ? `relative path segment at offset ${segmentAt}` : undefined;
}

function isRelative(path: string, start: number, end: number): boolean {
  if (path.charCodeAt(start) !== 0x2e) return false;
  return end - start === 1 || (end - start === 2 && path.charCodeAt(start + 1) === 0x2e);
}

/** What create checks first, before ACL and suffix: it has a slash and no NUL (client-protocol 4.2). */
export function hasSlashAndNoNul(path: string): boolean {
  return path.includes("/") && !path.includes("\0");
}

/**
 * The suffix of a sequential znode: Java's `%010d` of an int32. A negative number (only after 2^31 creates) keeps its
 * sign inside the ten characters, and -2147483648 needs eleven (client-protocol 4.6).
 */
export function sequenceSuffix(counter: number): string {
  if (counter >= 0) return String(counter).padStart(SUFFIX_DIGITS, "0");
  return `-${String(-counter).padStart(SUFFIX_DIGITS - 1, "0")}`;
}
