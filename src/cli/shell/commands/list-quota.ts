import { KeeperError } from "../../../client/errors.ts";
import { parseQuota } from "../../../core/tree/quota-text.ts";
import { NO_OPTIONS, type ShellCommand } from "../command.ts";
import { dataText } from "../data-text.ts";
import { checkPath } from "../path-check.ts";
import { limitsPath, statsPath } from "../quota-znodes.ts";

/** `listquota path`: limits and usage, as the znodes hold them. */
export const listQuota: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 1,
  async run(words, context) {
    const path = words.words[0]!;
    context.err(`absolute path is ${limitsPath(path)}`);
    checkPath(limitsPath(path));
    try {
      const { data: limits } = await context.client.get(limitsPath(path));
      const { data: stats } = await context.client.get(statsPath(path));
      context.out(`Output quota for ${path} ${dataText(limits)}`);
      context.out(`Output stat for ${path} ${dataText(stats)}`);
      return { path, limits: parseQuota(limits) ?? null, usage: usageOf(dataText(stats)) };
    } catch (error) {
      if (!(error instanceof KeeperError) || error.code !== "NONODE") throw error;
      context.err(`quota for ${path} does not exist.`);
      return { path, limits: null, usage: null };
    }
  },
};

function usageOf(text: string): { readonly count: number; readonly bytes: number } {
  const number = (key: string): number =>
    Number(new RegExp(`(?:^|[,;])${key}=(-?\\d+)`).exec(text)?.[1] ?? 0);
  return { count: number("count"), bytes: number("bytes") };
}
