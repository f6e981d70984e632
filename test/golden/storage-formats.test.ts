import { describe, expect, it } from "vitest";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { vector } from "../../src/protocol/record.ts";
import { ACL, StatPersisted } from "../../src/protocol/records/data.ts";
import type { SessionId } from "../../src/protocol/session-id.ts";
import { decodeTxn, encodeTxn } from "../../src/protocol/txn.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import { LOG_HEADER_BYTES, writeLogHeader, writeRecord } from "../../src/storage/log/log-format.ts";
import { SnapshotDecoder } from "../../src/storage/snapshot/snapshot-decoder.ts";
import { SnapshotEncoder } from "../../src/storage/snapshot/snapshot-format.ts";
import type { SnapshotSink, SnapshotSource, ZxidDigest } from "../../src/storage/snapshot/snapshot-port.ts";
import { scanLog } from "../support/storage.ts";
import { newDatabase } from "../support/tree.ts";
import { vectorBytes, vectorJson, vectorNames } from "../support/vectors.ts";

/** Our writers give the bytes that Apache's give, and our readers see in Apache's files what an independent parser saw. */

const DIRECTORIES = {
  "standalone-basic": "standalone-basic/decoded.json",
  "standalone-nodigest": "standalone-nodigest/decoded.json",
  "standalone-fuzzy": "standalone-fuzzy/decoded.json",
  "ensemble/s1": "ensemble/s1-decoded.json",
  "ensemble/s2": "ensemble/s2-decoded.json",
  "ensemble/s3": "ensemble/s3-decoded.json",
  "ensemble/s4": "ensemble/s4-decoded.json",
  "reconfig/s1": "reconfig/s1-decoded.json",
  "reconfig/s4": "reconfig/s4-decoded.json",
  rollover: "rollover/decoded.json",
};

interface DecodedLog {
  endOffset: number;
  records: { offset: number; length: number; adler32: string; zxid: string }[];
}

const logs = Object.entries(DIRECTORIES).flatMap(([directory, decoded]) =>
  vectorNames(`${directory}/version-2`)
    .filter((name) => name.startsWith("log."))
    .map((name) => ({ path: `${directory}/version-2/${name}`, decoded, name })),
);

describe("logs of Apache 3.8.0", () => {
  it.each(logs)("$path: every record where the independent parser saw it", ({ path, decoded, name }) => {
    const expected = vectorJson<Record<string, DecodedLog>>(decoded)[name]!;
    const { records, end } = scanLog(vectorBytes(path));
    const seen = records.map(({ offset, bytes, checksum, zxid }) => ({
      offset,
      length: bytes.length,
      adler32: `0x${checksum.toString(16)}`,
      zxid: `0x${zxid.toString(16)}`,
    }));
    expect(seen).toEqual(
      expected.records.map(({ offset, length, adler32, zxid }) => ({ offset, length, adler32, zxid })),
    );
    expect(end).toMatchObject({ kind: "clean", offset: expected.endOffset });
  });

  it.each(logs)("$path: decoded and encoded again, byte for byte the same", ({ path }) => {
    const bytes = vectorBytes(path);
    const { records, end } = scanLog(bytes);
    const again = Buffer.alloc(end.offset);
    writeLogHeader(again, 0);
    let at = LOG_HEADER_BYTES;
    for (const record of records) at = writeRecord(again, at, encodeTxn(decodeTxn(record.bytes)));
    expect(at).toBe(end.offset);
    expect(again.equals(bytes.subarray(0, end.offset))).toBe(true);
  });
});

const snapshots = [...Object.keys(DIRECTORIES), "standalone-restart"].flatMap((directory) =>
  vectorNames(`${directory}/version-2`)
    .filter((name) => name.startsWith("snapshot."))
    .map((name) => ({ path: `${directory}/version-2/${name}` })),
);

/** Takes a snapshot in, and gives the same one out. */
class EchoSource implements SnapshotSink, SnapshotSource {
  readonly zxid = 0 as Zxid;
  readonly #sessions = new JuteWriter();
  readonly #acls = new JuteWriter();
  readonly #parts: Uint8Array[] = [];
  #sessionCount = 0;
  #aclCount = 0;
  #digest: ZxidDigest | undefined;

  session(id: SessionId, timeoutMs: number): void {
    this.#sessionCount++;
    this.#sessions.writeInt64(id);
    this.#sessions.writeInt(timeoutMs);
  }

  acl(aclId: number, acl: readonly ACL[]): void {
    this.#aclCount++;
    this.#acls.writeLong(aclId);
    vector(ACL).write(this.#acls, acl);
  }

  node(path: string, data: Uint8Array | null, aclId: number, stat: StatPersisted): void {
    const out = new JuteWriter();
    if (this.#parts.length === 0) {
      out.writeInt(this.#sessionCount);
      out.writeRaw(this.#sessions.bytes());
      out.writeInt(this.#aclCount);
      out.writeRaw(this.#acls.bytes());
    }
    out.writeString(path);
    out.writeBuffer(data);
    out.writeLong(aclId);
    StatPersisted.write(out, stat);
    this.#parts.push(out.take(0));
  }

  digest(): ZxidDigest | undefined;
  digest(digest: ZxidDigest): void;
  digest(digest?: ZxidDigest): ZxidDigest | undefined {
    if (digest !== undefined) this.#digest = digest;
    return this.#digest;
  }

  writeNext(out: JuteWriter): boolean {
    const part = this.#parts.shift();
    if (part === undefined) out.writeString("/");
    else out.writeRaw(part);
    return part === undefined;
  }

  lastProcessedZxid(): Zxid {
    throw new Error("Apache 3.8 writes no last zxid");
  }
}

function readBack(bytes: Uint8Array) {
  const database = newDatabase();
  const decoder = new SnapshotDecoder(database);
  decoder.push(bytes);
  decoder.finish();
  return { database, lastZxid: decoder.lastZxid };
}

describe("snapshots", () => {
  it.each(snapshots)("$path: read and written again, byte for byte the same", ({ path }) => {
    const bytes = vectorBytes(path);
    const echo = new EchoSource();
    const decoder = new SnapshotDecoder(echo);
    for (let at = 0; at < bytes.length; at += 61) decoder.push(bytes.subarray(at, at + 61));
    decoder.finish();
    const encoder = new SnapshotEncoder(echo, { isLastZxidWritten: false });
    const out = new JuteWriter();
    while (!encoder.step(out, 50));
    expect(out.bytes().toString("hex")).toBe(bytes.toString("hex"));
  });

  it.each([
    { digestEnabled: true, isLastZxidWritten: true, tail: 54 },
    { digestEnabled: true, isLastZxidWritten: false, tail: 33 },
    { digestEnabled: false, isLastZxidWritten: true, tail: 21 },
    { digestEnabled: false, isLastZxidWritten: false, tail: 0 },
  ])(
    "end with $tail bytes behind the first seal, and any reader takes them",
    ({ digestEnabled, isLastZxidWritten, tail }) => {
      const source = newDatabase({ digestEnabled }).snapshotSource();
      const encoder = new SnapshotEncoder(source, { isLastZxidWritten });
      const out = new JuteWriter();
      while (!encoder.step(out, 64));
      const nodesEnd = 0x1a8;
      expect(out.length - nodesEnd).toBe(tail);
      expect(readBack(out.bytes()).lastZxid).toBe(isLastZxidWritten ? 0 : undefined);
    },
  );
});
