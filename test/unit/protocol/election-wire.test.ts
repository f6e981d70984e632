import { describe, expect, it } from "vitest";
import {
  ADDRESS_BYTES_MAX,
  decodeInitialMessage,
  ElectionWireError,
  ElectionWireReader,
  encodeElectionFrame,
  encodeInitialMessage,
  NOTIFICATION_BYTES_MAX,
} from "../../../src/protocol/election-wire.ts";

const V1 = "ffffffffffff0000 0000000000000003 0000000f 3132372e302e302e313a3232313333".replaceAll(" ", "");
const V2 = `ffffffffffff000100000000000000020000001f${Buffer.from("127.0.0.1:22132|127.0.0.2:22152").toString("hex")}`;
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

/** An initial message of version 1 with this text. */
function withText(text: string, length = Buffer.byteLength(text)): Buffer {
  const head = bytesOf("ffffffffffff0000 0000000000000003 00000000");
  head.writeInt32BE(length, 16);
  return Buffer.concat([head, Buffer.from(text)]);
}

describe("the initial message", () => {
  it("of version 1 and 2 is what Apache sends", () => {
    const one = { host: "127.0.0.1", port: 22_133 };
    expect(Buffer.from(encodeInitialMessage(3, [one], 1)).toString("hex")).toBe(V1);
    expect(decodeInitialMessage(bytesOf(V1))).toEqual([{ sid: 3, addresses: [one] }, 35]);
    const two = [
      { host: "127.0.0.1", port: 22_132 },
      { host: "127.0.0.2", port: 22_152 },
    ];
    expect(Buffer.from(encodeInitialMessage(2, two, 2)).toString("hex")).toBe(V2);
    expect(decodeInitialMessage(bytesOf(V2))).toEqual([{ sid: 2, addresses: two }, 51]);
    expect(decodeInitialMessage(encodeInitialMessage(2, two, 1))?.[0].addresses).toEqual(two.slice(0, 1));
  });

  it("before 3.5 is the sid alone", () => {
    expect(decodeInitialMessage(bytesOf("0000000000000007 000000"))).toEqual([{ sid: 7, addresses: [] }, 8]);
  });

  it("names IPv6 addresses in brackets; wildcards tell nothing", () => {
    const six = { host: "2001:db8::7", port: 3888 };
    expect(Buffer.from(encodeInitialMessage(1, [six], 1)).toString("utf8", 20)).toBe("[2001:db8::7]:3888");
    expect(decodeInitialMessage(withText("[2001:db8::7]:3888|0.0.0.0:1|[::]:2|h:3"))?.[0].addresses).toEqual([
      six,
      { host: "h", port: 3 },
    ]);
    expect(decodeInitialMessage(withText("0.0.0.0:3888"))?.[0].addresses).toEqual([]);
  });

  it("is waited for, byte by byte", () => {
    for (const bytes of [bytesOf(V1), bytesOf(V2)]) {
      for (let length = 0; length < bytes.length; length++) {
        expect(decodeInitialMessage(bytes.subarray(0, length))).toBeUndefined();
      }
    }
  });

  it.each([
    ["an unknown version", bytesOf("ffffffffffff0002")],
    ["a length of 0", withText("")],
    ["a length of 2049, before the rest has come", withText("", ADDRESS_BYTES_MAX + 1)],
    ["a negative length", withText("", -1)],
    ["no port", withText("host")],
    ["no host", withText(":3888")],
    ["a port out of range", withText("host:65536")],
    ["a port that is no number", withText("host:x")],
    ["an IPv6 address without brackets", withText("::1:3888")],
    ["F63: TLS", bytesOf("16030100c8010000c40303")],
    ["an open bracket", withText("[::1:3888")],
    ["an empty address among others", withText("host:1||host:2")],
    ["a line break", withText("host:1\nfoo")],
    ["an observer without an id", bytesOf("7fffffffffffffff")],
    ["an observer without an id, in version 1", bytesOf("ffffffffffff0000 7fffffffffffffff 00000003 613a31")],
    ["a sid that is no exact number", bytesOf("0040000000000001")],
  ])("is refused with %s", (_, bytes) => {
    expect(() => decodeInitialMessage(bytes)).toThrow(ElectionWireError);
  });
});

describe("what arrives on an election connection", () => {
  const frames = [Buffer.from("one"), Buffer.alloc(NOTIFICATION_BYTES_MAX, 7), Buffer.from("three")];

  it.each([1, 3, 64, 1_000_000])("is cut in pieces of %d bytes as in one", (size) => {
    const some = size === 1 ? [frames[0]!, frames[2]!] : frames;
    const stream = Buffer.concat([bytesOf(V1), ...some.map(encodeElectionFrame)]);
    const reader = new ElectionWireReader(true);
    const seen: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size));
      const message = reader.initial();
      if (message !== undefined) seen.push(`from ${message.sid}`);
      for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
        seen.push(Buffer.from(payload).toString("latin1"));
      }
    }
    expect(seen).toEqual(["from 3", ...some.map((frame) => frame.toString("latin1"))]);
  });

  it("is frames only where this side has dialed", () => {
    const reader = new ElectionWireReader(false);
    reader.push(encodeElectionFrame(frames[0]!));
    expect(reader.initial()).toBeUndefined();
    expect(Buffer.from(reader.next()!).toString()).toBe("one");
  });

  it.each([
    ["0", "00000000"],
    ["-1", "ffffffff"],
    ["one more than 512 KiB", "00080001"],
    ["F63: SASL", "5f2435013501edcc"],
    ["GET ", Buffer.from("GET / HTTP/1.1").toString("hex")],
  ])("is refused with a frame of %s bytes", (_, hex) => {
    const reader = new ElectionWireReader(false);
    reader.push(bytesOf(hex));
    expect(() => reader.next()).toThrow(ElectionWireError);
  });
});
