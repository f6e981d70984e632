import { childOf } from "../../protocol/path.ts";
import type { ShellClient } from "./shell-client.ts";
import { byCodeUnit } from "./walk.ts";

/**
 * What tab offers for the last word of a line (command-line 2.4): a word that begins with a slash, the paths of znodes that
 * begin with it; any other, the commands. Without a connection or permission: nothing.
 */
export async function complete(
  line: string,
  commands: readonly string[],
  client: Pick<ShellClient, "children"> | undefined,
): Promise<[candidates: string[], word: string]> {
  const [, quote = "", word = ""] = /(?:^|\s)(["']?)([^\s"']*)$/.exec(line) ?? [];
  if (!word.startsWith("/")) {
    const isName = quote === "";
    return [isName ? commands.filter((name) => name.startsWith(word)) : [], word];
  }
  if (client === undefined) return [[], word];
  const slash = word.lastIndexOf("/");
  const parent = slash === 0 ? "/" : word.slice(0, slash);
  try {
    const { children } = await client.children(parent);
    const paths = children.map((name) => childOf(parent, name)).filter((path) => path.startsWith(word));
    return [paths.sort(byCodeUnit), word];
  } catch {
    return [[], word];
  }
}
