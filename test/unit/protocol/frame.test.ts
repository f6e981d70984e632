import { describe, expect, it } from "vitest";
import { FrameLengthError, FrameReader } from "../../../src/protocol/frame.ts";

function frame(payload: string): Buffer {
  const bytes = Buffer.alloc(4 + payload.length);
  bytes.writeInt32BE(payload.length, 0);
  bytes.write(payload, 4, "latin1");
  return bytes;
}

function drain(reader: FrameReader): string[] {
  const out: string[] = [];
  for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
    out.push(payload.toString("latin1"));
  }
  return out;
}

describe("FrameReader", () => {
  it("cuts a chunk of several frames, an empty one among them", () => {
    const reader = new FrameReader(100);
    reader.push(Buffer.concat([frame("one"), frame(""), frame("three")]));
    expect(drain(reader)).toEqual(["one", "", "three"]);
    expect(reader.pendingBytes).toBe(0);
  });

  it("returns whole frames as views and broken ones as memory of their own", () => {
    const reader = new FrameReader(100);
    const chunk = Buffer.concat([frame("whole"), frame("broken").subarray(0, 7)]);
    reader.push(chunk);
    const whole = reader.next()!;
    expect(whole.buffer).toBe(chunk.buffer);
    expect(reader.next()).toBeUndefined();
    chunk.fill(0); // the chunk's memory is the caller's again
    reader.push(frame("broken").subarray(7));
    const broken = reader.next()!;
    expect(broken.toString()).toBe("broken");
    reader.push(frame("another"));
    expect(drain(reader)).toEqual(["another"]);
    expect(broken.toString()).toBe("broken");
  });

  it("assembles frames that arrive byte by byte", () => {
    const reader = new FrameReader(100);
    const out: string[] = [];
    for (const byte of Buffer.concat([frame("ab"), frame("c".repeat(90))])) {
      reader.push(Buffer.of(byte));
      out.push(...drain(reader));
    }
    expect(out).toEqual(["ab", "c".repeat(90)]);
  });

  it("takes a payload of exactly the limit and refuses one byte more, before it has arrived", () => {
    const reader = new FrameReader(8);
    reader.push(frame("12345678"));
    expect(drain(reader)).toEqual(["12345678"]);
    reader.push(Buffer.of(0, 0, 0, 9));
    expect(() => reader.next()).toThrow(new FrameLengthError(9, 8));
    expect(() => reader.next()).toThrow(/9 bytes is out of range \(limit jute\.maxbuffer = 8 bytes\)/);
  });

  it("refuses a negative length, also when it comes in pieces", () => {
    const reader = new FrameReader(8);
    reader.push(Buffer.of(0xff, 0xff));
    expect(reader.next()).toBeUndefined();
    reader.push(Buffer.of(0xff, 0xff));
    expect(() => reader.next()).toThrow(expect.objectContaining({ name: "FrameLengthError", length: -1 }));
  });

  it("shows the first four bytes without taking them, so that a four-letter word can be told from a length", () => {
    const reader = new FrameReader(100);
    reader.push(Buffer.from("st"));
    expect(reader.peekInt()).toBeUndefined();
    reader.push(Buffer.from("mk12345678"));
    expect(reader.peekInt()).toBe(Buffer.from("stmk").readInt32BE());
    expect(reader.pendingBytes).toBe(12);
    expect(reader.takeRest().toString()).toBe("stmk12345678");
    expect(reader.pendingBytes).toBe(0);
    reader.push(frame("x"));
    expect(reader.peekInt()).toBe(1);
    expect(drain(reader)).toEqual(["x"]);
  });

  it("keeps what was not read when the next chunk is pushed", () => {
    const reader = new FrameReader(100);
    reader.push(Buffer.concat([frame("a"), frame("b"), frame("c").subarray(0, 2)]));
    expect(reader.next()?.toString()).toBe("a");
    reader.push(Buffer.concat([frame("c").subarray(2), frame("d")]));
    expect(drain(reader)).toEqual(["b", "c", "d"]);
  });

  it("does not take memory for bytes that were announced and have not come", () => {
    const reader = new FrameReader(0x7fffffff);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 50; i++) {
      const silent = new FrameReader(0x7fffffff);
      silent.push(Buffer.of(0x7f, 0xff, 0xff, 0xff, 1));
      expect(silent.next()).toBeUndefined();
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
    expect(reader.pendingBytes).toBe(0);
  });
});
