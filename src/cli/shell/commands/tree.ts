import { childOf } from "../../../protocol/path.ts";
import { byteCount } from "../byte-count.ts";
import type { ShellCommand } from "../command.ts";
import { LEVELS_OPTION, readLevels } from "../levels.ts";
import { checkPath } from "../path-check.ts";
import { inParallel, type Met, walk } from "../walk.ts";

/** `tree [-L levels] [-s] path`: a subtree as a drawing; `-s` with sizes and versions. */
export const tree: ShellCommand = {
  options: { rows: [LEVELS_OPTION, { name: "s", description: "sizes and versions" }] },
  wordsMin: 0,
  async run(words, context) {
    const root = checkPath(words.words[0] ?? "/");
    const depthMax = readLevels(words.value("L")) ?? Number.POSITIVE_INFINITY;
    const denied = new Set<string>();
    const onDenied = (path: string): void => void denied.add(path);
    const met = await walk(context.client, root, { depthMax, onDenied, signal: context.signal });
    const notes = new Map<string, string>();
    if (words.has("s")) {
      await inParallel(met.keys(), async (path) => {
        const stat = await context.client.exists(path);
        if (stat === null) return;
        const owner = stat.ephemeralOwner.isZero() ? "" : ", ephemeral";
        notes.set(path, `(${byteCount(stat.dataLength)}, version ${stat.version}${owner})`);
      });
    }
    for (const path of denied) notes.set(path, "[not readable]");
    const { dim, bold } = context.paint;
    const note = (path: string): string => (notes.has(path) ? ` ${dim(notes.get(path)!)}` : "");
    context.out(bold(root) + note(root));
    for (const { prefix, name, path } of branches(met, root))
      context.out(`${dim(prefix)}${name}${note(path)}`);
    context.out(`\n${met.size - 1} ${met.size === 2 ? "znode" : "znodes"} below ${root}`);
    return nested(met, root, root);
  },
};

interface Branch {
  readonly prefix: string;
  readonly name: string;
  readonly path: string;
}

/** The lines below a znode. Iterative: a tree may be deeper than the stack. */
function* branches(met: ReadonlyMap<string, Met>, root: string): Iterable<Branch> {
  const below = (path: string, indent: string): (Branch & { readonly indent: string })[] => {
    const names = (met.get(path)?.children ?? []).filter((name) => met.has(childOf(path, name)));
    return names.map((name, at) => {
      const isLast = at === names.length - 1;
      const prefix = `${indent}${isLast ? "└── " : "├── "}`;
      return { prefix, name, path: childOf(path, name), indent: `${indent}${isLast ? "    " : "│   "}` };
    });
  };
  const stack = below(root, "").reverse();
  for (let branch = stack.pop(); branch !== undefined; branch = stack.pop()) {
    yield branch;
    stack.push(...below(branch.path, branch.indent).reverse());
  }
}

interface Nested {
  readonly name: string;
  readonly children: readonly Nested[];
}

function nested(met: ReadonlyMap<string, Met>, path: string, name: string): Nested {
  const names = (met.get(path)?.children ?? []).filter((child) => met.has(childOf(path, child)));
  return { name, children: names.map((child) => nested(met, childOf(path, child), child)) };
}
