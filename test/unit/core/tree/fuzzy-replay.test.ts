import { describe, expect, it } from "vitest";
import type { Database } from "../../../../src/core/tree/database.ts";
import { NO_CHANGE_SINK } from "../../../../src/core/tree/tree-types.ts";
import { JuteReader } from "../../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { encodeTxn, type LoggedTxn, type TxnBody } from "../../../../src/protocol/txn.ts";
import { ZXID_ZERO, type Zxid } from "../../../../src/protocol/zxid.ts";
import type { ZxidDigest } from "../../../../src/storage/snapshot/snapshot-port.ts";
import { readStream } from "../../../support/snapshot-stream.ts";
import {
  bytes,
  createBody,
  deleteBody,
  digestNow,
  dump,
  logged,
  newDatabase,
  session,
  sessionsOf,
  setDataBody,
} from "../../../support/tree.ts";

const OWNER = session(7);
const ephemeral = (path: string) => createBody(path, bytes("mine"), { ephemeral: true });

/** What is there before the snapshot begins: enough znodes for many slices. */
const BEFORE: readonly TxnBody[] = [
  { type: OpCode.createSession, timeOut: 4000 },
  ...["/a", "/a/x", "/m", "/m/gone", "/z"].map((path) => createBody(path)),
  ephemeral("/e1"),
  ephemeral("/a/e2"),
];

/** What happens while it is written. */
const MEANWHILE: readonly TxnBody[] = [
  createBody("/a/again", bytes("first")),
  deleteBody("/a/again"),
  createBody("/a/again", bytes("second, longer")),
  deleteBody("/a/x"),
  ephemeral("/z/late"),
  {
    type: OpCode.multi,
    txns: [createBody("/m/new"), setDataBody("/z", bytes("by the multi"), 1), deleteBody("/m/gone")],
  },
  { type: OpCode.closeSession, paths2Delete: ["/e1", "/a/e2", "/z/late"] },
  createBody("/a/x", bytes("back")),
  setDataBody("/a/again", bytes("third"), 1),
];

class Written {
  readonly database = newDatabase();
  readonly log: LoggedTxn[] = [];

  apply(raw: TxnBody): void {
    const body = this.#numbered(raw);
    const isOwned = body.type === OpCode.createSession || body.type === OpCode.closeSession;
    const isEphemeral = body.type === OpCode.create && body.ephemeral;
    const txn = logged(this.log.length + 1, body, isOwned || isEphemeral ? OWNER : undefined);
    this.database.applyTxn(txn, NO_CHANGE_SINK);
    this.log.push({ ...txn, digest: digestNow(this.database.tree) });
  }

  /** As a leader writes it: with the version that the parent has afterwards, or a replay could not be repeated. */
  #numbered(body: TxnBody): TxnBody {
    if (body.type === OpCode.multi) return { ...body, txns: body.txns.map((part) => this.#numbered(part)) };
    if (body.type !== OpCode.create || body.path === null) return body;
    const { tree } = this.database;
    const parent = tree.lookup(body.path.slice(0, Math.max(1, body.path.lastIndexOf("/"))));
    return { ...body, parentCVersion: tree.cversion(parent) + 1 };
  }
}

interface Snapshot {
  readonly zxid: Zxid;
  readonly stream: Uint8Array;
  readonly digest: ZxidDigest | undefined;
}

/** As a start reads it: snapshot, its digest, and the log behind it. */
function replayed(log: readonly LoggedTxn[], snapshot?: Snapshot) {
  const database = newDatabase();
  const from = snapshot?.zxid ?? ZXID_ZERO;
  if (snapshot !== undefined) {
    readStream(new JuteReader(snapshot.stream), database);
    database.digest(snapshot.digest!);
    database.snapshotLoaded(from);
  }
  for (const txn of log) if (txn.header.zxid > from) database.replay(encodeTxn(txn));
  expect(database.mismatches).toEqual([]);
  return stateOf(database);
}

function stateOf(database: Database) {
  const { tree } = database;
  return {
    znodes: dump(tree),
    sessions: sessionsOf(database),
    ephemerals: tree.ephemeralCount,
    digest: tree.treeDigest(),
  };
}

/** The snapshot's stream; `between` is called behind each slice. */
function walk(database: Database, between: (slice: number) => void): Snapshot & { readonly slices: number } {
  const source = database.snapshotSource();
  const out = new JuteWriter();
  let slices = 0;
  while (!source.writeNext(out, 1)) between(++slices);
  return { stream: out.take(0), zxid: source.zxid, digest: source.digest(), slices };
}

describe("F45: create, delete and create again, closeSession and a multi while a snapshot is written", () => {
  const begun = (): Written => {
    const written = new Written();
    for (const body of BEFORE) written.apply(body);
    return written;
  };
  const { slices } = walk(begun().database, () => {});
  expect(slices).toBeGreaterThan(8);
  const ways = Array.from({ length: slices }, (_, at) => at + 1);

  it.each(ways)("F45: all of it behind slice %i", (at) => {
    const written = begun();
    const snapshot = walk(written.database, (slice) => {
      if (slice === at) for (const body of MEANWHILE) written.apply(body);
    });
    const fromStart = replayed(written.log);
    expect(replayed(written.log, snapshot)).toEqual(fromStart);
    expect(stateOf(written.database)).toEqual(fromStart);
    expect(Object.keys(fromStart.znodes)).toContain("/a/again");
    expect([fromStart.sessions, fromStart.ephemerals]).toEqual([[], 0]);
  });

  it.each(ways)("F45: one of them behind each slice from %i on", (from) => {
    const written = begun();
    const left = [...MEANWHILE];
    const snapshot = walk(written.database, (slice) => {
      const body = slice < from ? undefined : left.shift();
      if (body !== undefined) written.apply(body);
    });
    for (const body of left) written.apply(body);
    const fromStart = replayed(written.log);
    expect(replayed(written.log, snapshot)).toEqual(fromStart);
    expect(stateOf(written.database)).toEqual(fromStart);
  });
});
