import fc from "fast-check";
import { expect, test } from "vitest";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { type MultiOp, readMultiResponse, writeMultiRequest } from "../../src/protocol/multi.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { ustring, vector } from "../../src/protocol/record.ts";
import { Stat } from "../../src/protocol/records/data.ts";
import {
  CreateResponse,
  DeleteRequest,
  GetDataRequest,
  SetDataRequest,
} from "../../src/protocol/records/proto.ts";
import { bytes, text, zk } from "../support/core-client.ts";
import { type Client, CoreHarness, OPEN_ACL, type Reply } from "../support/core-harness.ts";
import {
  applyClose,
  applyMulti,
  childrenOf,
  EMPTY_STATE,
  type ModelChange,
  type ModelOutcome,
  type ModelState,
  type ModelWrite,
} from "../support/sequential-model.ts";

/**
 * Random operations of several sessions, pipelined, with a log that becomes durable whenever it likes, against the plain
 * model. Each reply must be the model's, in its session's order; none may come before its txn is durable; a notification
 * must come before any reply that knows its change.
 */

const SESSIONS = 3;
const paths = fc.constantFrom("/a", "/b", "/a/x", "/a/y", "/a/x/1", "/b/z");
const version = fc.constantFrom(-1, -1, -1, 0, 1);
const data = fc.constantFrom("", "1", "two");

const write: fc.Arbitrary<ModelWrite> = fc.oneof(
  fc.record({
    kind: fc.constant("create" as const),
    path: paths,
    data,
    flags: fc.constantFrom(0, 0, 0, 1, 2, 3),
  }),
  fc.record({ kind: fc.constant("delete" as const), path: paths, version }),
  fc.record({ kind: fc.constant("setData" as const), path: paths, data, version }),
);
const part: fc.Arbitrary<ModelWrite> = fc.oneof(
  { weight: 3, arbitrary: write },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("check" as const), path: paths, version }) },
);

type Command =
  | { readonly kind: "write"; readonly session: number; readonly write: ModelWrite }
  | { readonly kind: "multi"; readonly session: number; readonly parts: readonly ModelWrite[] }
  | {
      readonly kind: "read";
      readonly session: number;
      readonly read: "getData" | "exists" | "getChildren" | "ping";
      readonly path: string;
      readonly watch: boolean;
    }
  | { readonly kind: "persist"; readonly count: number }
  | { readonly kind: "reconnect"; readonly session: number };

const session = fc.nat(SESSIONS - 1);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), session, write }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("multi" as const),
      session,
      parts: fc.array(part, { maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      session,
      read: fc.constantFrom("getData" as const, "exists" as const, "getChildren" as const, "ping" as const),
      path: paths,
      watch: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("persist" as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reconnect" as const), session }) },
);

/** What must come on a connection, in this order. */
type Expected =
  | {
      readonly kind: "write";
      readonly xid: number;
      readonly zxid: number;
      readonly write: ModelWrite;
      readonly outcome: ModelOutcome;
    }
  | {
      readonly kind: "multi";
      readonly xid: number;
      readonly zxid: number;
      readonly outcomes: readonly ModelOutcome[];
    }
  | {
      readonly kind: "read";
      readonly xid: number;
      readonly command: Extract<Command, { readonly kind: "read" }>;
      readonly afterZxid: number;
      readonly appliedAtArrival: number;
    };

class ModelSession {
  client: Client;
  readonly expected: Expected[] = [];
  /** Zxid of the session's newest write. */
  lastWriteZxid = 0;
  /** One-shot data watches that the connection has, by the model. */
  readonly watches = new Set<string>();
  readonly dueEvents: { zxid: number; path: string; type: number }[] = [];
  /** The zxid up to which the model has fired them. */
  fired = 0;
  lastReplyZxid = 0;
  xid = 100;

  constructor(client: Client) {
    this.client = client;
  }
}

class Comparison {
  readonly harness = new CoreHarness({ server: { tickTimeMs: 1_000_000 } });
  readonly states = new Map<number, ModelState>();
  readonly changes = new Map<number, readonly ModelChange[]>();
  readonly sessions: ModelSession[] = [];
  /** The newest zxid that was prepared, by the model's count. */
  prepared = 0;

  constructor() {
    for (let i = 0; i < SESSIONS; i++) this.sessions.push(new ModelSession(this.harness.connect(2_000_000)));
    this.prepared = this.harness.lastZxid;
    for (const each of this.sessions) each.fired = this.prepared;
    this.states.set(this.prepared, EMPTY_STATE);
    this.harness.autoPersist = false;
  }

  get state(): ModelState {
    return this.states.get(this.prepared)!;
  }

  run(command: Command): void {
    switch (command.kind) {
      case "write":
        this.#write(this.sessions[command.session]!, command.write);
        break;
      case "multi":
        this.#multi(this.sessions[command.session]!, command.parts);
        break;
      case "read":
        this.#read(this.sessions[command.session]!, command);
        break;
      case "persist":
        this.harness.persist(command.count);
        break;
      case "reconnect":
        this.#reconnect(this.sessions[command.session]!);
        break;
    }
    this.#check();
  }

  #write(session: ModelSession, write: ModelWrite): void {
    const zxid = this.prepared + 1;
    const { state, outcomes, changes } = applyMulti(this.state, [write], zxid, session.client.sessionId.key);
    this.#prepared(session, zxid, state, changes);
    const xid = session.xid++;
    session.expected.push({ kind: "write", xid, zxid, write, outcome: outcomes[0]! });
    const [type, body] = requestOf(write);
    session.client.request(type, body, xid);
  }

  #multi(session: ModelSession, parts: readonly ModelWrite[]): void {
    const zxid = this.prepared + 1;
    const { state, outcomes, changes } = applyMulti(this.state, parts, zxid, session.client.sessionId.key);
    this.#prepared(session, zxid, state, changes);
    const xid = session.xid++;
    session.expected.push({ kind: "multi", xid, zxid, outcomes });
    const writer = new JuteWriter();
    writeMultiRequest(writer, parts.map(multiOpOf));
    session.client.request(OpCode.multi, writer.take(0), xid);
  }

  #prepared(session: ModelSession, zxid: number, state: ModelState, changes: readonly ModelChange[]): void {
    this.prepared = zxid;
    this.states.set(zxid, state);
    this.changes.set(zxid, changes);
    session.lastWriteZxid = zxid;
  }

  #read(session: ModelSession, command: Extract<Command, { readonly kind: "read" }>): void {
    const xid = command.read === "ping" ? -2 : session.xid++;
    const expected = {
      kind: "read",
      xid,
      command,
      afterZxid: session.lastWriteZxid,
      appliedAtArrival: this.harness.lastZxid,
    } as const;
    session.expected.push(expected);
    if (command.read === "ping") {
      session.client.request(OpCode.ping, undefined, xid);
      return;
    }
    const type = { getData: OpCode.getData, exists: OpCode.exists, getChildren: OpCode.getChildren }[
      command.read
    ];
    const watch = command.watch && command.read !== "getChildren";
    session.client.request(type, GetDataRequest.encode({ path: command.path, watch }), xid);
  }

  #reconnect(session: ModelSession): void {
    const old = session.client;
    session.client = this.harness.open();
    session.client.connect(2_000_000, old.sessionId, old.password);
    expect(session.client.timeoutMs).toBe(2_000_000);
    expect(old.isClosed).toBe(true);
    // What was pending is answered to nobody; the watches are gone.
    session.expected.length = 0;
    session.watches.clear();
    session.dueEvents.length = 0;
  }

  /** Everything that has come must be what the model expects. */
  #check(): void {
    const durable = this.harness.durableZxid;
    for (const each of this.sessions) {
      for (const frame of each.client.frames.splice(0)) this.#frame(each, frame);
    }
    for (const each of this.sessions) {
      this.#fireWatches(each, durable);
      expect(each.dueEvents, "events that did not come").toEqual([]);
      const next = each.expected[0];
      if (next === undefined) continue;
      const needs = next.kind === "read" ? next.afterZxid : next.zxid;
      expect(needs, "a reply that should have come").toBeGreaterThan(durable);
    }
  }

  /** The model's watches of a session fire for every txn up to `zxid`. */
  #fireWatches(session: ModelSession, zxid: number): void {
    while (session.fired < zxid) {
      session.fired++;
      for (const change of this.changes.get(session.fired) ?? []) {
        if (!session.watches.delete(change.path)) continue;
        const type = { created: 1, deleted: 2, dataChanged: 3 }[change.type];
        session.dueEvents.push({ zxid: session.fired, path: change.path, type });
      }
    }
  }

  #frame(session: ModelSession, frame: Buffer): void {
    const { client } = session;
    client.frames.unshift(frame);
    if (frame.readInt32BE(0) === -1) {
      const event = client.event();
      expect(event.zxid, "an event behind a reply that knows its change").toBeGreaterThan(
        session.lastReplyZxid,
      );
      this.#fireWatches(session, event.zxid);
      expect(session.dueEvents.shift()).toEqual({ zxid: event.zxid, path: event.path, type: event.type });
      return;
    }
    const reply = client.reply();
    expect(reply.zxid, "a reply before its txn is durable").toBeLessThanOrEqual(this.harness.durableZxid);
    expect(reply.zxid, "zxids never fall").toBeGreaterThanOrEqual(session.lastReplyZxid);
    this.#fireWatches(session, reply.zxid);
    expect(session.dueEvents, "a reply before an event of its zxid").toEqual([]);
    session.lastReplyZxid = reply.zxid;
    this.#reply(session, reply);
  }

  #reply(session: ModelSession, reply: Reply): void {
    const expected = session.expected.shift()!;
    expect(reply.xid).toBe(expected.xid);
    switch (expected.kind) {
      case "write":
        expect(reply.zxid).toBe(expected.zxid);
        expect(reply.err, JSON.stringify(expected.write)).toBe(expected.outcome.err);
        if (expected.outcome.err === 0 && expected.write.kind === "create" && "path" in expected.outcome) {
          expect(CreateResponse.read(reply.body).path).toBe(expected.outcome.path);
        }
        break;
      case "multi": {
        expect([reply.zxid, reply.err]).toEqual([expected.zxid, 0]);
        const errs = readMultiResponse(reply.body).map((result) => ("err" in result ? result.err : 0));
        expect(errs).toEqual(expected.outcomes.map((outcome) => outcome.err));
        break;
      }
      case "read": {
        const zxid = Math.max(expected.afterZxid, expected.appliedAtArrival);
        expect(reply.zxid, "a read runs at its turn, not later").toBe(zxid);
        this.#readReply(session, expected.command, reply, this.states.get(zxid)!);
        break;
      }
    }
  }

  #readReply(
    session: ModelSession,
    command: Extract<Command, { readonly kind: "read" }>,
    reply: Reply,
    state: ModelState,
  ): void {
    if (command.read === "ping") {
      expect(reply.err).toBe(0);
      return;
    }
    const node = state.get(command.path);
    expect(reply.err).toBe(node === undefined ? -101 : 0);
    if (command.watch && (command.read === "exists" || (command.read === "getData" && node !== undefined))) {
      session.watches.add(command.path);
    }
    if (node === undefined) return;
    if (command.read === "getChildren") {
      const names = [...vector(ustring).read(reply.body)!].sort();
      expect(names).toEqual(childrenOf(state, command.path).sort());
      return;
    }
    if (command.read === "getData") expect(text(reply.body.readBuffer())).toBe(node.data);
    const stat = Stat.read(reply.body);
    const children = childrenOf(state, command.path).length;
    expect(stat).toMatchObject({
      czxid: node.czxid,
      mzxid: node.mzxid,
      pzxid: node.pzxid,
      version: node.version,
      cversion: 2 * node.counter - children,
      numChildren: children,
      dataLength: node.data.length,
    });
    expect(stat.ephemeralOwner.key).toBe(node.owner ?? "0");
  }

  /** Ends all sessions; then the tree must be the model's, and a replay of the log must give the same digest. */
  finish(): void {
    this.harness.persist();
    this.#check();
    for (const each of this.sessions) {
      const zxid = this.prepared + 1;
      const { state, changes } = applyClose(this.state, zxid, each.client.sessionId.key);
      this.#prepared(each, zxid, state, changes);
      each.watches.clear();
      each.client.request(OpCode.closeSession);
      this.harness.persist();
      for (const other of this.sessions) other.client.flush();
      expect(each.client.isClosed).toBe(true);
    }
    const { tree } = this.harness.machine.database;
    const names = (path: string): string[] => [...tree.childNames(tree.lookup(path))].sort();
    expect(names("/")).toEqual([...childrenOf(this.state, "/"), "zookeeper"].sort());
    for (const path of this.state.keys()) {
      if (path !== "/") expect(names(path), path).toEqual(childrenOf(this.state, path).sort());
    }
    expect(this.harness.digestMismatches).toEqual([]);
    expect(this.harness.machine.outstandingRequests).toBe(0);
    const again = this.harness.restart();
    expect(again.machine.database.tree.treeDigest().key).toBe(tree.treeDigest().key);
    expect(again.digestMismatches).toEqual([]);
  }
}

function requestOf(write: ModelWrite): [number, Uint8Array] {
  switch (write.kind) {
    case "create":
      return [OpCode.create, zk.createBody(write.path, { data: bytes(write.data), flags: write.flags })];
    case "delete":
      return [OpCode.delete, DeleteRequest.encode({ path: write.path, version: write.version })];
    case "setData": {
      const { path, version } = write;
      return [OpCode.setData, SetDataRequest.encode({ path, data: bytes(write.data), version })];
    }
    case "check":
      throw new Error("check stands in multis only");
  }
}

function multiOpOf(write: ModelWrite): MultiOp {
  const { path } = write;
  switch (write.kind) {
    case "create":
      return { type: OpCode.create, path, data: bytes(write.data), acl: OPEN_ACL, flags: write.flags };
    case "delete":
      return { type: OpCode.delete, path, version: write.version };
    case "setData":
      return { type: OpCode.setData, path, data: bytes(write.data), version: write.version };
    case "check":
      return { type: OpCode.check, path, version: write.version };
  }
}

test("pipelined operations of several sessions equal one write after the other", () => {
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 60 }), (commands) => {
      const comparison = new Comparison();
      for (const each of commands) comparison.run(each);
      comparison.finish();
    }),
    { numRuns: 400 },
  );
});
