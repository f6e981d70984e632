import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rng } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { Database } from "../../src/core/tree/database.ts";
import { ZERO_STAT } from "../../src/core/tree/system-znodes.ts";
import { NO_CHANGE_SINK } from "../../src/core/tree/tree-types.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { vector } from "../../src/protocol/record.ts";
import { ACL, StatPersisted } from "../../src/protocol/records/data.ts";
import { encodeTxn, type LoggedTxn, type TxnBody } from "../../src/protocol/txn.ts";
import { ZXID_ZERO, type Zxid } from "../../src/protocol/zxid.ts";
import { loadStream } from "../support/snapshot-stream.ts";
import {
  createBody,
  deleteBody,
  digestFromScratch,
  digestNow,
  dump,
  logged,
  newDatabase,
  session,
  sessionsOf,
  setAclBody,
  setDataBody,
  writeSnapshot,
} from "../support/tree.ts";

/**
 * A snapshot that is written in slices while clients go on writing, loaded and followed by the log, is the tree that
 * was there: every znode, every Stat, the sessions and the digest after every txn from the snapshot's own on.
 */

const NAMES = ["a", "b", "c", "d", "é"];
const ACLS: readonly (readonly ACL[])[] = Array.from({ length: 6 }, (_, i) => [
  { perms: 31, id: { scheme: "ip", id: `10.0.0.${i}` } },
]);
const QUOTA = "/zookeeper/quota/a";
/** A leader in little: makes txns that a leader would make of the present tree, applies them and keeps the log. */
class Leader {
  readonly database = newDatabase();
  readonly log: LoggedTxn[] = [];
  readonly #rng: Rng;
  #zxid = 0;

  constructor(seed: number) {
    this.#rng = createPrng(seed);
    for (let id = 1; id <= 3; id++)
      this.#commit({ type: OpCode.createSession, timeOut: 4000 + id }, session(id));
    this.#commit(this.#create(QUOTA, null, false));
    this.#commit(this.#create(`${QUOTA}/zookeeper_limits`, null, false));
    this.#commit(this.#create(`${QUOTA}/zookeeper_stats`, null, false));
  }

  step(): void {
    const body = this.#rng.below(12) === 0 ? this.#multi() : this.#one();
    if (body !== undefined) this.#commit(body, session(1 + this.#rng.below(3)));
  }

  #commit(body: TxnBody, owner: Int64 = session(1)): void {
    const txn = logged(++this.#zxid, body, owner);
    this.database.applyTxn(txn, NO_CHANGE_SINK);
    this.log.push({ ...txn, digest: digestNow(this.database.tree) });
  }

  #one(): TxnBody | undefined {
    const { tree } = this.database;
    const rng = this.#rng;
    const path = this.#path();
    const node = tree.lookup(path);
    const choice = rng.below(20);
    if (choice === 0) return this.#session();
    if (node < 0) {
      const parent = tree.lookup(path.slice(0, Math.max(1, path.lastIndexOf("/"))));
      if (parent < 0 || tree.ownerKind(parent) === "session") return undefined;
      return this.#create(path, rng.bytes(rng.below(30)), rng.below(3) === 0);
    }
    if (choice < 9) return tree.numChildren(node) === 0 ? deleteBody(path) : undefined;
    if (choice < 15)
      return setDataBody(path, rng.below(5) === 0 ? null : rng.bytes(rng.below(90)), tree.version(node) + 1);
    return setAclBody(path, ACLS[rng.below(ACLS.length)]!, tree.aversion(node) + 1);
  }

  #create(path: string, data: Uint8Array | null, ephemeral: boolean): TxnBody {
    const { tree } = this.database;
    const slash = path.lastIndexOf("/");
    const parent = tree.lookup(slash === 0 ? "/" : path.slice(0, slash));
    const acl = ACLS[this.#rng.below(ACLS.length)]!;
    const type = this.#rng.below(2) === 0 ? 1 : 15;
    return createBody(path, data, { acl, ephemeral, parentCVersion: tree.cversion(parent) + 1, type });
  }

  /** Parts that do not touch each other, so that each may be made of the tree as it is. */
  #multi(): TxnBody {
    const bodies = [this.#one(), this.#one()].filter(
      (body): body is TxnBody & { path: string } => body !== undefined && "path" in body,
    );
    const [first, second] = bodies;
    const isApart = second !== undefined && first!.path[1] !== second.path[1];
    const bothCreateInRoot = bodies.every(
      (body) => "parentCVersion" in body && body.path.lastIndexOf("/") === 0,
    );
    return { type: OpCode.multi, txns: isApart && !bothCreateInRoot ? bodies : bodies.slice(0, 1) };
  }

  #session(): TxnBody | undefined {
    const id = session(1 + this.#rng.below(3));
    if (!this.database.sessions.has(id.key)) {
      this.#commit({ type: OpCode.createSession, timeOut: 5000 }, id);
    } else {
      // With its list, always: without one (closeSessionTxn.enabled=false) replay cannot know which znodes went that the
      // snapshot does not show any more, nor that they passed to another session meanwhile. That is why it has a list.
      const paths2Delete = [...this.database.tree.ephemeralsOf(id)];
      this.#commit({ type: OpCode.closeSession, paths2Delete }, id);
    }
    return undefined;
  }

  #path(): string {
    let path = "";
    for (let depth = 1 + this.#rng.below(3); depth > 0; depth--)
      path += `/${NAMES[this.#rng.below(NAMES.length)]}`;
    return path;
  }
}

/** Paths of a stream, in order. */
function pathsIn(stream: Uint8Array): string[] {
  const reader = new JuteReader(stream);
  for (let left = reader.readInt(); left > 0; left--) [reader.readInt64(), reader.readInt()];
  for (let left = reader.readInt(); left > 0; left--) [reader.readLong(), vector(ACL).read(reader)];
  const paths: string[] = [];
  for (let path = reader.readString()!; path !== "/"; path = reader.readString()!) {
    paths.push(path);
    [reader.readBuffer(), reader.readLong(), StatPersisted.read(reader)];
  }
  return paths;
}

function expectSame(recovered: Database, live: Database): void {
  expect(dump(recovered.tree)).toEqual(dump(live.tree));
  expect(sessionsOf(recovered)).toEqual(sessionsOf(live));
  expect(recovered.tree.treeDigest()).toEqual(live.tree.treeDigest());
  expect(recovered.tree.treeDigest()).toEqual(digestFromScratch(recovered.tree));
  expect(recovered.tree.approximateDataBytes).toBe(live.tree.approximateDataBytes);
  expect(recovered.tree.ephemeralCount).toBe(live.tree.ephemeralCount);
}

describe("a snapshot in slices while the tree changes", () => {
  it("and the log after it give the same tree", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 60 }),
        (seed, before, sliceBytes, stepsPerSlice, after) => {
          const leader = new Leader(seed);
          for (let i = 0; i < before; i++) leader.step();
          const source = leader.database.snapshotSource();
          const writer = new JuteWriter();
          while (!source.writeNext(writer, sliceBytes)) {
            for (let i = 0; i < stepsPerSlice; i++) leader.step();
          }
          const digest = source.digest()!;
          for (let i = 0; i < after; i++) leader.step();

          const stream = writer.take(0);
          const paths = pathsIn(stream);
          expect(new Set(paths).size).toBe(paths.length);
          const recovered = newDatabase();
          recovered.digest(digest);
          loadStream(stream, recovered, source.zxid);
          for (const txn of leader.log) if (txn.header.zxid > source.zxid) recovered.replay(encodeTxn(txn));
          expect(recovered.mismatches).toEqual([]);
          expect(recovered.tree.digests.fuzzyUntil).toBeUndefined();
          expectSame(recovered, leader.database);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("and several of them at once do not disturb each other", () => {
    const leader = new Leader(7);
    for (let i = 0; i < 200; i++) leader.step();
    const walks = [1, 33, 500].map((bytes) => ({
      bytes,
      source: leader.database.snapshotSource(),
      writer: new JuteWriter(),
      isDone: false,
    }));
    while (walks.some(({ isDone }) => !isDone)) {
      for (const walk of walks) walk.isDone ||= walk.source.writeNext(walk.writer, walk.bytes);
      leader.step();
    }
    for (const { source, writer } of walks) {
      const recovered = newDatabase();
      loadStream(writer.take(0), recovered, source.zxid);
      for (const txn of leader.log) if (txn.header.zxid > source.zxid) recovered.replay(encodeTxn(txn));
      expectSame(recovered, leader.database);
    }
  });
});

describe("replaying again what is in the tree already", () => {
  it("changes nothing, from wherever one begins", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, steps, part) => {
          const leader = new Leader(seed);
          for (let i = 0; i < steps; i++) leader.step();
          const before = dump(leader.database.tree);
          const digest = leader.database.tree.treeDigest();
          for (const txn of leader.log.slice(Math.floor(leader.log.length * part))) {
            leader.database.tree.apply(txn.header, txn.body, NO_CHANGE_SINK);
          }
          expect(dump(leader.database.tree)).toEqual(before);
          expect(leader.database.tree.treeDigest()).toEqual(digest);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("any znodes", () => {
  const int32 = fc.integer();
  const time = fc.maxSafeInteger();
  const zxid = fc.oneof(
    fc.constantFrom(-1, -(2 ** 63), 0, 2 ** 53 - 1),
    fc.integer({ min: 0, max: 2 ** 53 - 1 }),
  ) as fc.Arbitrary<Zxid>;
  const owner = fc.oneof(
    fc.constant(Int64.ZERO),
    fc.tuple(fc.integer({ min: 0 }), int32).map(([hi, lo]) => new Int64(hi, lo)),
    fc.constant(new Int64(-0x8000_0000, 0)),
    int32.map((lo) => new Int64(0xff00_00ff | 0, lo)),
  );
  const stat = fc.record({
    czxid: zxid,
    mzxid: zxid,
    ctime: time,
    mtime: time,
    version: int32,
    cversion: int32,
    aversion: int32,
    ephemeralOwner: owner,
    pzxid: zxid,
  });
  const znode = fc.record({
    name: fc.string({
      unit: fc.integer({ min: 0x30, max: 0xd7ff }).map((unit) => String.fromCharCode(unit)),
      maxLength: 30,
    }),
    data: fc.option(fc.uint8Array({ maxLength: 300 })),
    aclId: fc.constantFrom(-1, 3, 4, 9),
    stat,
  });

  it("are written as they were read, bit by bit, whatever their numbers are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(znode, { selector: ({ name }) => name, maxLength: 12 }), (znodes) => {
        const database = newDatabase();
        for (const id of [3, 4]) database.acl(id, ACLS[id]!);
        database.node("", null, 3, ZERO_STAT);
        database.node("/d", null, 4, ZERO_STAT);
        for (const { name, data, aclId, stat: numbers } of znodes)
          database.node(`/d/${name}`, data, aclId, numbers);
        database.snapshotLoaded(ZXID_ZERO);
        const { tree } = database;
        for (const { name, data, aclId, stat: numbers } of znodes) {
          const node = tree.lookup(`/d/${name}`);
          expect({ ...tree.statPersisted(node), ephemeralOwner: null }).toEqual({
            ...numbers,
            ephemeralOwner: null,
          });
          expect(tree.ephemeralOwner(node).equals(numbers.ephemeralOwner)).toBe(true);
          expect(tree.aclId(node)).toBe(aclId);
          expect(tree.data(node)).toEqual(data);
        }
        expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
        const { stream } = writeSnapshot(database);
        const again = newDatabase();
        loadStream(stream, again);
        expect(writeSnapshot(again).stream.equals(stream)).toBe(true);
        expect(again.tree.treeDigest()).toEqual(tree.treeDigest());
      }),
      { numRuns: 200 },
    );
  });
});
