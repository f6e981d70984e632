import type { ReadRecord } from "./history.ts";
import { describeWrite, type HistoryIndex, mayHaveHappened } from "./history-index.ts";

const describeRead = ({ session, path, writer, stat }: ReadRecord): string =>
  `session ${session} read write ${writer} (version ${stat.version}, 0x${stat.mzxid.toString(16)}) from ${path}`;

/** Reads showed what was written, the same to all, and to no session anything older than it knew. */
export function* reads(index: HistoryIndex): Generator<string> {
  yield* shownWrites(index);
  yield* neverBackwards(index);
}

function* shownWrites({ reads, writes, zxids }: HistoryIndex): Generator<string> {
  const writers = new Map<string, ReadRecord>();
  for (const read of reads) {
    const { path, writer, stat } = read;
    const version = `${path} ${stat.version}`;
    const other = writers.get(version);
    if (other !== undefined && (other.writer !== writer || other.stat.mzxid !== stat.mzxid))
      yield `two writers of one version: ${describeRead(other)}, ${describeRead(read)}`;
    writers.set(version, read);
    if (writer === undefined) continue;
    const record = writes[writer];
    if (record === undefined) yield `nobody wrote what ${describeRead(read)}`;
    else if (!mayHaveHappened(record)) yield `${describeRead(read)}, but ${describeWrite(record)}`;
    else if (zxids.has(writer) && zxids.get(writer) !== stat.mzxid)
      yield `${describeRead(read)}, but ${describeWrite(record)}`;
  }
}

/** A read that was asked for after a session knew of a zxid of this path shows that or a later one. */
function* neverBackwards({ reads, writes }: HistoryIndex): Generator<string> {
  const known: { key: string; zxid: number; at: number }[] = [];
  for (const { session, path, stat, completedAt } of reads)
    known.push({ key: `${session} ${path}`, zxid: stat.mzxid, at: completedAt });
  for (const { session, actions, outcome, completedAt } of writes) {
    if (outcome.kind !== "acknowledged") continue;
    for (const [place, action] of actions.entries()) {
      const zxid = outcome.stats[place]?.mzxid;
      if (action.kind === "set" && zxid !== undefined)
        known.push({ key: `${session} ${action.path}`, zxid, at: completedAt });
    }
  }
  known.sort((a, b) => a.at - b.at);
  const seen = new Map<string, number>();
  let next = 0;
  for (const read of [...reads].sort((a, b) => a.invokedAt - b.invokedAt)) {
    for (; next < known.length && known[next]!.at < read.invokedAt; next++) {
      const { key, zxid } = known[next]!;
      seen.set(key, Math.max(zxid, seen.get(key) ?? 0));
    }
    const before = seen.get(`${read.session} ${read.path}`) ?? 0;
    if (read.stat.mzxid < before) yield `went back from 0x${before.toString(16)}: ${describeRead(read)}`;
  }
}
