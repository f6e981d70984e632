import { createHash } from "node:crypto";

/** What stands for a text of clients as the key of a Map or Set: itself, or the digest of a very long one. */
export type TextKey = string;

/**
 * Strings up to this length are keys by their content. V8 takes nothing but the length as the hash of longer ones: a client
 * with ten thousand watches or ephemerals on such paths, or as many such ACLs, would hold up everybody for minutes.
 */
const CHARS_HASHED_MAX = 16_383;

/** Begins the keys of longer texts; texts that begin with it, which no path and no ACL does, become digests too. */
const LONG_KEY_MARK = "\0";

/** The key of `text`; different for different texts. */
export function textKeyOf(text: string): TextKey {
  if (text.length <= CHARS_HASHED_MAX && text.charCodeAt(0) !== 0) return text;
  // UTF-16: other encodings make one of different lone surrogates.
  return LONG_KEY_MARK + createHash("sha256").update(text, "utf16le").digest("base64");
}
