import { crc32OfBytes, crc32OfInt, crc32OfLong, crc32OfText } from "./crc32.ts";
import { DoubleField, IntField } from "./node-rows.ts";
import type { NodeRef } from "./tree-types.ts";
import type { ZnodeStore } from "./znode-store.ts";

const BELOW_ZOOKEEPER = "/zookeeper/";

/**
 * {@link import("./digest.ts").nodeDigest} of the znode in `row`, whose path is `path[0 … pathEnd)`, with "" for the
 * root. Allocates nothing: a write in a directory computes the directory's digest as well as the znode's.
 */
export function rowDigest(store: ZnodeStore, row: NodeRef, path: string, pathEnd: number): number {
  if (pathEnd > BELOW_ZOOKEEPER.length && path.startsWith(BELOW_ZOOKEEPER)) return 0;
  const { rows, arena } = store;
  const ints = rows.intsOf(row);
  const at = rows.intsAt(row);
  let crc = row === store.root ? -1 : crc32OfText(-1, path, 0, pathEnd);
  const length = ints[at + IntField.dataLength]!;
  if (length > 0) {
    const ref = ints[at + IntField.dataRef]!;
    const start = arena.offsetOf(ref);
    crc = crc32OfBytes(crc, arena.bytesOf(ref), start, start + length);
  }
  crc = crc32OfLong(crc, rows.double(row, DoubleField.czxid));
  crc = crc32OfLong(crc, rows.double(row, DoubleField.mzxid));
  crc = crc32OfLong(crc, rows.double(row, DoubleField.pzxid));
  crc = crc32OfLong(crc, rows.double(row, DoubleField.ctime));
  crc = crc32OfLong(crc, rows.double(row, DoubleField.mtime));
  crc = crc32OfInt(crc, ints[at + IntField.version]!);
  crc = crc32OfInt(crc, ints[at + IntField.cversion]!);
  crc = crc32OfInt(crc, ints[at + IntField.aversion]!);
  crc = crc32OfInt(crc, ints[at + IntField.ownerHi]!);
  crc = crc32OfInt(crc, ints[at + IntField.ownerLo]!);
  return ~crc >>> 0;
}
