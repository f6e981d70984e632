import type { ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { checkPath } from "../path-check.ts";
import { statJson, statLines } from "../stat-text.ts";
import { isVersionWord, readVersion } from "../versions.ts";

/** `set path data [-s] [-v version] [-b]`: new data for a znode. `set path data version` is the spelling of 3.4. */
export const set: ShellCommand = {
  options: {
    rows: [
      { name: "s", description: "Print znode stats additionally" },
      { name: "v", description: "Set with an expected version", hasValue: true },
      { name: "b", description: "Supply data in base64 format" },
    ],
  },
  wordsMin: 2,
  async run(words, context) {
    const [path = "", text = "", versionWord] = words.words;
    let version = readVersion(words.value("v"));
    if (version === undefined && isVersionWord(versionWord)) {
      context.err(
        "'set path data [version]' has been deprecated. Please use 'set [-s] [-v version] path data' instead.",
      );
      version = readVersion(versionWord);
    }
    const data = words.has("b") ? fromBase64(text) : text;
    const stat = await context.client.set(checkPath(path), data, { version });
    if (words.has("s")) for (const line of statLines(stat)) context.out(line);
    return { path, stat: statJson(stat) };
  },
};

/** Strict, as Java's decoder, but for padding that is missing. */
function fromBase64(text: string): Uint8Array {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)) {
    throw new CommandError(`the data of set -b must be base64 (letters, digits, + and /), not "${text}"`);
  }
  return new Uint8Array(Buffer.from(text, "base64"));
}
