import { KeeperError } from "../../../client/errors.ts";
import { NO_QUOTA, parseQuota, type QuotaNumbers } from "../../../core/tree/quota-text.ts";
import { childOf, QUOTA_PATH, ZOOKEEPER_PATH } from "../../../protocol/path.ts";
import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { ParsedWords } from "../option-parser.ts";
import { checkPath } from "../path-check.ts";
import { QUOTA_FIELDS, quotaOptions } from "../quota-options.ts";
import { LIMITS_NAME, limitsPath, limitsText, statsPath } from "../quota-znodes.ts";
import type { ShellClient } from "../shell-client.ts";
import { walk } from "../walk.ts";

/** `setquota -n|-b|-N|-B val path`: one limit for a subtree; the others stay as they are. */
export const setQuota: ShellCommand = {
  options: { rows: quotaOptions("values"), group: "required" },
  wordsMin: 1,
  async run(words, context) {
    const path = words.words[0]!;
    if (path.startsWith(QUOTA_PATH)) {
      context.err(`cannot set a quota under the path: ${QUOTA_PATH}`);
      return { path, limits: null };
    }
    const change = readLimit(words, context);
    if (change === undefined) return { path, limits: null };
    checkPath(path);
    if ((await context.client.exists(path)) === null) throw new CommandError(`${path} does not exist.`);
    if (path === "/") throw new CommandError("Path must not end with / character");
    await refuseNested(context.client, path);
    const limits = await write(context, path, change);
    return { path, limits };
  },
};

/** undefined after a complaint, which is no error (exit code 0), as in Apache's shell. */
function readLimit(words: ParsedWords, context: CommandContext): Partial<QuotaNumbers> | undefined {
  const letter = Object.keys(QUOTA_FIELDS).find((name) => words.has(name))!;
  const field = QUOTA_FIELDS[letter]!;
  const text = words.value(letter) ?? "";
  const isCount = field === "count" || field === "countHardLimit";
  const max = isCount ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || Math.abs(value) > max) {
    context.err("NumberFormatException happens when parsing the option value");
    return undefined;
  }
  if (isCount ? value > 0 : value >= 0) return { [field]: value };
  context.err(
    isCount
      ? "the num quota must be greater than zero"
      : "the bytes quota must be greater than or equal to zero",
  );
  return undefined;
}

/** Quotas do not nest: neither may there be one below the path nor above it. */
async function refuseNested(client: ShellClient, path: string): Promise<void> {
  const root = QUOTA_PATH + path;
  for (const { path: at, children } of (await subtree(client, root)).values()) {
    if (at !== root && children.includes(LIMITS_NAME))
      throw new CommandError(`${path} has a child ${at.slice(QUOTA_PATH.length)} which has a quota`);
  }
  let at = QUOTA_PATH;
  for (const segment of path.split("/").slice(1, -1)) {
    at = childOf(at, segment);
    if ((await client.exists(childOf(at, LIMITS_NAME))) !== null)
      throw new CommandError(`${path} has a parent ${at.slice(QUOTA_PATH.length)} which has a quota`);
  }
}

async function subtree(client: ShellClient, root: string): Promise<Awaited<ReturnType<typeof walk>>> {
  try {
    return await walk(client, root);
  } catch (error) {
    if (error instanceof KeeperError && error.code === "NONODE") return new Map();
    throw error;
  }
}

async function write(
  context: CommandContext,
  path: string,
  change: Partial<QuotaNumbers>,
): Promise<QuotaNumbers> {
  const { client } = context;
  const isNew = (await client.exists(limitsPath(path))) === null;
  const before = isNew ? NO_QUOTA : (parseQuota((await client.get(limitsPath(path))).data) ?? NO_QUOTA);
  const limits = { ...before, ...change };
  if (isNew) {
    await makeParents(client, path);
    await client.create(limitsPath(path), { data: limitsText(limits) });
    await client.create(statsPath(path), { data: "count=0,bytes=0" });
  }
  warn(context, limits, parseQuota((await client.get(statsPath(path))).data) ?? NO_QUOTA);
  if (!isNew) await client.set(limitsPath(path), limitsText(limits));
  return limits;
}

async function makeParents(client: ShellClient, path: string): Promise<void> {
  const segments = (QUOTA_PATH + path).split("/").slice(1);
  let at = "";
  for (const segment of segments) {
    at = `${at}/${segment}`;
    if (at === ZOOKEEPER_PATH || (await client.exists(at)) !== null) continue;
    await client.create(at, { data: null }).catch((error: unknown) => {
      if (!(error instanceof KeeperError) || error.code !== "NODEEXISTS") throw error;
    });
  }
}

function warn(context: CommandContext, limits: QuotaNumbers, usage: QuotaNumbers): void {
  const isBelow = (soft: number, hard: number, used: number): boolean =>
    (soft > -1 && soft < used) || (hard > -1 && hard < used);
  if (isBelow(limits.count, limits.countHardLimit, usage.count))
    context.out(`[Warning]: the count quota you create is less than the existing count:${usage.count}`);
  if (isBelow(limits.bytes, limits.byteHardLimit, usage.bytes))
    context.out(`[Warning]: the bytes quota you create is less than the existing bytes:${usage.bytes}`);
}
