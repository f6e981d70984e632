import type { Database } from "../../src/core/tree/database.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { type Zxid, zxidFromHex } from "../../src/protocol/zxid.ts";
import { readStream } from "./snapshot-stream.ts";
import { vectorBytes, vectorNames } from "./vectors.ts";

/**
 * The smallest readers of log and snapshot files that do: the tests of the tree must not depend on the storage. They trust
 * the files, which are known to be whole.
 */

const FILE_HEADER_BYTES = 16;
const RECORD_OVERHEAD_BYTES = 13;

/** Payloads of all records of all logs of a directory, in order; from the record `from` on. */
export function logPayloads(directory: string, from: Zxid = 0 as Zxid): Buffer[] {
  const payloads: Buffer[] = [];
  for (const name of vectorNames(directory).filter((file) => file.startsWith("log."))) {
    const bytes = vectorBytes(`${directory}/${name}`);
    let at = FILE_HEADER_BYTES;
    while (at + RECORD_OVERHEAD_BYTES <= bytes.length) {
      const length = bytes.readInt32BE(at + 8);
      if (length === 0) break;
      const payload = bytes.subarray(at + 12, at + 12 + length);
      if (Number(payload.readBigInt64BE(12)) >= from) payloads.push(payload);
      at += RECORD_OVERHEAD_BYTES + length;
    }
  }
  return payloads;
}

export interface SnapshotSections {
  readonly zxid: Zxid;
  /** `sessions | ACL map | nodes | "/"` as it stands in the file. */
  readonly stream: Buffer;
}

/** Loads a snapshot of the vectors, with its digest section. */
export function loadSnapshot(path: string, database: Database): SnapshotSections {
  const bytes = vectorBytes(path);
  const zxid = zxidFromHex(path.slice(path.lastIndexOf("snapshot.") + "snapshot.".length))!;
  const reader = new JuteReader(bytes.subarray(FILE_HEADER_BYTES));
  readStream(reader, database);
  const streamEnd = FILE_HEADER_BYTES + reader.position;
  reader.readLong(); // seal 1
  reader.readString();
  if (reader.remaining > 0) {
    database.digest({ zxid: reader.readZxid(), version: reader.readInt(), treeDigest: reader.readInt64() });
  }
  database.snapshotLoaded(zxid);
  return { zxid, stream: bytes.subarray(FILE_HEADER_BYTES, streamEnd) };
}
