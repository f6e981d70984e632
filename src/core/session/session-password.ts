import type { SessionId } from "../../protocol/session-id.ts";

/** Bytes of every password. */
const PASSWORD_BYTES = 16;
const SECRET_LO = 0xb341_5c00;
const TWO_24 = 0x100_0000;
/** The multiplier 0x5DEECE66D of java.util.Random, split at bit 24 so that products stay exact in a double. */
const MULTIPLIER_HI = 0x5de;
const MULTIPLIER_LO = 0xece66d;

/**
 * The password of a session: 16 bytes of `java.util.Random(id XOR 0xB3415C00)` (client-protocol 2.3). The secret is the
 * same in every ZooKeeper, so that each server of a mixed ensemble can check it: a checksum against mix-ups, no security.
 */
export function sessionPassword(id: SessionId): Uint8Array {
  // The generator's state is 48 bits; the seed's upper 16 bits do not matter. `hi` and `lo` are its 24-bit halves.
  const seedLo = (id.lo ^ SECRET_LO ^ 0xdeec_e66d) >>> 0;
  const seedHi = (id.hi ^ 0x5) & 0xffff;
  let hi = (seedHi << 8) | (seedLo >>> 24);
  let lo = seedLo & 0xff_ffff;
  const password = new Uint8Array(PASSWORD_BYTES);
  for (let at = 0; at < PASSWORD_BYTES; at += 4) {
    const low = lo * MULTIPLIER_LO + 0xb;
    const carry = Math.floor(low / TWO_24);
    hi = (hi * MULTIPLIER_LO + lo * MULTIPLIER_HI + carry) % TWO_24;
    lo = low % TWO_24;
    // The 32 bits above bit 16, low byte first.
    password[at] = lo >>> 16;
    password[at + 1] = hi;
    password[at + 2] = hi >>> 8;
    password[at + 3] = hi >>> 16;
  }
  return password;
}

/** Whether `password` is that of session `id`. */
export function isSessionPassword(id: SessionId, password: Uint8Array | null): boolean {
  if (password === null || password.length !== PASSWORD_BYTES) return false;
  const expected = sessionPassword(id);
  let difference = 0;
  for (let i = 0; i < PASSWORD_BYTES; i++) difference |= expected[i]! ^ password[i]!;
  return difference === 0;
}
