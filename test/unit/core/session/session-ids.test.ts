import { describe, expect, it } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { SessionIds } from "../../../../src/core/session/session-ids.ts";
import { isSessionPassword, sessionPassword } from "../../../../src/core/session/session-password.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";

/** client-protocol 2.3 in its own words: the formula on 64-bit longs. */
function firstId(serverId: bigint, elapsedMs: bigint): bigint {
  const shifted = BigInt.asUintN(64, elapsedMs << 24n) >> 8n;
  return BigInt.asUintN(64, shifted | (serverId << 56n));
}

describe("session ids", () => {
  it.each([
    [1, 0x309d13],
    [1, 0],
    [5, 1_700_000_000_000],
    [254, 2 ** 41 + 12_345],
    [128, 1],
  ])("server %d at %d ms", (serverId, elapsedMs) => {
    const id = new SessionIds(serverId, elapsedMs).next();
    expect(BigInt.asUintN(64, id.toBigInt())).toBe(firstId(BigInt(serverId), BigInt(elapsedMs)));
  });

  it("count up by one, across the boundary of the halves too", () => {
    const ids = new SessionIds(1, 0xffff);
    let previous = ids.next().toBigInt();
    for (let i = 0; i < 0x1_0010; i++) {
      const next = ids.next().toBigInt();
      expect(next - previous).toBe(1n);
      previous = next;
    }
  });

  it("never are the owner of containers", () => {
    expect(new SessionIds(128, 0).next().key).toBe("8000000000000001");
  });
});

/** The same algorithm with 64-bit arithmetic. */
function passwordByBigInt(id: bigint): Uint8Array {
  const mask = (1n << 48n) - 1n;
  let state = (id ^ 0xb3415c00n ^ 0x5deece66dn) & mask;
  const out = new Uint8Array(16);
  for (let at = 0; at < 16; at += 4) {
    state = (state * 0x5deece66dn + 0xbn) & mask;
    const value = Number((state >> 16n) & 0xffffffffn);
    for (let i = 0; i < 4; i++) out[at + i] = value >>> (8 * i);
  }
  return out;
}

describe("session passwords", () => {
  it("the check vector of the reference", () => {
    const password = sessionPassword(Int64.fromHex("0x0100001b303b0000"));
    expect(Buffer.from(password).toString("hex")).toBe("27a7c2f52867973cdda70544b14f9706");
  });

  it("equal java.util.Random for ids of all bits", () => {
    const rng = createPrng(7);
    for (let i = 0; i < 2000; i++) {
      const id = new Int64(rng.uint32(), rng.uint32());
      expect(sessionPassword(id)).toEqual(passwordByBigInt(BigInt.asUintN(64, id.toBigInt())));
    }
    for (const id of [Int64.ZERO, new Int64(-1, -1), new Int64(0, -1), new Int64(-0x8000_0000, 0)]) {
      expect(sessionPassword(id)).toEqual(passwordByBigInt(BigInt.asUintN(64, id.toBigInt())));
    }
  });

  it("are compared whole", () => {
    const id = new Int64(0x01000030, 7);
    const password = sessionPassword(id);
    expect(isSessionPassword(id, password)).toBe(true);
    for (let i = 0; i < 16; i++) {
      const wrong = password.slice();
      wrong[i] = wrong[i]! ^ 1;
      expect(isSessionPassword(id, wrong)).toBe(false);
    }
    expect(isSessionPassword(id, password.subarray(0, 15))).toBe(false);
    expect(isSessionPassword(id, null)).toBe(false);
  });
});
