import type { Database } from "../../src/core/tree/database.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { vector } from "../../src/protocol/record.ts";
import { ACL, StatPersisted } from "../../src/protocol/records/data.ts";
import { ZXID_ZERO, type Zxid } from "../../src/protocol/zxid.ts";

const ACLS = vector(ACL);

/** `sessions | ACL map | nodes | "/"`: what a walk over a tree writes, to its end. */
export function streamOf(walk: { writeNext(out: JuteWriter, bytesMax: number): boolean }): Uint8Array {
  const out = new JuteWriter();
  while (!walk.writeNext(out, 1 << 20));
  return out.take();
}

/** Reads `sessions | ACL map | nodes | "/"` from `reader` into `database`, as the storage would. */
export function readStream(reader: JuteReader, database: Database): void {
  for (let left = reader.readInt(); left > 0; left--) database.session(reader.readInt64(), reader.readInt());
  for (let left = reader.readInt(); left > 0; left--) database.acl(reader.readLong(), ACLS.read(reader)!);
  for (let node = reader.readString()!; node !== "/"; node = reader.readString()!) {
    const data = reader.readBuffer();
    const aclId = reader.readLong();
    database.node(node, data, aclId, StatPersisted.read(reader));
  }
}

/** Loads a stream that one of our own databases wrote into an empty one. */
export function loadStream(stream: Uint8Array, database: Database, zxid: Zxid = ZXID_ZERO): void {
  readStream(new JuteReader(stream), database);
  database.snapshotLoaded(zxid);
}
