import { type Zxid, zxidFromHalves } from "../../src/protocol/zxid.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Type of an encoded QuorumPacket. */
export function typeOf(bytes: Uint8Array): number {
  return viewOf(bytes).getInt32(0);
}

export function zxidOf(bytes: Uint8Array): Zxid {
  const view = viewOf(bytes);
  return zxidFromHalves(view.getInt32(4), view.getInt32(8));
}

/** A copy with another 64-bit number at `at`. */
export function withLong(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  viewOf(copy).setBigInt64(at, BigInt(value));
  return copy;
}

/** A copy with another 32-bit number at `at`. */
export function withInt(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  viewOf(copy).setInt32(at, value);
  return copy;
}
