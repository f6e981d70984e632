import { describe, expect, it } from "vitest";
import { ErrorCode, errorName } from "../../../src/protocol/error-code.ts";
import { Int64 } from "../../../src/protocol/int64.ts";
import { OpCode, opName } from "../../../src/protocol/opcode.ts";
import * as zxids from "../../../src/protocol/zxid.ts";

describe("Int64", () => {
  it("converts numbers, hex and BigInt", () => {
    expect(Int64.fromNumber(-1).key).toBe("ffffffffffffffff");
    expect(Int64.fromNumber(2 ** 40 + 5).toNumber()).toBe(2 ** 40 + 5);
    expect(Int64.fromNumber(-(2 ** 40)).toNumber()).toBe(-(2 ** 40));
    expect(Int64.fromHex("0xff00000000000001").toBigInt()).toBe(-0xffffffffffffffn);
    expect(Int64.fromBigInt(-2n).toString()).toBe("0xfffffffffffffffe");
    expect(Int64.fromBigInt(2n ** 64n + 3n).toNumber()).toBe(3);
  });

  it("has one key per value, as Long.toHexString", () => {
    expect(new Int64(0, 0).key).toBe("0");
    expect(new Int64(0, -1).key).toBe("ffffffff");
    expect(new Int64(1, 0).key).toBe("100000000");
    expect(new Int64(-1, 0).key).toBe("ffffffff00000000");
    expect(Int64.ZERO.isZero()).toBe(true);
    expect(new Int64(0, 1).isZero()).toBe(false);
    expect(new Int64(1, 0).equals(new Int64(0, 1))).toBe(false);
  });
});

describe("zxid", () => {
  it("takes apart what it puts together", () => {
    const zxid = zxids.makeZxid(0x1fffff, 0xfffffffe);
    expect([zxids.epochOf(zxid), zxids.counterOf(zxid)]).toEqual([0x1fffff, 0xfffffffe]);
    expect(zxids.counterOf(zxids.nextZxid(zxid))).toBe(zxids.COUNTER_MAX);
    expect(zxids.zxidToHex(zxid)).toBe("1ffffffffffffe");
    expect(zxids.zxidFromHex("100000021")).toBe(zxids.makeZxid(1, 0x21));
    expect([zxids.epochOf(zxids.ZXID_NONE), zxids.zxidToHex(zxids.ZXID_NONE)]).toEqual([-1, "f".repeat(16)]);
    expect(zxids.zxidFromHex("ffffffffffffffff")).toBe(zxids.ZXID_NONE);
  });

  it.each(["", "g", "0x1", "1 ", "12345678901234567", "-1"])("refuses %j as hex", (text) => {
    expect(zxids.zxidFromHex(text)).toBeUndefined();
  });
});

describe("names", () => {
  it("names codes, and only those that exist", () => {
    expect([opName(14), opName(-11), opName(10), opName(108)]).toEqual([
      "multi",
      "closeSession",
      undefined,
      undefined,
    ]);
    expect([errorName(-101), errorName(0), errorName(-9)]).toEqual(["NONODE", "OK", undefined]);
  });

  it("has a number for every operation and error of the reference, none twice", () => {
    expect(new Set(Object.values(OpCode)).size).toBe(33);
    expect(new Set(Object.values(ErrorCode)).size).toBe(32);
  });
});
