import { Int64 } from "../protocol/int64.ts";

/** A session id as clients of all kinds have it: ours, a number, or its 8 bytes in network order. */
export function sessionIdOf(id: Int64 | bigint | Uint8Array): Int64 {
  if (id instanceof Int64) return id;
  if (typeof id === "bigint") return Int64.fromBigInt(id);
  if (id.length !== 8) throw new RangeError(`a session id has 8 bytes, this has ${id.length}`);
  const view = new DataView(id.buffer, id.byteOffset);
  return new Int64(view.getInt32(0), view.getInt32(4));
}
