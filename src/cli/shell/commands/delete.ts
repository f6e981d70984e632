import type { ShellCommand } from "../command.ts";
import { checkPath } from "../path-check.ts";
import { isVersionWord, readVersion } from "../versions.ts";

/** `delete [-v version] path`; `delete path version` is the spelling of 3.4, and the version is checked. */
export const remove: ShellCommand = {
  options: { rows: [{ name: "v", description: "version", hasValue: true }] },
  wordsMin: 1,
  async run(words, context) {
    const [path = "", versionWord] = words.words;
    let version = readVersion(words.value("v"));
    if (versionWord !== undefined) {
      context.err(
        "'delete path [version]' has been deprecated. Please use 'delete [-v version] path' instead.",
      );
      if (isVersionWord(versionWord)) version ??= readVersion(versionWord);
    }
    await context.client.delete(checkPath(path), { version });
    return { path };
  },
};
