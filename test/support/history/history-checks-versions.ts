import type { WriteRecord } from "./history.ts";
import { acknowledgement, describeWrite, type HistoryIndex } from "./history-index.ts";

/** A set of a path: what it demanded and, where that is known, what it made. */
interface SetWrite {
  readonly record: WriteRecord;
  readonly expected: number | undefined;
  readonly version: number | undefined;
  readonly zxid: number | undefined;
}

/** Every version of a znode has one writer, in the order of the zxids, and the last one is what the tree shows. */
export function* chains(index: HistoryIndex): Generator<string> {
  for (const [path, sets] of setsByPath(index)) yield* chain(index, path, sets);
}

function setsByPath({ writes }: HistoryIndex): Map<string, SetWrite[]> {
  const byPath = new Map<string, SetWrite[]>();
  for (const record of writes) {
    for (const [place, action] of record.actions.entries()) {
      if (action.kind !== "set") continue;
      const reply = acknowledgement(record);
      const { version, mzxid: zxid } = reply?.stats[place] ?? {};
      const sets = byPath.get(action.path) ?? [];
      sets.push({ record, expected: action.expected, version, zxid });
      byPath.set(action.path, sets);
    }
  }
  return byPath;
}

function* chain({ tree }: HistoryIndex, path: string, sets: readonly SetWrite[]): Generator<string> {
  const node = tree.get(path);
  if (node === undefined) {
    yield `${path} is gone`;
    return;
  }
  const byVersion = new Map<number, SetWrite>();
  for (const set of sets) {
    if (set.version === undefined) continue;
    const other = byVersion.get(set.version);
    if (other !== undefined)
      yield `${path} version ${set.version} was given twice: ${describeWrite(other.record)} and ${describeWrite(set.record)}`;
    byVersion.set(set.version, set);
    if (set.expected !== undefined && set.version !== set.expected + 1)
      yield `${path} got version ${set.version} from ${describeWrite(set.record)}, which demanded ${set.expected}`;
  }
  const { version, mzxid } = node.stat;
  let last = 0;
  for (const set of [...byVersion.values()].sort((a, b) => a.version! - b.version!)) {
    if (set.zxid! <= last) yield `${path} version ${set.version} is not in the order of the zxids`;
    last = set.zxid!;
    if (set.version! > version)
      yield `${path} ends with version ${version}, but version ${set.version} was acknowledged: ${describeWrite(set.record)}`;
  }
  yield* unexplained(path, sets, byVersion, version);
  const latest = byVersion.get(version);
  if (
    latest !== undefined &&
    (node.stat.mzxid !== latest.zxid || !node.data.startsWith(`op ${latest.record.id} `))
  )
    yield `${path} version ${version} is not that of ${describeWrite(latest.record)} (0x${mzxid.toString(16)} ${node.data.slice(0, 12)})`;
}

/** Versions that nobody was told of must come from writes whose outcome is unknown. */
function* unexplained(
  path: string,
  sets: readonly SetWrite[],
  byVersion: ReadonlyMap<number, SetWrite>,
  final: number,
): Generator<string> {
  const unknown = sets.filter(
    ({ record }) => record.outcome.kind === "unknown" || record.outcome.kind === "pending",
  );
  let unconditional = unknown.filter(({ expected }) => expected === undefined).length;
  for (let version = 1; version <= final; version++) {
    if (byVersion.has(version) || unknown.some(({ expected }) => expected === version - 1)) continue;
    if (unconditional-- <= 0) yield `${path} version ${version} has no writer`;
  }
}
