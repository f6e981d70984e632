import { describe, expect, it } from "vitest";
import { Int64 } from "../../../src/protocol/int64.ts";
import { JuteError } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { CreateTxnV0, MultiTxn, TxnHeader } from "../../../src/protocol/records/txn.ts";
import { decodeTxn, encodeTxn, type LoggedTxn, type TxnBody } from "../../../src/protocol/txn.ts";
import { makeZxid } from "../../../src/protocol/zxid.ts";

const header = (type: number) => ({
  clientId: Int64.fromHex("100001b303b0000"),
  cxid: 3,
  zxid: makeZxid(1, 7),
  time: 1_795_245_001_935,
  type,
});
const digest = { version: 2, treeDigest: Int64.fromHex("ffffffff00000001") };
const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

const BODIES: readonly TxnBody[] = [
  { type: OpCode.create, path: "/a", data: Buffer.from("x"), acl, ephemeral: true, parentCVersion: 1 },
  { type: OpCode.create2, path: "/a", data: null, acl: null, ephemeral: false, parentCVersion: -1 },
  { type: OpCode.createContainer, path: "/c", data: Buffer.alloc(0), acl, parentCVersion: 4 },
  { type: OpCode.createTTL, path: "/t", data: Buffer.from("t"), acl, parentCVersion: 4, ttl: 0xff_ffff_ffff },
  { type: OpCode.delete, path: "/a" },
  { type: OpCode.deleteContainer, path: "/c" },
  { type: OpCode.setData, path: "/a", data: Buffer.from("y"), version: 2 },
  { type: OpCode.reconfig, path: "/zookeeper/config", data: Buffer.from("version=0"), version: -1 },
  { type: OpCode.setACL, path: "/a", acl, version: 1 },
  { type: OpCode.check, path: "/a", version: 3 },
  { type: OpCode.createSession, timeOut: 30_000 },
  { type: OpCode.closeSession, paths2Delete: ["/a", "/b"] },
  { type: OpCode.closeSession, paths2Delete: [] },
  { type: OpCode.closeSession, paths2Delete: null },
  { type: OpCode.error, err: -110 },
  {
    type: OpCode.multi,
    txns: [
      { type: OpCode.delete, path: "/a" },
      { type: OpCode.error, err: -2 },
    ],
  },
  { type: OpCode.multi, txns: [] },
];

describe("txn codec", () => {
  it.each(BODIES.map((body) => [body.type, body] as const))(
    "round-trips type %i, with a digest and without",
    (type, body) => {
      for (const tail of [digest, undefined]) {
        const txn: LoggedTxn = { header: header(type), body, digest: tail };
        expect(decodeTxn(encodeTxn(txn))).toEqual(txn);
      }
    },
  );

  it("reads a create of before 3.3, which ends without parentCVersion", () => {
    const writer = new JuteWriter();
    TxnHeader.write(writer, header(OpCode.create));
    CreateTxnV0.write(writer, { path: "/old", data: Buffer.from("o"), acl, ephemeral: false });
    const { body } = decodeTxn(writer.bytes());
    expect(body).toMatchObject({ path: "/old", parentCVersion: -1 });
  });

  it("keeps the digest of a closeSession without a list, whatever its bits would mean as paths", () => {
    for (const key of ["0", "1", "ffffffffffffffff", "0000000100000000", "51c6d660"]) {
      const tail = { version: 2, treeDigest: Int64.fromHex(key) };
      const body: TxnBody = { type: OpCode.closeSession, paths2Delete: null };
      const txn = { header: header(OpCode.closeSession), body, digest: tail };
      expect(decodeTxn(encodeTxn(txn))).toEqual(txn);
    }
  });

  it("reads a list of twelve bytes as a list", () => {
    const body: TxnBody = { type: OpCode.closeSession, paths2Delete: ["/abc"] };
    const txn = { header: header(OpCode.closeSession), body, digest: undefined };
    expect(decodeTxn(encodeTxn(txn))).toEqual(txn);
  });

  it("refuses an unknown type, a multi in a multi, and a payload that ends early", () => {
    const writer = new JuteWriter();
    TxnHeader.write(writer, header(99));
    expect(() => decodeTxn(writer.bytes())).toThrow("unknown transaction type 99");
    const nested = new JuteWriter();
    TxnHeader.write(nested, header(OpCode.multi));
    MultiTxn.write(nested, { txns: [{ type: OpCode.multi, data: Buffer.alloc(4) }] });
    expect(() => decodeTxn(nested.bytes())).toThrow("a multi inside a multi");
    const whole = encodeTxn({ header: header(OpCode.setData), body: BODIES[6]!, digest: undefined });
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeTxn(whole.subarray(0, length))).toThrow(JuteError);
    }
  });

  it("holds the parts of a multi to the limit too", () => {
    const body: TxnBody = { type: OpCode.multi, txns: [{ type: OpCode.delete, path: "/123456789" }] };
    const bytes = encodeTxn({ header: header(OpCode.multi), body, digest: undefined });
    expect(decodeTxn(bytes, 14).body).toEqual(body);
    expect(() => decodeTxn(bytes, 13)).toThrow(/Unreasonable length = 14/);
  });

  it("refuses to write a header and a body of different types", () => {
    const txn: LoggedTxn = { header: header(OpCode.delete), body: BODIES[0]!, digest: undefined };
    expect(() => encodeTxn(txn)).toThrow("txn header of type 2 on a body of type 1");
  });
});
