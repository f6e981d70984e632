import type { Socket } from "node:net";

/** protocolVersion (8), sid (8), length of the addresses (4): quorum-protocol 1.3. */
const HEADER_BYTES = 20;

/**
 * Passes on what a member says on an election connection, but with another address for the dial back (the larger sid dials the
 * smaller one at the address of its initial message, quorum-protocol 1.2): `replyPort` on this machine.
 */
export function redirectReplies(from: Socket, replyPort: number, take: (bytes: Buffer) => void): void {
  let seen = Buffer.alloc(0);
  let isGreeted = false;
  from.on("data", (bytes) => {
    if (isGreeted) {
      take(bytes);
      return;
    }
    seen = Buffer.concat([seen, bytes]);
    if (seen.length < HEADER_BYTES) return;
    const length = seen.readInt32BE(16);
    if (seen.length < HEADER_BYTES + length) return;
    isGreeted = true;
    const address = Buffer.from(`127.0.0.1:${replyPort}`);
    const header = Buffer.from(seen.subarray(0, HEADER_BYTES));
    header.writeInt32BE(address.length, 16);
    // One write: Apache reads the address with a single read call.
    take(Buffer.concat([header, address, seen.subarray(HEADER_BYTES + length)]));
  });
}
