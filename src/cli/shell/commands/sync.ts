import { KeeperError } from "../../../client/errors.ts";
import { NO_OPTIONS, type ShellCommand } from "../command.ts";
import { checkPath } from "../path-check.ts";

const DEADLINE_MS = 30_000;

/** `sync path`: waits until this server has seen everything that was committed before. */
export const sync: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 1,
  async run(words, context) {
    const path = checkPath(words.words[0]!);
    try {
      await context.client.sync(path, { deadlineMs: DEADLINE_MS });
      context.out("Sync is OK");
      return { path, ok: true };
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      context.out(`Sync has failed. rc=${error.codeNumber}`);
      return { path, ok: false, code: error.code };
    }
  },
};
