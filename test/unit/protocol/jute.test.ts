import { describe, expect, it } from "vitest";
import { Int64 } from "../../../src/protocol/int64.ts";
import { FIELD_BYTES_MAX, JuteError, JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { buffer, int, ustring, vector } from "../../../src/protocol/record.ts";
import { ACL, Stat, StatPersisted } from "../../../src/protocol/records/data.ts";
import { makeZxid, ZXID_NONE, ZXID_ZERO, type Zxid } from "../../../src/protocol/zxid.ts";

const reader = (hex: string, limit?: number) =>
  new JuteReader(Buffer.from(hex.replace(/ /g, ""), "hex"), limit);

function written(write: (writer: JuteWriter) => void): string {
  const writer = new JuteWriter(1);
  write(writer);
  return writer.bytes().toString("hex");
}

describe("numbers", () => {
  it("reads any non-zero byte as true and writes 0 or 1", () => {
    expect([reader("00").readBoolean(), reader("01").readBoolean(), reader("80").readBoolean()]).toEqual([
      false,
      true,
      true,
    ]);
    expect(written((w) => [w.writeBoolean(true), w.writeBoolean(false)])).toBe("0100");
  });

  it.each([0, 1, -1, 0x7fffffff, -0x80000000, 256])("int %i", (value) => {
    const hex = written((w) => w.writeInt(value));
    expect(hex).toHaveLength(8);
    expect(Buffer.from(hex, "hex").readInt32BE()).toBe(value);
    expect(reader(hex).readInt()).toBe(value);
  });

  it.each([0, 1, -1, 2 ** 32, -(2 ** 32), -(2 ** 32) - 1, 2 ** 53 - 1, -(2 ** 53) + 1, -(2 ** 63)])(
    "long %d",
    (value) => {
      const hex = written((w) => w.writeLong(value));
      expect(Buffer.from(hex, "hex").readBigInt64BE()).toBe(BigInt(value));
      expect(reader(hex).readLong()).toBe(value);
    },
  );

  it.each([
    "ffffffffffffffff",
    "8000000000000000",
    "7fffffffffffffff",
    "0100001b303b0000",
    "00000000ffffffff",
  ])("Int64 %s keeps all its bits", (hex) => {
    const value = reader(hex).readInt64();
    expect(written((w) => w.writeInt64(value))).toBe(hex);
    expect(value.key).toBe(hex.replace(/^0+/, ""));
  });

  it("zxid: none, zero, epochs, an observer's vote; refused where a double would round", () => {
    const zxids = [ZXID_NONE, ZXID_ZERO, makeZxid(1, 2), makeZxid(0x1fffff, 0xffffffff), -(2 ** 63) as Zxid];
    for (const zxid of zxids) {
      const hex = written((w) => w.writeZxid(zxid));
      expect(Buffer.from(hex, "hex").readBigInt64BE()).toBe(BigInt(zxid));
      expect(reader(hex).readZxid()).toBe(zxid);
    }
    for (const hex of ["0020000000000000", "7fffffffffffffff", "8000000000000001", "ff00000000000000"]) {
      expect(() => reader(hex).readZxid()).toThrow(/epoch above 0x1fffff/);
    }
  });
});

describe("buffers and strings", () => {
  it("keeps null and empty apart", () => {
    expect(written((w) => w.writeBuffer(null))).toBe("ffffffff");
    expect(written((w) => w.writeBuffer(new Uint8Array(0)))).toBe("00000000");
    expect(written((w) => w.writeString(null))).toBe("ffffffff");
    expect(written((w) => w.writeString(""))).toBe("00000000");
    expect(reader("ffffffff").readBuffer()).toBeNull();
    expect(reader("00000000").readBuffer()).toHaveLength(0);
    expect(reader("ffffffff").readString()).toBeNull();
    expect(reader("00000000").readString()).toBe("");
  });

  it("reads a buffer as a view, not a copy", () => {
    const bytes = Buffer.from("00000002abcd", "hex");
    const view = new JuteReader(bytes).readBuffer()!;
    bytes[4] = 0x11;
    expect(Buffer.from(view).toString("hex")).toBe("11cd");
  });

  it.each([
    ["ASCII", "/zoo", "000000042f7a6f6f"],
    ["two and three bytes", "é€", "00000005c3a9e282ac"],
    ["the last of two bytes, the first of three", "\u07ff\u0800", "00000005dfbfe0a080"],
    ["NUL stays one byte", "\0", "0000000100"],
  ])("UTF-8: %s", (_what, text, hex) => {
    expect(written((w) => w.writeString(text))).toBe(hex);
    expect(reader(hex).readString()).toBe(text);
  });

  it("writes characters beyond the BMP as two surrogates of three bytes each, as Java's jute (client-protocol 1.2)", () => {
    expect(written((w) => w.writeString("😀"))).toBe("00000006eda0bdedb880");
    expect(written((w) => w.writeString("\ud800"))).toBe("00000003eda080");
  });

  it("reads real UTF-8 beyond the BMP, and malformed bytes as U+FFFD", () => {
    expect(reader("00000004f09f9880").readString()).toBe("😀");
    expect(reader("00000003 61ff62").readString()).toBe("a\ufffdb");
    expect(reader("00000001 c3").readString()).toBe("\ufffd");
    expect(reader("00000006 eda0bdedb880").readString()).toMatch(/^\ufffd+$/);
  });

  it("grows from one byte to whatever is written", () => {
    const text = "x€".repeat(5000);
    const writer = new JuteWriter(1);
    writer.writeString(text);
    writer.writeBuffer(Buffer.alloc(100_000, 3));
    const back = new JuteReader(writer.bytes());
    expect(back.readString()).toBe(text);
    expect(back.readBuffer()).toHaveLength(100_000);
    expect(back.remaining).toBe(0);
  });
});

describe("limits", () => {
  it("limits a field to jute.maxbuffer and its extra by default", () => {
    expect(FIELD_BYTES_MAX).toBe(2 * 1_048_575);
    const header = Buffer.alloc(4 + FIELD_BYTES_MAX + 1);
    header.writeInt32BE(FIELD_BYTES_MAX, 0);
    expect(new JuteReader(header).readBuffer()).toHaveLength(FIELD_BYTES_MAX);
    header.writeInt32BE(FIELD_BYTES_MAX + 1, 0);
    expect(() => new JuteReader(header).readBuffer()).toThrow(/Unreasonable length = 2097151 of a buffer/);
  });

  it("refuses lengths below -1, above the limit, beyond the end", () => {
    expect(() => reader("fffffffe").readBuffer()).toThrow(/Unreasonable length = -2/);
    expect(() => reader("80000000").readString()).toThrow(/Unreasonable length = -2147483648/);
    expect(() => reader("00000009 112233445566778899", 8).readBuffer()).toThrow(/limit 8 bytes/);
    expect(() => reader("00000003 1122").readString()).toThrow(
      /string at offset 4 needs 3 bytes, 2 are left/,
    );
  });

  it("reads -1 elements as null, other negative counts as none, and refuses what cannot fit", () => {
    const ints = vector(int);
    expect(ints.read(reader("ffffffff"))).toBeNull();
    expect(ints.read(reader("fffffffe"))).toEqual([]);
    expect(ints.read(reader("80000000"))).toEqual([]);
    expect(ints.read(reader("00000002 0000000100000002"))).toEqual([1, 2]);
    expect(() => ints.read(reader("00000003 0000000100000002"))).toThrow(
      /vector of 3 elements cannot fit into 8/,
    );
    expect(() => vector(ACL).read(reader(`7fffffff${"00".repeat(64)}`))).toThrow(JuteError);
    expect(() => vector(ustring).read(reader("40000000"))).toThrow(JuteError);
    expect(() => vector(buffer).read(reader("00000001"))).toThrow(JuteError);
  });

  it("refuses to set the position outside the bytes", () => {
    const r = reader("0011");
    r.position = 2;
    expect(r.remaining).toBe(0);
    expect(() => {
      r.position = 3;
    }).toThrow("position 3 is outside 0..2");
    expect(() => {
      r.position = -1;
    }).toThrow(JuteError);
  });

  it("knows the size of fixed records", () => {
    expect(Stat.bytesMin).toBe(68);
    expect(StatPersisted.bytesMin).toBe(60);
  });
});

describe("JuteWriter memory", () => {
  it("hands its memory over with take, keeps it with reset", () => {
    const writer = new JuteWriter(16);
    writer.writeInt(7);
    const taken = writer.take();
    writer.writeInt(9);
    expect(taken.toString("hex")).toBe("00000007");
    const { capacity } = writer;
    writer.reset();
    writer.writeInt(1);
    writer.writeInt(2);
    writer.reset(4);
    expect([writer.length, writer.capacity, writer.bytes().toString("hex")]).toEqual([
      4,
      capacity,
      "00000001",
    ]);
  });

  it("writes Int64 values that compare by value", () => {
    expect(new Int64(1, 2).equals(Int64.fromHex("0x100000002"))).toBe(true);
  });
});
