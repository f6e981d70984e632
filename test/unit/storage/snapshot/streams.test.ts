import { gunzipSync, gzipSync } from "node:zlib";
import { compress, uncompress } from "snappyjs";
import { describe, expect, it } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { JuteError } from "../../../../src/protocol/jute-reader.ts";
import { GzipEncoder, gunzip } from "../../../../src/storage/snapshot/gzip-stream.ts";
import { SnappyDecoder, SnappyEncoder } from "../../../../src/storage/snapshot/snappy-stream.ts";
import { vectorBytes } from "../../../support/vectors.ts";

const rng = createPrng(5);
/** Text that compresses, in a length that is no multiple of anything. */
const SAMPLE = Buffer.from(
  Array.from({ length: 20_000 }, (_, i) => `/node/${i} ${rng.below(50)}`).join("\n"),
);

function portions(bytes: Uint8Array, size: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(bytes.subarray(at, at + size));
  return out;
}

function expandSnappy(stream: Uint8Array, size: number): Buffer {
  const decoder = new SnappyDecoder();
  const out: Uint8Array[] = [];
  for (const portion of portions(stream, size)) decoder.decode(portion, (block) => out.push(block));
  decoder.finish();
  return Buffer.concat(out);
}

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function expandGzip(stream: Uint8Array, size: number): Promise<Buffer> {
  const out: Uint8Array[] = [];
  for await (const chunk of gunzip(from(portions(stream, size)))) out.push(Buffer.from(chunk));
  return Buffer.concat(out);
}

describe("snappy", () => {
  const encode = (bytes: Uint8Array, size: number): Buffer => {
    const encoder = new SnappyEncoder();
    return Buffer.concat([...portions(bytes, size).map((part) => encoder.encode(part)), encoder.finish()]);
  };

  it("has the header and the block sizes of snappy-java", () => {
    const stream = encode(SAMPLE, 1000);
    const apache = vectorBytes("standalone-restart/compressed/snapshot.2b.snappy");
    expect(stream.subarray(0, 16).toString("hex")).toBe(apache.subarray(0, 16).toString("hex"));
    const lengths: number[] = [];
    for (let at = 16; at < stream.length; at += 4 + stream.readUInt32BE(at)) {
      const block = stream.subarray(at + 4, at + 4 + stream.readUInt32BE(at));
      lengths.push(uncompress(block, 1 << 20).length);
    }
    expect(lengths.slice(0, -1).every((length) => length === 32768)).toBe(true);
    expect(lengths.reduce((a, b) => a + b)).toBe(SAMPLE.length);
  });

  it.each([1, 100, 32768, 1_000_000])("comes back whole from portions of %d bytes", (size) => {
    expect(expandSnappy(encode(SAMPLE, 50_000), size).equals(SAMPLE)).toBe(true);
    expect(encode(SAMPLE, 70_001).equals(encode(SAMPLE, 50_000))).toBe(true);
  });

  it("of nothing is the header", () => {
    expect(encode(Buffer.alloc(0), 10).length).toBe(16);
    expect(expandSnappy(encode(Buffer.alloc(0), 10), 5).length).toBe(0);
  });

  it("reads what Apache wrote", () => {
    const plain = vectorBytes("standalone-restart/version-2/snapshot.2b");
    expect(
      expandSnappy(vectorBytes("standalone-restart/compressed/snapshot.2b.snappy"), 100).equals(plain),
    ).toBe(true);
  });

  it("refuses streams that are cut, at every byte", () => {
    const stream = encode(SAMPLE.subarray(0, 2000), 5000);
    for (let cut = 0; cut < stream.length; cut++) {
      if (cut === 16) continue;
      expect(() => expandSnappy(stream.subarray(0, cut), 333)).toThrow(JuteError);
    }
  });

  it("ends, in bounded memory, whatever the bytes are", () => {
    const stream = encode(SAMPLE.subarray(0, 3000), 5000);
    for (let round = 0; round < 3000; round++) {
      const damaged = Buffer.from(stream);
      const hits = 1 + rng.below(3);
      for (let i = 0; i < hits; i++) damaged[rng.below(damaged.length)] = rng.below(256);
      try {
        expect(expandSnappy(damaged, 1000).length).toBeLessThan(5_000_000);
      } catch (error) {
        expect(error).toBeInstanceOf(JuteError);
      }
    }
  });

  it("refuses a literal whose length runs backwards, and a block that announces gigabytes", () => {
    const frame = (block: Buffer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(block.length);
      return Buffer.concat([encode(Buffer.alloc(0), 1), length, block]);
    };
    // Literal with a 4-byte length of 0xfffffff0: taken as negative it would step back for ever.
    expect(() => expandSnappy(frame(Buffer.from("10fcf0ffffff4141", "hex")), 99)).toThrow(JuteError);
    expect(() => expandSnappy(frame(Buffer.from("ffffffff0f00", "hex")), 99)).toThrow(JuteError);
    const huge = encode(Buffer.alloc(0), 1);
    expect(() => expandSnappy(Buffer.concat([huge, Buffer.from("7fffffff00", "hex")]), 99)).toThrow(
      "a snappy block of",
    );
    const whole = Buffer.from(compress(Buffer.from("hello hello hello hello")));
    expect(expandSnappy(frame(whole), 99).toString()).toBe("hello hello hello hello");
  });
});

describe("gzip", () => {
  const encode = async (bytes: Uint8Array, size: number): Promise<Buffer> => {
    const encoder = new GzipEncoder();
    const out: Uint8Array[] = [];
    for (const part of portions(bytes, size)) out.push(await encoder.encode(part));
    return Buffer.concat([...out, encoder.finish()]);
  };

  it.each([1000, 65536, 1_000_000])(
    "in slices of %d bytes is one member that anyone can read",
    async (size) => {
      const stream = await encode(SAMPLE, size);
      expect(gunzipSync(stream).equals(SAMPLE)).toBe(true);
      expect(stream.length).toBeLessThan(SAMPLE.length / 2);
    },
  );

  it("of nothing is a member of nothing", async () => {
    expect(gunzipSync(await encode(Buffer.alloc(0), 1)).length).toBe(0);
  });

  it.each([7, 5000, 1_000_000])("comes back whole from portions of %d bytes", async (size) => {
    expect((await expandGzip(gzipSync(SAMPLE), size)).equals(SAMPLE)).toBe(true);
    expect((await expandGzip(await encode(SAMPLE, 60_000), size)).equals(SAMPLE)).toBe(true);
  });

  it("may be given memory that is used again at once", async () => {
    const shared = Buffer.alloc(100);
    async function* reused(): AsyncGenerator<Uint8Array> {
      for (const part of portions(gzipSync(SAMPLE), 100)) {
        shared.set(part);
        yield shared.subarray(0, part.length);
      }
    }
    const out: Uint8Array[] = [];
    for await (const chunk of gunzip(reused())) out.push(Buffer.from(chunk));
    expect(Buffer.concat(out).equals(SAMPLE)).toBe(true);
  });

  it("refuses damaged and cut streams", async () => {
    const stream = gzipSync(SAMPLE.subarray(0, 5000));
    for (const cut of [0, 1, 5, 10, 50, stream.length - 9, stream.length - 1]) {
      if (cut === 0) continue;
      await expect(expandGzip(stream.subarray(0, cut), 64)).rejects.toThrow(JuteError);
    }
    const damaged = Buffer.from(stream);
    damaged[100]! ^= 0x10;
    await expect(expandGzip(damaged, 64)).rejects.toThrow("a broken gzip stream");
  });

  it("hands on the reader's error, and can be left half-way", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(SAMPLE).subarray(0, 1000);
      throw new Error("the disk says no");
    }
    const drain = async () => {
      for await (const _ of gunzip(failing()));
    };
    await expect(drain()).rejects.toThrow("the disk says no");
    for await (const chunk of gunzip(from(portions(gzipSync(SAMPLE), 500)))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });
});
