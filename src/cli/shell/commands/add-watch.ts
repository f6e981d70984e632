import type { WatchMode } from "../../../client/types.ts";
import type { ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { checkPath } from "../path-check.ts";

const MODES: Readonly<Record<string, WatchMode>> = {
  PERSISTENT: "persistent",
  PERSISTENT_RECURSIVE: "persistent-recursive",
};

/** `addWatch [-m mode] path`: a watch that stays; the znode need not exist. */
export const addWatch: ShellCommand = {
  options: { rows: [{ name: "m", description: "mode", hasValue: true }] },
  wordsMin: 1,
  async run(words, context) {
    const modeText = words.value("m")?.toUpperCase() ?? "PERSISTENT_RECURSIVE";
    const mode = Object.hasOwn(MODES, modeText) ? MODES[modeText] : undefined;
    if (mode === undefined) throw new CommandError(context.synopsis);
    const path = checkPath(words.words[0]!);
    await context.shell.addWatch(path, mode);
    return { path, mode };
  },
};
