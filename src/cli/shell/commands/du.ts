import { parentOf } from "../../../protocol/path.ts";
import { byteCount } from "../byte-count.ts";
import type { ShellCommand } from "../command.ts";
import { LEVELS_OPTION, readLevels } from "../levels.ts";
import { checkPath } from "../path-check.ts";
import { inParallel, levelOrder, walk } from "../walk.ts";

interface Usage {
  path: string;
  depth: number;
  /** Data, with everything below. */
  bytes: number;
  /** This one included. */
  znodes: number;
}

/** `du [-L levels] path`: bytes of data and znodes, each with everything below; one level unless `-L` says more. */
export const du: ShellCommand = {
  options: { rows: [LEVELS_OPTION] },
  wordsMin: 0,
  async run(words, context) {
    const root = checkPath(words.words[0] ?? "/");
    const levels = readLevels(words.value("L")) ?? 1;
    const met = await walk(context.client, root, { signal: context.signal, onDenied: () => undefined });
    const usage = new Map<string, Usage>();
    for (const { path, depth } of met.values()) usage.set(path, { path, depth, bytes: 0, znodes: 1 });
    await inParallel(met.keys(), async (path) => {
      const stat = await context.client.exists(path);
      usage.get(path)!.bytes = stat?.dataLength ?? 0;
    });
    const deepestFirst = [...usage.values()].sort((a, b) => b.depth - a.depth);
    for (const { path, depth, bytes, znodes } of deepestFirst) {
      const parent = depth === 0 ? undefined : usage.get(parentOf(path)!);
      if (parent === undefined) continue;
      parent.bytes += bytes;
      parent.znodes += znodes;
    }
    const shown = levelOrder(met, root)
      .map((path) => usage.get(path)!)
      .filter(({ depth }) => depth <= levels);
    for (const { path, bytes, znodes } of shown)
      context.out(`${byteCount(bytes).padStart(10)} ${String(znodes).padStart(8)}  ${path}`);
    return shown.map(({ path, bytes, znodes }) => ({ path, bytes, znodes }));
  },
};
