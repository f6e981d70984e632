import { KeeperError } from "../../../client/errors.ts";
import type { ACL } from "../../../protocol/records/data.ts";
import { readAcl } from "../acl-text.ts";
import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError, ShellExit } from "../command-error.ts";
import { errorText, keeperErrorCode } from "../error-text.ts";
import { checkPath } from "../path-check.ts";
import { statJson, statLines } from "../stat-text.ts";
import { readVersion } from "../versions.ts";
import { levelOrder, walk } from "../walk.ts";

/** `setAcl [-s] [-v version] [-R] path acl`; with `-R` on the whole subtree. */
export const setAcl: ShellCommand = {
  options: {
    rows: [
      { name: "s", description: "stats" },
      { name: "v", description: "version", hasValue: true },
      { name: "R", description: "recursive" },
    ],
  },
  wordsMin: 2,
  async run(words, context) {
    const [path = "", aclText = ""] = words.words;
    const acl = readAcl(aclText, (line) => context.err(line));
    const aversion = readVersion(words.value("v"));
    checkPath(path);
    if (acl.length === 0)
      throw new CommandError(errorText("INVALIDACL", "null"), ShellExit.failed, "INVALIDACL");
    if (words.has("R")) return setOnAll(path, acl, aversion, context);
    const stat = await context.client.setAcl(path, acl, { aversion });
    if (words.has("s")) for (const line of statLines(stat)) context.out(line);
    return { path, stat: statJson(stat) };
  },
};

/** A znode that refuses is told and left as it is; the others get theirs. */
async function setOnAll(
  root: string,
  acl: readonly ACL[],
  aversion: number | undefined,
  context: CommandContext,
): Promise<unknown> {
  const refused: { path: string; code: string }[] = [];
  const paths = levelOrder(await walk(context.client, root), root);
  for (const path of paths) {
    try {
      await context.client.setAcl(path, acl, { aversion });
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      context.out(keeperErrorCode(error.code, path));
      refused.push({ path, code: error.code });
    }
  }
  return { path: root, changed: paths.length - refused.length, refused };
}
