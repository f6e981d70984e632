import type { Database } from "../../../src/core/tree/database.ts";
import type { SnapshotWalk } from "../../../src/core/zab/snapshot-walk.ts";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { vector } from "../../../src/protocol/record.ts";
import { ACL, StatPersisted } from "../../../src/protocol/records/data.ts";

const ACLS = vector(ACL);

/** `sessions | ACL map | znodes | "/"`: the walk to its end. */
export function bytesOf(walk: Pick<SnapshotWalk, "writeNext">): Uint8Array {
  const out = new JuteWriter();
  while (!walk.writeNext(out, 1 << 20));
  return out.take();
}

/** `sessions | ACL map | znodes | "/"` into an empty database. */
export function readWalk(bytes: Uint8Array, database: Database): void {
  const reader = new JuteReader(bytes);
  for (let count = reader.readInt(); count > 0; count--)
    database.session(reader.readInt64(), reader.readInt());
  for (let count = reader.readInt(); count > 0; count--)
    database.acl(reader.readLong(), ACLS.read(reader) ?? []);
  for (let path = reader.readString(); path !== "/"; path = reader.readString()) {
    const data = reader.readBuffer();
    const aclId = reader.readLong();
    database.node(path ?? "", data, aclId, StatPersisted.read(reader));
  }
}
