import { createHash } from "node:crypto";

/** What stands for a path as the key of a Map or Set: itself, or the digest of a very long one. */
export type PathKey = string;

/**
 * Strings up to this length are keys by their content. V8 takes nothing but the length as the hash of longer ones: a client
 * with ten thousand watches or ephemerals on such paths would hold up everybody for minutes.
 */
const PATH_CHARS_HASHED_MAX = 16_383;

/** Begins the keys of longer paths; paths that begin with it, which no znode can have, become digests too. */
const LONG_KEY_MARK = "\0";

/** The key of `path`; different for different paths. */
export function pathKeyOf(path: string): PathKey {
  if (path.length <= PATH_CHARS_HASHED_MAX && path.charCodeAt(0) !== 0) return path;
  // UTF-16: other encodings make one of different lone surrogates.
  return LONG_KEY_MARK + createHash("sha256").update(path, "utf16le").digest("base64");
}
