import { NO_QUOTA, parseQuota } from "../../../core/tree/quota-text.ts";
import { childOf, parentOf, QUOTA_PATH } from "../../../protocol/path.ts";
import type { ShellCommand } from "../command.ts";
import { checkPath } from "../path-check.ts";
import { QUOTA_FIELDS, quotaOptions } from "../quota-options.ts";
import { limitsPath, limitsText } from "../quota-znodes.ts";
import type { ShellClient } from "../shell-client.ts";

/** `delquota [-n|-b|-N|-B] path`: one limit, or without an option the quota and all that only it needed. */
export const delQuota: ShellCommand = {
  options: { rows: quotaOptions("flags"), group: "optional" },
  wordsMin: 1,
  async run(words, context) {
    const path = words.words[0]!;
    const { client } = context;
    const at = checkPath(limitsPath(path));
    if ((await client.exists(at)) === null) {
      context.out(`Quota does not exist for ${path}`);
      return { path, limits: null };
    }
    const letter = Object.keys(QUOTA_FIELDS).find((name) => words.has(name));
    if (letter === undefined) {
      await removeQuota(client, QUOTA_PATH + path);
      return { path, limits: null };
    }
    const before = parseQuota((await client.get(at)).data) ?? NO_QUOTA;
    const limits = { ...before, [QUOTA_FIELDS[letter]!]: -1 };
    await client.set(at, limitsText(limits));
    return { path, limits };
  },
};

async function removeQuota(client: ShellClient, root: string): Promise<void> {
  for (const name of (await client.children(root)).children) await client.delete(childOf(root, name));
  for (let at: string | undefined = root; at !== undefined && at !== QUOTA_PATH; at = parentOf(at)) {
    if ((await client.children(at)).children.length > 0) return;
    await client.delete(at);
  }
}
