import { readFile } from "node:fs/promises";
import type { ReconfigOptions } from "../../../client/client.ts";
import { parseProperties } from "../../../config/properties.ts";
import { zxidFromHex } from "../../../protocol/zxid.ts";
import type { ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { commandError } from "../error-text.ts";
import type { ParsedWords } from "../option-parser.ts";
import { statJson, statLines } from "../stat-text.ts";

const MIXED =
  "Can't use -file or -members together with -add or -remove (mixing incremental and non-incremental modes is not allowed)";
const CONFLICTING = "Can't use -file and -members together (conflicting non-incremental modes)";

/** `reconfig`: changes the members, by what joins and leaves or as a whole. */
export const reconfig: ShellCommand = {
  options: {
    rows: [
      { name: "s", description: "stats" },
      { name: "v", description: "required current config version", hasValue: true },
      { name: "file", description: "path of config file to parse for membership", hasValue: true },
      { name: "members", description: "comma-separated list of config strings", hasValue: true },
      { name: "add", description: "comma-separated list of config strings for new servers", hasValue: true },
      { name: "remove", description: "comma-separated list of server IDs to remove", hasValue: true },
    ],
  },
  wordsMin: 0,
  async run(words, context) {
    const request = await readRequest(words, context.synopsis);
    const { text, stat } = await context.client.reconfig(request).catch((error: unknown) => {
      throw commandError(error, "") ?? error;
    });
    context.out(`Committed new configuration:\n${text}`);
    if (words.has("s")) for (const line of statLines(stat)) context.out(line);
    return { text, stat: statJson(stat) };
  },
};

async function readRequest(words: ParsedWords, synopsis: string): Promise<ReconfigOptions> {
  const isWhole = words.has("file") || words.has("members");
  const isPartial = words.has("add") || words.has("remove");
  if (!isWhole && !isPartial) throw new CommandError(synopsis);
  const version = words.value("v");
  if (version !== undefined && !/^\+?[0-9a-fA-F]{1,16}$/.test(version))
    throw new CommandError("-v must be followed by a long (configuration version)");
  if (isWhole && isPartial) throw new CommandError(MIXED);
  if (words.has("file") && words.has("members")) throw new CommandError(CONFLICTING);
  const [joining, leaving] = [words.value("add")?.toLowerCase(), words.value("remove")?.toLowerCase()];
  const file = words.value("file");
  const members = file === undefined ? words.value("members")?.toLowerCase() : await membersOf(file);
  const fromConfig = version === undefined ? undefined : zxidFromHex(version.replace(/^\+/, ""));
  return { joining, leaving, members, fromConfig };
}

/** The `server.N` lines of a dynamic configuration file, and its groups and weights; its version does not count. */
async function membersOf(file: string): Promise<string> {
  try {
    const properties = parseProperties(await readFile(file));
    return properties
      .filter(({ key }) => /^(server|group|weight)\./.test(key))
      .map(({ key, value }) => `${key}=${value.trim()}`)
      .join("\n");
  } catch (error) {
    throw new CommandError(`Error processing ${file}${javaReason(error, file)}`);
  }
}

/** As Java words what went wrong with a file. */
function javaReason(error: unknown, file: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return `${file} (No such file or directory)`;
  if (code === "EACCES") return `${file} (Permission denied)`;
  if (code === "EISDIR") return `${file} (Is a directory)`;
  return message;
}
