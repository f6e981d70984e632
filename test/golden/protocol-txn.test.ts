import { describe, expect, it } from "vitest";
import { Int64 } from "../../src/protocol/int64.ts";
import { OpCode, type OpName } from "../../src/protocol/opcode.ts";
import { decodeTxn, encodeTxn, type TxnBody } from "../../src/protocol/txn.ts";
import { zxidToHex } from "../../src/protocol/zxid.ts";
import { vectorBytes, vectorJson, vectorNames } from "../support/vectors.ts";

/**
 * Every record of every log that Apache wrote: our txn codec against the values of an independent parser, and back to the same
 * bytes. Damaged logs belong to storage; here only whole payloads are looked at.
 */

type JsonBytes = null | { utf8: string } | { hex: string } | { base64: string };

interface DecodedRecord {
  offset: number;
  length: number;
  clientId: string;
  cxid: number;
  zxid: string;
  time: number;
  type: number;
  /** null: a closeSession without its list. */
  txn: Record<string, unknown> | null;
  digest?: { version: number; treeDigest: string } | null;
}

type Decoded = Record<string, { records?: DecodedRecord[] }>;

const LOGS: readonly { readonly directory: string; readonly decoded: string }[] = [
  { directory: "standalone-basic/version-2", decoded: "standalone-basic/decoded.json" },
  { directory: "standalone-restart/version-2", decoded: "standalone-restart/decoded.json" },
  { directory: "standalone-nodigest/version-2", decoded: "standalone-nodigest/decoded.json" },
  { directory: "standalone-fuzzy/version-2", decoded: "standalone-fuzzy/decoded.json" },
  { directory: "ensemble/s1/version-2", decoded: "ensemble/s1-decoded.json" },
  { directory: "ensemble/s2/version-2", decoded: "ensemble/s2-decoded.json" },
  { directory: "ensemble/s3/version-2", decoded: "ensemble/s3-decoded.json" },
  { directory: "ensemble/s4/version-2", decoded: "ensemble/s4-decoded.json" },
  { directory: "reconfig/s1/version-2", decoded: "reconfig/s1-decoded.json" },
  { directory: "reconfig/s4/version-2", decoded: "reconfig/s4-decoded.json" },
  { directory: "rollover/version-2", decoded: "rollover/decoded.json" },
];

/** Offset of the payload in a record: 8 bytes checksum, 4 bytes length. */
const PAYLOAD_AT = 12;

function bytesOf(value: JsonBytes): Buffer | null {
  if (value === null) return null;
  if ("utf8" in value) return Buffer.from(value.utf8, "utf8");
  return "hex" in value ? Buffer.from(value.hex, "hex") : Buffer.from(value.base64, "base64");
}

const aclOf = (acl: readonly [number, string, string][]) =>
  acl.map(([perms, scheme, id]) => ({ perms, id: { scheme, id } }));

/** What the independent parser says a body is, in the shape that ours has. */
function bodyOf(txn: Record<string, unknown>): unknown {
  const out = { ...txn };
  if ("data" in txn) out.data = bytesOf(txn.data as JsonBytes);
  if ("acl" in txn) out.acl = aclOf(txn.acl as [number, string, string][]);
  return out;
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

function plainBody(body: TxnBody): unknown {
  const fields = Object.entries(body).map(([name, value]) => [
    name,
    isBytes(value) ? Buffer.from(value) : value,
  ]);
  return Object.fromEntries(fields);
}

describe("log records written by Apache ZooKeeper 3.8.0", () => {
  const types = new Set<number>();

  for (const { directory, decoded } of LOGS) {
    const facts = vectorJson<Decoded>(decoded);
    for (const name of vectorNames(directory).filter((file) => file.startsWith("log."))) {
      const records = facts[name]?.records ?? [];

      it(`${directory}/${name}: ${records.length} records have the known values and encode to the same bytes`, () => {
        expect(records.length).toBeGreaterThan(0);
        const log = vectorBytes(`${directory}/${name}`);
        for (const record of records) {
          const start = record.offset + PAYLOAD_AT;
          const payload = log.subarray(start, start + record.length);
          const txn = decodeTxn(payload);
          types.add(txn.header.type);
          expect(txn.header.clientId.equals(Int64.fromHex(record.clientId))).toBe(true);
          expect(`0x${zxidToHex(txn.header.zxid)}`).toBe(record.zxid);
          expect(txn.header).toMatchObject({ cxid: record.cxid, time: record.time, type: record.type });
          expect(describeDigest(txn.digest)).toEqual(record.digest ?? undefined);
          expectBody(txn.body, record);
          expect(Buffer.from(encodeTxn(txn)).toString("hex")).toBe(payload.toString("hex"));
        }
      });
    }
  }

  it("covered every type of transaction but deleteContainer", () => {
    expect([...types].sort((a, b) => a - b)).toEqual([-11, -10, -1, 1, 2, 5, 7, 14, 15, 16, 19, 21]);
  });
});

function describeDigest(digest: ReturnType<typeof decodeTxn>["digest"]): unknown {
  if (digest === undefined) return undefined;
  const unsigned = BigInt.asUintN(64, digest.treeDigest.toBigInt());
  return { version: digest.version, treeDigest: unsigned.toString() };
}

function expectBody(body: TxnBody, record: DecodedRecord): void {
  if (body.type === OpCode.closeSession) {
    const paths = (record.txn?.paths2Delete ?? null) as string[] | null;
    expect(body.paths2Delete).toEqual(paths);
  } else if (body.type === OpCode.multi) {
    const parts = record.txn?.txns as { type: OpName }[];
    expect(body.txns.map(plainBody)).toEqual(
      parts.map((part) => bodyOf({ ...part, type: OpCode[part.type] })),
    );
  } else {
    expect(plainBody(body)).toEqual(bodyOf({ type: record.type, ...record.txn }));
  }
}
