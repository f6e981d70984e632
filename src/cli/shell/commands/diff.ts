import { existsSync } from "node:fs";
import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { dataText } from "../data-text.ts";
import { checkPath } from "../path-check.ts";
import { byCodeUnit } from "../walk.ts";
import {
  absolute,
  dataOf,
  type ExportedZnode,
  isSameData,
  parseExport,
  readSubtree,
  type ZnodeExport,
} from "../znode-export.ts";
import { readText } from "./import.ts";

interface Difference {
  readonly path: string;
  /** `-` only here, `+` only there, `~` other data, `@` other ACL. */
  readonly sign: "-" | "+" | "~" | "@";
  readonly here?: string;
  readonly there?: string;
}

/**
 * `diff path file|host:port[/chroot] [-d]`: what is only here (`-`), only there (`+`), with other data (`~`) or another ACL
 * (`@`). The other side is an export, or the same path on another server. Exit code 1 when there are differences.
 */
export const diff: ShellCommand = {
  options: { rows: [{ name: "d", description: "print the data that differs" }] },
  wordsMin: 2,
  async run(words, context) {
    const [path = "", other = ""] = words.words;
    const here = await readSubtree(context.client, checkPath(path), () => undefined, context.signal);
    const there = await readOther(other, path, context);
    const differences = [...compare(here, there)];
    for (const difference of differences) print(difference, path, words.has("d"), context);
    if (context.isJson) context.emit({ path, other, differences });
    if (differences.length > 0)
      throw new CommandError(
        `${differences.length} ${differences.length === 1 ? "difference" : "differences"}`,
      );
    context.out("No differences");
    return undefined;
  },
};

async function readOther(other: string, path: string, context: CommandContext): Promise<ZnodeExport> {
  if (existsSync(other)) return parseExport(await readText(other), other);
  if (!/^[^/\s]+:\d+/.test(other))
    throw new CommandError(
      `"${other}" is neither a file nor host:port: export a subtree first, or name a server`,
    );
  const session = await context.shell.openOther(other);
  try {
    return await readSubtree(session.client, path, () => undefined, context.signal);
  } finally {
    await session.close();
  }
}

function* compare(here: ZnodeExport, there: ZnodeExport): Iterable<Difference> {
  const left = new Map(here.znodes.map((znode) => [znode.path, znode]));
  const right = new Map(there.znodes.map((znode) => [znode.path, znode]));
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort(byCodeUnit);
  for (const path of paths) {
    const [a, b] = [left.get(path), right.get(path)];
    if (a === undefined) yield { path, sign: "+" };
    else if (b === undefined) yield { path, sign: "-" };
    else yield* compareZnodes(path, a, b);
  }
}

function* compareZnodes(path: string, a: ExportedZnode, b: ExportedZnode): Iterable<Difference> {
  const [here, there] = [dataOf(a), dataOf(b)];
  if (!isSameData(here, there)) yield { path, sign: "~", here: dataText(here), there: dataText(there) };
  const [mine, yours] = [a.acl?.join(","), b.acl?.join(",")];
  if (mine !== undefined && yours !== undefined && mine !== yours)
    yield { path, sign: "@", here: mine, there: yours };
}

function print(
  { path, sign, here, there }: Difference,
  root: string,
  withData: boolean,
  context: CommandContext,
): void {
  const { red, green, yellow } = context.paint;
  const paint = sign === "-" ? red : sign === "+" ? green : yellow;
  context.out(paint(`${sign} ${absolute(root, path)}`));
  if (here === undefined || !withData) return;
  context.out(red(`  < ${here}`));
  context.out(green(`  > ${there}`));
}
