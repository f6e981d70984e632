import type { ShellCommand } from "../command.ts";
import { base64, dataJson, dataText } from "../data-text.ts";
import { hexDump } from "../hex-dump.ts";
import { checkPath } from "../path-check.ts";
import { statJson, statLines } from "../stat-text.ts";

/** `get [-s] [-w] [-b] [-x] path`: the data of a znode as text, base64 or a hex dump. */
export const get: ShellCommand = {
  options: {
    rows: [
      { name: "s", description: "Print znode stats additionally" },
      { name: "w", description: "Watch for changes on the znode" },
      { name: "b", description: "Output data in base64 format" },
      { name: "x", description: "Output data in hexdump format" },
    ],
  },
  wordsMin: 1,
  async run(words, context) {
    const [path = "", watchWord] = words.words;
    if (watchWord !== undefined)
      context.err("'get path [watch]' has been deprecated. Please use 'get [-s] [-w] path' instead.");
    const isWatching = words.has("w") || watchWord !== undefined;
    const { data, stat } = await context.client.get(
      checkPath(path),
      isWatching ? { watch: context.watcher("data", path) } : {},
    );
    const format = words.has("x") ? hexDump : words.has("b") ? base64 : undefined;
    context.out(format === undefined ? dataText(data) : format(data ?? Buffer.from("null")));
    if (words.has("s")) for (const line of statLines(stat)) context.out(line);
    return { path, ...dataJson(data), stat: statJson(stat) };
  },
};
