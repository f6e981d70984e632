import { formatAcl } from "../../../client/acl.ts";
import { aclLines } from "../acl-text.ts";
import type { ShellCommand } from "../command.ts";
import { checkPath } from "../path-check.ts";
import { statJson, statLines } from "../stat-text.ts";

/** `getAcl [-s] path`: two lines per entry. */
export const getAcl: ShellCommand = {
  options: { rows: [{ name: "s", description: "stats" }] },
  wordsMin: 1,
  async run(words, context) {
    const path = checkPath(words.words[0]!);
    const { acl, stat } = await context.client.getAcl(path);
    for (const line of aclLines(acl)) context.out(line);
    if (words.has("s")) for (const line of statLines(stat)) context.out(line);
    return { path, acl: acl.map((entry) => formatAcl([entry])), stat: statJson(stat) };
  },
};
