import { describe, expect, it } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { adlerOf } from "../../../../src/storage/checksum.ts";
import { LOG_HEADER_BYTES, writeRecord } from "../../../../src/storage/log/log-format.ts";
import { logBytes, payloadOf, range, scanLog } from "../../../support/storage.ts";

/** A log with preallocated zeros behind its records. */
function padded(
  zxids: readonly number[],
  padding = 5000,
  payload?: (zxid: number) => Uint8Array,
): { bytes: Buffer; recordsEnd: number; starts: number[] } {
  const records = logBytes(zxids, payload);
  const starts = scanLog(records).records.map((record) => record.offset);
  return { bytes: Buffer.concat([records, Buffer.alloc(padding)]), recordsEnd: records.length, starts };
}

/** The second record has so many bytes of data. */
const fill = (length: number) => (zxid: number) =>
  payloadOf(zxid, Buffer.alloc(zxid === 2 ? length : 300, 0xee));

const zxidsOf = (scanned: ReturnType<typeof scanLog>) =>
  scanned.records.map((record) => record.zxid as number);

describe("a whole file", () => {
  it.each([1, 7, 16, 100, 100_000])("is read the same in portions of %d bytes", (portion) => {
    const { bytes, recordsEnd } = padded(range(1, 40));
    const scanned = scanLog(bytes, portion);
    expect(zxidsOf(scanned)).toEqual(range(1, 40));
    expect(scanned.records.map((record) => record.bytes.toString("hex"))).toEqual(
      range(1, 40).map((zxid) => Buffer.from(payloadOf(zxid)).toString("hex")),
    );
    expect(scanned.end).toMatchObject({ kind: "clean", offset: recordsEnd });
  });

  it("may hold records larger than its buffer", () => {
    const big = new Uint8Array(3_000_000).fill(9);
    const bytes = logBytes([1, 2, 3], (zxid) => payloadOf(zxid, zxid === 2 ? big : undefined));
    const scanned = scanLog(bytes, 65536);
    expect(zxidsOf(scanned)).toEqual([1, 2, 3]);
    expect(scanned.records[1]!.checksum).toBe(adlerOf(payloadOf(2, big)));
    expect(scanned.end.kind).toBe("clean");
  });

  it("may have no records, or no padding", () => {
    expect(scanLog(logBytes([])).end).toMatchObject({ kind: "clean", offset: LOG_HEADER_BYTES });
    expect(scanLog(Buffer.concat([logBytes([]), Buffer.alloc(60_000)])).end).toMatchObject({
      kind: "clean",
      offset: 16,
    });
    expect(scanLog(logBytes([1])).end.kind).toBe("clean");
  });

  it("is refused as newer, not as damaged, when its version or an epoch is beyond ours", () => {
    const newer = logBytes([1]);
    newer.writeUInt32BE(3, 4);
    expect(scanLog(newer).end).toMatchObject({ kind: "newer", detail: "format version 3, we know 2" });
    const far = Buffer.from(payloadOf(1));
    far.writeUInt32BE(0x0020_0000, 12);
    const bytes = Buffer.alloc(LOG_HEADER_BYTES + far.length + 13);
    logBytes([]).copy(bytes);
    writeRecord(bytes, LOG_HEADER_BYTES, far);
    expect(scanLog(bytes).end).toMatchObject({ kind: "newer", offset: 16 });
  });

  it("of something else is foreign", () => {
    const snapshot = logBytes([1]);
    snapshot.write("ZKSN", 0);
    expect(scanLog(snapshot).end).toMatchObject({ kind: "foreign", offset: 0 });
    expect(scanLog(Buffer.from("just some text, longer than a header")).end.kind).toBe("foreign");
  });
});

describe("a file cut at any byte", () => {
  it.each(["cut", "zeros behind the cut"])("gives exactly the records before it (%s)", (how) => {
    const whole = logBytes(range(1, 12));
    const ends = scanLog(whole).records.map((record) => record.offset + record.bytes.length + 13);
    for (let cut = 0; cut <= whole.length; cut++) {
      const bytes = whole.subarray(0, cut);
      const scanned = scanLog(how === "cut" ? bytes : Buffer.concat([bytes, Buffer.alloc(6000)]), 1000);
      // A record that lacks nothing but its end byte is complete by its checksum.
      const complete = ends.filter((end) => end - 1 <= cut).length;
      expect(scanned.records.length).toBe(complete);
      const isBoundary = cut === LOG_HEADER_BYTES || ends.includes(cut);
      const isUnterminated = ends.includes(cut + 1);
      // Of a cut inside the leading zeros of a checksum, or inside the zeros of the header, nothing is to be seen.
      const isInvisible =
        ends.concat(LOG_HEADER_BYTES).some((end) => cut >= end && cut <= end + 4) ||
        (how !== "cut" && cut >= 8 && cut < LOG_HEADER_BYTES);
      expect(scanned.end.kind).toBe(
        isUnterminated ? "unterminated" : isBoundary || isInvisible ? "clean" : "torn",
      );
      expect(scanned.end.recordsBehind).toBe(0);
      if (isUnterminated) expect(scanned.end.offset).toBe(cut);
    }
  });
});

describe("a changed byte", () => {
  const { bytes, recordsEnd, starts } = padded(range(1, 6), 3000);

  it.each([0x01, 0x80, 0xff, 0x42])(
    "xor 0x%s anywhere in header or records is never a silent loss",
    (mask) => {
      for (let at = 0; at < recordsEnd; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= mask;
        const { records, end } = scanLog(damaged);
        const isDbid = at >= 8 && at < 16;
        const isLastEnd = at === recordsEnd - 1 && mask === 0x42;
        if (isDbid || isLastEnd) {
          expect(records.length).toBe(6);
          expect(end.kind).toBe(isDbid ? "clean" : "unterminated");
        } else {
          expect(["corrupt", "foreign", "newer"]).toContain(end.kind);
          if (end.kind === "corrupt") expect(starts).toContain(end.offset);
        }
      }
    },
  );

  it("set to zero is never a silent loss either", () => {
    for (let at = 0; at < recordsEnd; at++) {
      if (bytes[at] === 0) continue;
      const damaged = Buffer.from(bytes);
      damaged[at] = 0;
      const { records, end } = scanLog(damaged);
      if (at === recordsEnd - 1) expect([records.length, end.kind]).toEqual([6, "unterminated"]);
      else expect(["corrupt", "foreign"]).toContain(end.kind);
    }
  });

  it("in the padding right behind the records is an incomplete head, elsewhere damage; no record is lost", () => {
    for (let at = recordsEnd; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = 0x37;
      const { records, end } = scanLog(damaged);
      expect(records.length).toBe(6);
      expect(end.kind).not.toBe("clean");
      if (at >= recordsEnd + 4 && at < recordsEnd + 8) expect(end.kind).toBe("torn");
      if (at < recordsEnd + 4) expect(end.kind).toBe("corrupt");
    }
  });

  it("in records of zeros is not taken for a lost sector", () => {
    const zeros = logBytes(range(1, 5), (zxid) => payloadOf(zxid, new Uint8Array(1900)));
    const rng = createPrng(3);
    for (let i = 0; i < 300; i++) {
      const at = 16 + rng.below(zeros.length - 16);
      const damaged = Buffer.concat([zeros, Buffer.alloc(4096)]);
      damaged[at]! ^= 0x55;
      expect(scanLog(damaged).end.kind).toBe("corrupt");
    }
  });

  it("is none beside another one either, where those zeros do not keep to sectors", () => {
    const payload = (length: number) => (zxid: number) =>
      zxid === 3 ? payloadOf(zxid, new Uint8Array(2000)) : fill(length)(zxid);
    const start = (length: number): number => scanLog(logBytes([1, 2, 3], fill(length))).records[2]!.offset;
    let length = 1;
    while (start(length) % 512 !== 100) length++;
    const { bytes, starts } = padded(range(1, 6), 5000, payload(length));
    const rng = createPrng(3);
    for (let i = 0; i < 200; i++) {
      const damaged = Buffer.from(bytes);
      for (const mask of [0x55, 0x23]) damaged[starts[2]! + 40 + rng.below(i < 100 ? 1500 : 60)]! ^= mask;
      expect(scanLog(damaged).end).toMatchObject({ kind: "corrupt", offset: starts[2] });
    }
  });

  it("is none either beside another one, where a sector ends behind the zeros that every record begins with", () => {
    const start = (length: number): number => scanLog(logBytes([1, 2, 3], fill(length))).records[2]!.offset;
    let length = 1;
    while ((start(length) + 4) % 512 !== 0) length++;
    const { bytes, starts } = padded(range(1, 6), 5000, fill(length));
    for (const at of [40, 90]) bytes[starts[2]! + at]! ^= 0x15;
    expect(scanLog(bytes).end).toMatchObject({ kind: "corrupt", offset: starts[2] });
  });
});

describe("a write of which sectors are missing", () => {
  it("is dropped also when all that is missing of its first record is one byte", () => {
    // The third record starts five bytes before the end of a sector: four zeros, and the first byte of its checksum.
    const start = (length: number): number => scanLog(logBytes([1, 2, 3], fill(length))).records[2]!.offset;
    let length = 1;
    while ((start(length) + 5) % 512 !== 0) length++;
    const { bytes, starts } = padded([1, 2, 3], 5000, fill(length));
    const third = starts[2]!;
    expect(bytes[third + 4]).not.toBe(0);
    bytes.fill(0, third, third + 5);
    expect(scanLog(bytes).end).toMatchObject({ kind: "torn", offset: third });
    bytes[third + 5]! ^= 1;
    expect(scanLog(bytes).end.kind).not.toBe("clean");
  });

  it.each(range(1, 16))(
    "is dropped when the sector ends %i bytes behind the start of a record, on either side",
    (head) => {
      const zxids = range(1, 12);
      const start = (length: number): number => scanLog(logBytes([1, 2, 3], fill(length))).records[2]!.offset;
      let length = 260;
      while ((start(length) + head) % 512 !== 0) length++;
      const { bytes, starts } = padded(zxids, 5000, fill(length));
      const third = starts[2]!;
      const boundary = third + head;
      for (const [from, to] of [
        [boundary, boundary + 512],
        [third, boundary],
      ] as const) {
        const lost = Buffer.from(bytes);
        lost.fill(0, from, to);
        // Four zeros are there anyway.
        if (lost.equals(bytes)) continue;
        const { records, end } = scanLog(lost);
        expect(end).toMatchObject({ kind: "torn", offset: third });
        expect(records.map(({ zxid }) => zxid)).toEqual([1, 2]);
      }
    },
  );

  it.each(range(12, 31))(
    "is dropped when the sector ends %i bytes behind the start of a txn that no client asked for",
    (head) => {
      const payload = (length: number) => (zxid: number) => Buffer.from(fill(length)(zxid)).fill(0, 0, 12);
      const start = (length: number): number =>
        scanLog(logBytes([1, 2, 3], payload(length))).records[2]!.offset;
      let length = 260;
      while ((start(length) + head) % 512 !== 0) length++;
      const { bytes, starts } = padded(range(1, 6), 5000, payload(length));
      const third = starts[2]!;
      for (const [from, to] of [
        [third, third + head],
        [third + head, third + head + 512],
      ] as const) {
        const lost = Buffer.from(bytes);
        lost.fill(0, from, to);
        expect(scanLog(lost).end).toMatchObject({ kind: "torn", offset: third });
      }
    },
  );

  // Records before `durable` bytes had been acknowledged, those behind were one write.
  const whole = logBytes(range(1, 40), (zxid) => payloadOf(zxid, createPrng(zxid).bytes(150 + zxid * 9)));
  const records = scanLog(whole).records;
  const durable = records[14]!.offset;

  it("is dropped from the first missing sector on, whichever sectors are missing", () => {
    const rng = createPrng(11);
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.concat([whole, Buffer.alloc(8192)]);
      let firstLost = Number.POSITIVE_INFINITY;
      for (let sector = Math.floor(durable / 512); sector * 512 < whole.length; sector++) {
        if (rng.below(3) !== 0) continue;
        const from = Math.max(durable, sector * 512);
        const to = Math.min(whole.length, sector * 512 + 512);
        const before = Buffer.from(bytes);
        bytes.fill(0, from, to);
        if (!before.equals(bytes)) firstLost = Math.min(firstLost, from);
      }
      const { records: seen, end } = scanLog(bytes);
      const kept = records.filter((record) => record.offset + record.bytes.length + 13 <= firstLost).length;
      expect(["clean", "torn", "unterminated"]).toContain(end.kind);
      expect(seen.length).toBeGreaterThanOrEqual(kept);
      expect(seen.length).toBeLessThanOrEqual(kept + 1);
      expect(seen.map((record) => record.zxid)).toEqual(range(1, seen.length));
    }
  });

  it("tells how many whole records went with it", () => {
    const bytes = Buffer.from(whole);
    const sector = Math.ceil(records[20]!.offset / 512) * 512;
    bytes.fill(0, sector, sector + 512);
    const { records: seen, end } = scanLog(bytes);
    expect(end.kind).toBe("torn");
    expect(seen.length).toBeLessThan(25);
    expect(end.recordsBehind).toBeGreaterThan(10);
  });

  it("is damage when more follows than one write can be", () => {
    const many = logBytes(range(1, 5000), (zxid) => payloadOf(zxid, createPrng(zxid).bytes(1000)));
    expect(many.length).toBeGreaterThan(4 * 1024 * 1024 + 1024);
    many.fill(0, 1024, 1536);
    for (const recordBytesMax of [undefined, 16 * 1024 * 1024])
      expect(scanLog(many, 65536, recordBytesMax).end).toMatchObject({ kind: "corrupt" });
  });

  it("may be one record that is larger than all others together", () => {
    const length = 5 * 1024 * 1024;
    const bytes = logBytes([1, 2], (zxid) =>
      payloadOf(zxid, createPrng(zxid).bytes(zxid === 2 ? length : 30)),
    );
    bytes.fill(0, 51_200, 102_400);
    expect(scanLog(bytes, 65536, 2 * length).end).toMatchObject({ kind: "torn", recordsBehind: 0 });
  });

  it("may have held a record's header among data that are zeros", () => {
    for (const alignment of range(0, 511)) {
      const start = (length: number): number => scanLog(logBytes([1, 2, 3], fill(length))).records[2]!.offset;
      const length = 1 + ((alignment + 512 - (start(1) % 512)) % 512);
      const payload = (zxid: number) =>
        zxid < 3 ? fill(length)(zxid) : payloadOf(zxid, new Uint8Array(700));
      const { bytes, starts } = padded(range(1, 6), 2000, payload);
      const third = starts[2]!;
      expect(third % 512).toBe(alignment);
      const from = Math.max(third, Math.floor((third + 24) / 512) * 512);
      bytes.fill(0, from, Math.ceil((third + 44) / 512) * 512);
      const { records, end } = scanLog(bytes);
      expect(zxidsOf({ records, end })).toEqual([1, 2]);
      expect(end).toMatchObject({ kind: "torn", offset: third });
    }
  });

  it("may have stopped behind a head whose last byte is zero", () => {
    const length = 0x100 - payloadOf(2, new Uint8Array(0)).length;
    const { bytes, starts } = padded([1, 2], 5000, (zxid) => payloadOf(zxid, new Uint8Array(length)));
    expect(bytes.readInt32BE(starts[1]! + 8)).toBe(0x100);
    bytes.fill(0, starts[1]! + 12);
    expect(scanLog(bytes).end).toMatchObject({ kind: "torn", offset: starts[1] });
  });

  it("may be the first of a new file", () => {
    const bytes = Buffer.concat([whole, Buffer.alloc(4096)]);
    bytes.fill(0, 0, 512);
    expect(scanLog(bytes).end).toMatchObject({ kind: "torn", offset: 0 });
  });
});

describe("lengths", () => {
  it.each([-1, -2_000_000_000, 1, 31, 0x7fff_ffff])("of %d are refused without being allocated", (length) => {
    const bytes = logBytes([1, 2, 3]);
    const second = scanLog(bytes).records[1]!.offset;
    bytes.writeInt32BE(length, second + 8);
    expect(scanLog(bytes).end).toMatchObject({ kind: "corrupt", offset: second });
  });

  it.each([0, 7])(
    "that were damaged, to %d, are no trace of the sector that a crash has lost behind them",
    (length) => {
      const bytes = Buffer.concat([logBytes(range(1, 30)), Buffer.alloc(70_000)]);
      const second = scanLog(bytes).records[1]!;
      bytes.writeInt32BE(length, second.offset + 8);
      bytes.fill(0, 1024, 1536);
      expect(scanLog(bytes).end).toMatchObject({ kind: "corrupt", offset: second.offset });
    },
  );

  it("that were damaged, and not alone, do not swallow the records behind them", () => {
    for (const other of [4, 30, 60]) {
      const bytes = Buffer.concat([logBytes(range(1, 6)), Buffer.alloc(70_000)]);
      const second = scanLog(bytes).records[1]!;
      bytes[second.offset + 10]! ^= 0x20;
      bytes[second.offset + other]! ^= 0x04;
      const { records, end } = scanLog(bytes);
      expect(records).toHaveLength(1);
      expect(end).toMatchObject({ kind: "corrupt", offset: second.offset });
      expect(end.detail).toContain("a damaged length");
    }
  });

  it("of a good record beyond the limit are named", () => {
    const bytes = logBytes([1, 2], (zxid) => payloadOf(zxid, new Uint8Array(zxid === 2 ? 5000 : 10)));
    const { end } = scanLog(bytes, 1000, 4000);
    expect(end.kind).toBe("corrupt");
    expect(end.detail).toMatch(/Unreasonable length = 5\d\d\d of a record \(32 to 4000 bytes\)/);
  });

  it("that were damaged are told from a write that stopped half-way", () => {
    const bytes = Buffer.concat([logBytes([1, 2]), Buffer.alloc(70_000)]);
    const second = scanLog(bytes).records[1]!;
    bytes.writeInt32BE(second.bytes.length + 0x100, second.offset + 8);
    const { end } = scanLog(bytes);
    expect(end).toMatchObject({ kind: "corrupt", offset: second.offset });
    expect(end.detail).toContain(`a record of ${second.bytes.length} bytes with a damaged length`);
  });
});
