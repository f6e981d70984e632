import { describe, expect, it } from "vitest";
import { JuteError, JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import {
  type MultiOp,
  readMultiRequest,
  readMultiResponse,
  writeMultiRequest,
  writeMultiResponse,
} from "../../../src/protocol/multi.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";

const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const data = Buffer.from("d");

const WRITES: readonly MultiOp[] = [
  { type: OpCode.create, path: "/a", data, acl, flags: 0 },
  { type: OpCode.create2, path: "/b", data: null, acl: null, flags: 3 },
  { type: OpCode.createContainer, path: "/c", data, acl, flags: 4 },
  { type: OpCode.createTTL, path: "/t", data, acl, flags: 5, ttl: 1000 },
  { type: OpCode.setData, path: "/a", data, version: -1 },
  { type: OpCode.check, path: null, version: 3 },
  { type: OpCode.delete, path: "/a", version: 0 },
];
const READS: readonly MultiOp[] = [
  { type: OpCode.getData, path: "/a", watch: true },
  { type: OpCode.getChildren, path: "/", watch: false },
];

function encoded(ops: readonly MultiOp[]): Buffer {
  const writer = new JuteWriter();
  writeMultiRequest(writer, ops);
  return writer.take(0);
}

/** A MultiHeader as hex. */
const header = (type: number, done: 0 | 1, err = -1): string => {
  const bytes = Buffer.alloc(9);
  bytes.writeInt32BE(type, 0);
  bytes[4] = done;
  bytes.writeInt32BE(err, 5);
  return bytes.toString("hex");
};
const read = (hex: string) => readMultiRequest(new JuteReader(Buffer.from(hex, "hex")));

describe("multi request", () => {
  it("round-trips every kind of write and of read", () => {
    expect(readMultiRequest(new JuteReader(encoded(WRITES)))).toEqual({ kind: "write", ops: WRITES });
    expect(readMultiRequest(new JuteReader(encoded(READS)))).toEqual({ kind: "read", ops: READS });
  });

  it("takes an empty list", () => {
    expect(read(header(-1, 1))).toEqual({ kind: undefined, ops: [] });
  });

  it("ends at done, whatever type and err stand beside it, and ignores what follows", () => {
    expect(read(`${header(14, 1, 77)}ffff`)).toEqual({ kind: undefined, ops: [] });
  });

  it("refuses reads among writes and the reverse", () => {
    expect(() => readMultiRequest(new JuteReader(encoded([WRITES[0]!, READS[0]!])))).toThrow(JuteError);
    expect(() => readMultiRequest(new JuteReader(encoded([READS[1]!, WRITES[6]!])))).toThrow(JuteError);
  });

  it.each([3, 6, 7, 9, 12, 14, 16, 20, 22, 0, -1, -11])("refuses an operation of type %i", (type) => {
    expect(() => read(header(type, 0) + header(-1, 1))).toThrow(`operation type ${type} in a multi`);
  });

  it("refuses a list without its end", () => {
    const bytes = encoded(WRITES);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readMultiRequest(new JuteReader(bytes.subarray(0, length)))).toThrow(JuteError);
    }
  });
});

describe("multi response", () => {
  it("refuses an unknown result and a list without its end", () => {
    const unknown = Buffer.from(header(3, 0, 0) + header(-1, 1), "hex");
    expect(() => readMultiResponse(new JuteReader(unknown))).toThrow("result type 3 in a multi response");
    const writer = new JuteWriter();
    writeMultiResponse(writer, [{ type: OpCode.delete }, { type: OpCode.error, err: -103 }]);
    const bytes = writer.take(0);
    expect(readMultiResponse(new JuteReader(bytes))).toEqual([{ type: 2 }, { type: -1, err: -103 }]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readMultiResponse(new JuteReader(bytes.subarray(0, length)))).toThrow(JuteError);
    }
  });

  it("repeats the code of an error in its header", () => {
    const writer = new JuteWriter();
    writeMultiResponse(writer, [{ type: OpCode.error, err: -2 }]);
    expect(writer.bytes().toString("hex")).toBe(`${header(-1, 0, -2)}fffffffe${header(-1, 1)}`);
  });
});
