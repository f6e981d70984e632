import type { WriteRecord } from "./history.ts";
import { describeWrite, type HistoryIndex } from "./history-index.ts";

const known = ({ writes, zxids }: HistoryIndex): { record: WriteRecord; zxid: number }[] =>
  writes.flatMap((record) => {
    const zxid = zxids.get(record.id);
    return zxid === undefined ? [] : [{ record, zxid }];
  });

/** The writes of a session were executed in the order in which it asked for them. */
export function* sessionOrder(index: HistoryIndex): Generator<string> {
  const last = new Map<string, { record: WriteRecord; zxid: number }>();
  for (const each of known(index)) {
    const before = last.get(each.record.session);
    if (before !== undefined && before.zxid >= each.zxid)
      yield `executed in the wrong order: ${describeWrite(before.record)} and ${describeWrite(each.record)}`;
    last.set(each.record.session, each);
  }
}

/** No two writes have one zxid, and what was asked for after another write was acknowledged has a higher one. */
export function* oneOrder(index: HistoryIndex): Generator<string> {
  const inOrder = known(index).sort((a, b) => a.zxid - b.zxid);
  let latest: WriteRecord | undefined;
  for (const [place, { record, zxid }] of inOrder.entries()) {
    const before = inOrder[place - 1];
    if (before?.zxid === zxid) yield `one zxid: ${describeWrite(before.record)} and ${describeWrite(record)}`;
    if (latest !== undefined && record.completedAt < latest.invokedAt)
      yield `was acknowledged earlier and executed later: ${describeWrite(record)} than ${describeWrite(latest)}`;
    if (latest === undefined || record.invokedAt > latest.invokedAt) latest = record;
  }
}
