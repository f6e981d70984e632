import { writeFile } from "node:fs/promises";
import type { ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { checkPath } from "../path-check.ts";
import { progressBar } from "../progress-bar.ts";
import { readSubtree } from "../znode-export.ts";

/** `export path [file]`: a subtree as JSON, to a file or to standard output. Ephemeral znodes stay out. */
export const exportTree: ShellCommand = {
  options: { rows: [] },
  wordsMin: 1,
  async run(words, context) {
    const [path = "", file] = words.words;
    const bar = await progressBar("export", context.isJson);
    const exported = await readSubtree(context.client, checkPath(path), bar.update, context.signal).finally(
      () => bar.end(),
    );
    const text = `${JSON.stringify(exported, null, 2)}\n`;
    if (file === undefined) {
      context.out(text.trimEnd());
      return exported;
    }
    try {
      await writeFile(file, text);
    } catch (error) {
      throw new CommandError(`cannot write ${file}: ${(error as Error).message}`);
    }
    context.out(`Exported ${exported.znodes.length} znodes of ${path} to ${file}`);
    return { path, file, znodes: exported.znodes.length };
  },
};
