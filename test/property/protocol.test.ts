import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameLengthError, FrameReader } from "../../src/protocol/frame.ts";
import { decodeConnectRequest, decodeConnectResponse } from "../../src/protocol/handshake.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteError, JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { readMultiRequest, readMultiResponse, writeMultiRequest } from "../../src/protocol/multi.ts";
import type { RecordCodec } from "../../src/protocol/record.ts";
import * as data from "../../src/protocol/records/data.ts";
import * as persistence from "../../src/protocol/records/persistence.ts";
import * as proto from "../../src/protocol/records/proto.ts";
import * as quorum from "../../src/protocol/records/quorum.ts";
import * as txns from "../../src/protocol/records/txn.ts";
import { decodeTxn, encodeTxn } from "../../src/protocol/txn.ts";

/**
 * The decoder against everything: what was decoded encodes to the same value again, and arbitrary bytes end in a value or in a
 * JuteError, with no more values made than there were bytes.
 */

const RECORDS = [data, persistence, proto, quorum, txns]
  .flatMap((module) => Object.values(module) as RecordCodec<unknown>[])
  .filter((codec) => typeof codec.decode === "function");

const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
/** Any 64 bits, and often those that programs trip over. */
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 63n, 2n ** 64n - 1n),
);

/** Bytes that look like jute: small lengths and counts among noise, so that decoding gets further than the first field. */
const juteLike = fc
  .array(
    fc.oneof(
      fc.integer({ min: -2, max: 8 }).map((n) => Buffer.from(new Int32Array([n]).buffer).swap32()),
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom("/a", "world", "é€", "😀").map((text) => {
        const writer = new JuteWriter();
        writer.writeString(text);
        return writer.take(0);
      }),
      fc.constantFrom(0x7fff_ffff, -0x8000_0000, 0x0010_0000).map((n) => {
        const bytes = Buffer.alloc(4);
        bytes.writeInt32BE(n);
        return bytes;
      }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.concat(parts));

const anyBytes = fc.oneof(
  juteLike,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

/** Values inside a decoded one: fields, elements, and itself. */
function countValues(value: unknown): number {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array || value instanceof Int64)
    return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 1);
}

/** Runs a decoder; whatever it throws must be a JuteError. */
function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof JuteError) return undefined;
    throw error;
  }
}

/** A surrogate as jute writes it, in three bytes, which no decoder of UTF-8 takes: it is read as U+FFFD. */
const SURROGATE = /\xed[\xa0-\xbf]/;

/**
 * Encoding may differ from the bytes read (malformed UTF-8, a boolean of 7, a count of -5), but from then on nothing changes:
 * the encoded value decodes to itself, or, when it has characters beyond the BMP (client-protocol 1.2), the one that they become does.
 */
function expectStable(encoded: Uint8Array, decodedAndEncoded: (bytes: Uint8Array) => Uint8Array): void {
  const hasSurrogates = SURROGATE.test(Buffer.from(encoded).toString("latin1"));
  const bytes = hasSurrogates ? decodedAndEncoded(encoded) : encoded;
  expect(Buffer.from(decodedAndEncoded(bytes)).equals(bytes)).toBe(true);
}

/** U+10000 as a string of UTF-8: random bytes hit upon such a character once in a hundred thousand. */
const BEYOND_BMP = Buffer.from([0, 0, 0, 4, 0xf0, 0x90, 0x80, 0x80]);

describe("records", () => {
  it("knows all of them", () => {
    expect(RECORDS.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Stat", "MultiTxn", "QuorumPacket"]),
    );
    expect(new Set(RECORDS.map(({ name }) => name)).size).toBeGreaterThan(65);
  });

  it.each(RECORDS.map((codec) => [codec.name, codec] as const))("%s takes any bytes", (_name, codec) => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const value = attempt(() => codec.decode(bytes));
        if (value === undefined) return;
        expect(countValues(value)).toBeLessThanOrEqual(bytes.length + 2);
        expectStable(codec.encode(value), (encoded) => codec.encode(codec.decode(encoded)));
      }),
      { numRuns: 150, examples: [[Buffer.concat([BEYOND_BMP, BEYOND_BMP])]] },
    );
  });
});

describe("primitives", () => {
  it("64-bit words come back with every bit", () => {
    fc.assert(
      fc.property(word, (value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64BE(value);
        const read = new JuteReader(bytes).readInt64();
        expect(BigInt.asUintN(64, read.toBigInt())).toBe(value);
        expect(read.key).toBe(value.toString(16));
        const writer = new JuteWriter();
        writer.writeInt64(read);
        expect(writer.bytes().equals(bytes)).toBe(true);
      }),
    );
  });

  it("a zxid is exact or refused", () => {
    fc.assert(
      fc.property(word, (value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64BE(value);
        const read = attempt(() => new JuteReader(bytes).readZxid());
        if (read === undefined) return;
        expect(BigInt(read)).toBe(BigInt.asIntN(64, value));
      }),
    );
  });

  it("longs within 2^53, ints and strings of whole characters come back", () => {
    const long = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    const bmp = fc
      .string({ unit: "binary" })
      .filter((text) => !/[\u{10000}-\u{10ffff}\ud800-\udfff]/u.test(text));
    fc.assert(
      fc.property(long, int32, bmp, fc.option(fc.uint8Array()), (l, i, text, bytes) => {
        const writer = new JuteWriter(1);
        writer.writeLong(l);
        writer.writeInt(i);
        writer.writeString(text);
        writer.writeBuffer(bytes);
        const reader = new JuteReader(writer.bytes());
        expect(reader.readLong()).toBe(l);
        expect(reader.readInt()).toBe(i);
        expect(reader.readString()).toBe(text);
        const back = reader.readBuffer();
        expect(back === null ? null : Uint8Array.from(back)).toEqual(bytes);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it("a string that holds no surrogate is written as plain UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!/[\ud800-\udfff]/.test(text));
        const writer = new JuteWriter();
        writer.writeString(text);
        expect(writer.bytes().subarray(4).toString("utf8")).toBe(text);
      }),
    );
  });
});

describe("frames, handshakes, multis, txns", () => {
  it("frames come out whole however the stream is cut", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 12 });
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 90 }));
    fc.assert(
      fc.property(payloads, cuts, (frames, sizes) => {
        const stream = Buffer.concat(
          frames.flatMap((payload) => {
            const length = Buffer.alloc(4);
            length.writeInt32BE(payload.length);
            return [length, payload];
          }),
        );
        const reader = new FrameReader(70);
        const out: string[] = [];
        for (let at = 0; at < stream.length; ) {
          const size = sizes.next().value as number;
          const chunk = Buffer.from(stream.subarray(at, at + size));
          reader.push(chunk);
          for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
            out.push(payload.toString("hex"));
          }
          chunk.fill(0xee); // nothing may be kept as a view beyond the turn
          at += size;
        }
        expect(out).toEqual(frames.map((payload) => Buffer.from(payload).toString("hex")));
        expect(reader.pendingBytes).toBe(0);
      }),
    );
  });

  it("any stream ends in frames, in waiting, or in a FrameLengthError; what waits is what came", () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 5 }), (chunks) => {
        const reader = new FrameReader(64);
        let taken = 0;
        let given = 0;
        try {
          for (const chunk of chunks) {
            reader.push(chunk);
            given += chunk.length;
            for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
              expect(payload.length).toBeLessThanOrEqual(64);
              taken += 4 + payload.length;
            }
            expect(reader.pendingBytes).toBe(given - taken);
            expect(reader.pendingBytes).toBeLessThan(68);
          }
        } catch (error) {
          if (!(error instanceof FrameLengthError)) throw error;
        }
      }),
    );
  });

  it("handshakes take any bytes", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        attempt(() => decodeConnectRequest(bytes));
        attempt(() => decodeConnectResponse(bytes));
      }),
    );
  });

  const multiLike = fc
    .array(fc.tuple(fc.constantFrom(1, 2, 4, 5, 8, 13, 14, 15, 19, 21, -1), juteLike), { maxLength: 6 })
    .map((parts) =>
      Buffer.concat([
        ...parts.flatMap(([type, body]) => {
          const header = Buffer.alloc(9);
          header.writeInt32BE(type);
          return [header, body];
        }),
        Buffer.from("ffffffff01ffffffff", "hex"),
      ]),
    );

  const encodeMulti = ({ ops }: ReturnType<typeof readMultiRequest>): Buffer => {
    const writer = new JuteWriter();
    writeMultiRequest(writer, ops);
    return writer.bytes();
  };

  it("multis take any bytes and come back", () => {
    fc.assert(
      fc.property(fc.oneof(multiLike, anyBytes), (bytes) => {
        attempt(() => readMultiResponse(new JuteReader(bytes)));
        const request = attempt(() => readMultiRequest(new JuteReader(bytes)));
        if (request === undefined) return;
        expect(countValues(request)).toBeLessThanOrEqual(bytes.length + 2);
        expectStable(encodeMulti(request), (encoded) =>
          encodeMulti(readMultiRequest(new JuteReader(Buffer.from(encoded)))),
        );
      }),
      { numRuns: 500 },
    );
  });

  const txnLike = fc
    .tuple(fc.constantFrom(1, 2, 5, 7, 13, 14, 15, 16, 19, 20, 21, -1, -10, -11, 99), juteLike)
    .map(([type, body]) => {
      const header = Buffer.alloc(32);
      header.writeInt32BE(type, 28);
      return Buffer.concat([header, body]);
    });

  it("txns take any bytes and come back", () => {
    fc.assert(
      fc.property(fc.oneof(txnLike, anyBytes), (bytes) => {
        const txn = attempt(() => decodeTxn(bytes));
        if (txn === undefined) return;
        expect(countValues(txn)).toBeLessThanOrEqual(bytes.length + 16);
        expectStable(encodeTxn(txn), (encoded) => encodeTxn(decodeTxn(Buffer.from(encoded))));
      }),
      { numRuns: 1000 },
    );
  });
});
