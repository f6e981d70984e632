import { describe, expect, test } from "vitest";
import { sessionPassword } from "../../../../../src/core/session/session-password.ts";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { ErrorCode } from "../../../../../src/protocol/error-code.ts";
import { Int64 } from "../../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import type { SessionId } from "../../../../../src/protocol/session-id.ts";
import { decodeTxn, encodeTxn, type TxnBody } from "../../../../../src/protocol/txn.ts";
import { makeZxid, type Zxid } from "../../../../../src/protocol/zxid.ts";
import { zk } from "../../../../support/core-client.ts";
import { type Client, connectPayload, OPEN_ACL } from "../../../../support/core-harness.ts";
import { expectAgreement, hasNode } from "../../../../support/peers/findings.ts";
import { endSync, followImpostor, lead } from "../../../../support/peers/led-by-impostor.ts";
import type { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { servingCluster, startServing, untilServing } from "../../../../support/peers/scenes.ts";

const TIMEOUT_MS = 6_000;
const EPHEMERAL = 1;
const CREATE = {
  type: OpCode.create,
  data: null,
  acl: OPEN_ACL,
  ephemeral: false,
  parentCVersion: 1,
} as const;

type Session = Pick<Client, "sessionId" | "password">;

/** Says hello for a session that was made elsewhere; the answer may be under way for a while. */
function reconnect(cluster: PeerCluster, sid: number, { sessionId, password }: Session): Client {
  const client = cluster.open(sid);
  client.send(connectPayload({ timeoutMs: TIMEOUT_MS, session: sessionId, password }));
  return client;
}

/** Of the handshake: 0 when the session is over; undefined while there is no answer. */
function timeoutIn(client: Client): number | undefined {
  return client.frames[0]?.readInt32BE(4);
}

function expectNothingOf(cluster: PeerCluster, session: SessionId, ...sids: readonly number[]): void {
  for (const sid of sids) {
    const { sessions, tree } = cluster.peer(sid).database;
    expect(sessions.has(session.key)).toBe(false);
    expect(tree.ephemeralCount).toBe(0);
  }
}

function txnsOf(cluster: PeerCluster, sid: number) {
  return cluster.store(sid).log.map(({ bytes }) => decodeTxn(bytes));
}

describe("quorum-protocol 8.3: sessions and servers that come and go", () => {
  describe("F41: a session expires at the leader while its client comes back at another follower", () => {
    /** A session with an ephemeral, its connection gone; it expires within the next two ticks. */
    function expiring(): { cluster: PeerCluster; client: Client } {
      const cluster = servingCluster(3);
      const client = cluster.connect(1, TIMEOUT_MS);
      expect(zk.create(client, "/e", { flags: EPHEMERAL })).toBe(0);
      cluster.drop(client);
      cluster.advance(TIMEOUT_MS - 1_000);
      return { cluster, client };
    }

    test("F41: the word of the follower comes too late: the session is over, and its ephemerals with it", () => {
      const { cluster, client } = expiring();
      cluster.hold(2, 3);
      const late = reconnect(cluster, 2, client);
      cluster.until(() => cluster.peer(3).database.sessions.size === 0);
      expect(timeoutIn(late)).toBeUndefined();
      cluster.release();
      expect(timeoutIn(late)).toBe(0);
      expectNothingOf(cluster, client.sessionId, 1, 2, 3);
      expectAgreement(cluster);
    });

    test("F41: it comes while the end is proposed: the session is over, when everybody can see it", () => {
      const { cluster, client } = expiring();
      cluster.slowDisks.add(1).add(2);
      cluster.until(() => txnsOf(cluster, 3).at(-1)!.header.type === OpCode.closeSession);
      expect(hasNode(cluster, 2, "/e")).toBe(true);
      const late = reconnect(cluster, 2, client);
      expect(timeoutIn(late)).toBeUndefined();
      cluster.persist(1);
      expect(timeoutIn(late)).toBe(0);
      expectNothingOf(cluster, client.sessionId, 1, 2, 3);
    });

    test("F41: it comes in time: the session lives on, although the answer takes longer than it had left", () => {
      const { cluster, client } = expiring();
      cluster.hold(3, 2);
      const moved = reconnect(cluster, 2, client);
      cluster.advance(4_000);
      expect(timeoutIn(moved)).toBeUndefined();
      cluster.release();
      expect(timeoutIn(moved)).toBe(TIMEOUT_MS);
      for (const sid of [1, 2, 3]) expect(hasNode(cluster, sid, "/e")).toBe(true);
      cluster.advance(30_000);
      expectNothingOf(cluster, client.sessionId, 1, 2, 3);
    });
  });

  test("F42: what a client asked of its old server before it moved comes first, what comes later is refused", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(1, TIMEOUT_MS);
    cluster.slowDisks.add(1).add(2);
    client.request(OpCode.create, zk.createBody("/early"));
    cluster.hold(1, 3);
    client.request(OpCode.create, zk.createBody("/late-1"));
    client.request(OpCode.create, zk.createBody("/late-2"));
    const moved = reconnect(cluster, 2, client);
    cluster.slowDisks.clear();
    cluster.persist(2);
    expect(timeoutIn(moved)).toBe(TIMEOUT_MS);
    moved.flush();
    moved.request(OpCode.create, zk.createBody("/new"), 100);
    cluster.release();
    cluster.persist(1);
    expect(client.isClosed).toBe(true);
    expect(moved.reply()).toMatchObject({ xid: 100, err: 0 });
    for (const sid of [1, 2, 3]) {
      const { tree } = cluster.peer(sid).database;
      const [early, later] = ["/early", "/new"].map((path) => tree.czxid(tree.lookup(path)));
      expect(early).toBeLessThan(later!);
      for (const path of ["/late-1", "/late-2"]) expect(hasNode(cluster, sid, path)).toBe(false);
    }
    const refused = txnsOf(cluster, 3).filter(({ body }) => body.type === OpCode.error);
    expect(refused.map(({ body }) => (body as { err: number }).err)).toEqual([
      ErrorCode.SESSIONMOVED,
      ErrorCode.SESSIONMOVED,
    ]);
    expectAgreement(cluster);
  });

  test.each([
    ["a follower", 2, 0],
    ["an observer", 4, 0],
    ["an observer that a follower feeds", 4, 2191],
  ])(
    "F42: a program that goes on with a session, and counts from 1 like the one before it, does not get that one's answers at %s",
    (_, sid, observerMasterPort) => {
      const cluster = servingCluster(3, 1, { ensemble: { observerMasterPort } });
      const before = cluster.connect(3, TIMEOUT_MS);
      cluster.slowDisks.add(1).add(2);
      before.request(OpCode.create, zk.createBody("/before"), 1);
      const after = reconnect(cluster, sid, before);
      const commit = (): void => {
        cluster.slowDisks.clear();
        for (const each of [1, 2]) cluster.persist(each);
      };
      const ask = (): void => {
        after.flush();
        cluster.hold(sid, ...[1, 2, 3].filter((other) => other !== sid));
        after.request(OpCode.create, zk.createBody("/after"), 1);
      };
      if (timeoutIn(after) === undefined) {
        commit();
        ask();
      } else {
        ask();
        commit();
      }
      expect(hasNode(cluster, sid, "/before")).toBe(true);
      expect(after.frames).toEqual([]);
      cluster.release();
      expect(after.reply()).toMatchObject({ xid: 1, err: 0 });
      expect(hasNode(cluster, sid, "/after")).toBe(true);
    },
  );

  test("F42: nor at a follower of an Apache, which answers at once", () => {
    const { cluster, leaders } = followImpostor();
    const leader = endSync(lead(leaders[0]!, 9).say(PacketType.DIFF, 0), 9);
    const sessionId = Int64.fromBigInt(77n);
    const propose = (zxid: Zxid, cxid: number, body: TxnBody): void => {
      const header = { clientId: sessionId, cxid, zxid, time: 1, type: body.type };
      leader.say(PacketType.PROPOSAL, zxid, encodeTxn({ header, body, digest: undefined }));
    };
    const [first, second, third] = [1, 2, 3].map((counter) => makeZxid(9, counter)) as [Zxid, Zxid, Zxid];
    propose(first, 0, { type: OpCode.createSession, timeOut: TIMEOUT_MS });
    leader.say(PacketType.COMMIT, first);
    propose(second, 1, { ...CREATE, path: "/before" });
    const after = reconnect(cluster, 1, { sessionId, password: sessionPassword(sessionId) });
    const { data } = leader.received.at(-1)!;
    leader.say(PacketType.REVALIDATE, -1, Uint8Array.from([...data!.subarray(0, 8), 1]));
    expect(timeoutIn(after)).toBe(TIMEOUT_MS);
    after.flush();
    after.request(OpCode.create, zk.createBody("/after"), 1);
    leader.say(PacketType.COMMIT, second);
    expect(hasNode(cluster, 1, "/before")).toBe(true);
    expect(after.frames).toEqual([]);
    propose(third, 1, { ...CREATE, path: "/after" });
    leader.say(PacketType.COMMIT, third);
    expect(after.reply()).toMatchObject({ xid: 1, zxid: third, err: 0 });
  });

  describe("F43: a closeSession beside creates of ephemerals of the same session", () => {
    test("F43: what was proposed before it is in its list, what comes behind it fails", () => {
      const cluster = servingCluster(3);
      const client = cluster.connect(1, TIMEOUT_MS);
      const other = cluster.connect(3);
      cluster.slowDisks.add(1).add(2);
      client.request(OpCode.create, zk.createBody("/before", { flags: EPHEMERAL }));
      client.request(OpCode.closeSession);
      client.request(OpCode.create, zk.createBody("/behind", { flags: EPHEMERAL }));
      cluster.slowDisks.clear();
      for (const sid of [1, 2]) cluster.persist(sid);
      const close = txnsOf(cluster, 3).find(({ body }) => body.type === OpCode.closeSession);
      expect(close?.body).toMatchObject({ paths2Delete: ["/before"] });
      expectNothingOf(cluster, client.sessionId, 1, 2, 3);
      expect(hasNode(cluster, 3, "/behind")).toBe(false);
      expect(zk.create(other, "/goes-on")).toBe(0);
    });

    test("F43: the leader closes the session while a create of it is under way from its follower: it fails", () => {
      const cluster = servingCluster(3);
      const client = cluster.connect(1, TIMEOUT_MS);
      cluster.hold(1, 3);
      client.request(OpCode.create, zk.createBody("/e", { flags: EPHEMERAL }));
      // The follower lives, but nothing of it arrives: its client's session ends (and not yet the link, which has five ticks).
      cluster.until(() => cluster.peer(2).database.sessions.size === 0, 9_000);
      cluster.release();
      const { body } = txnsOf(cluster, 3).at(-1)!;
      expect(body).toMatchObject({ type: OpCode.error, err: ErrorCode.SESSIONEXPIRED });
      expectNothingOf(cluster, client.sessionId, 1, 2, 3);
      expectAgreement(cluster);
    });
  });

  test.each([
    ["its proposal reached the other follower, its commit did not", false],
    ["nothing of it reached the other follower", true],
  ])("F44: the leader dies when one follower has heard of a session: %s", (_, isHeldFromStart) => {
    const cluster = servingCluster(3);
    if (isHeldFromStart) cluster.hold(3, 1);
    else cluster.slowDisks.add(1).add(2);
    const client = cluster.open(2);
    client.send(connectPayload({ timeoutMs: TIMEOUT_MS }));
    if (!isHeldFromStart) {
      cluster.hold(3, 1);
      cluster.slowDisks.clear();
      for (const sid of [1, 2]) cluster.persist(sid);
    }
    const session = timeoutIn(client);
    expect(session).toBe(TIMEOUT_MS);
    expect(cluster.peer(1).database.sessions.size).toBe(0);
    cluster.kill(3);
    untilServing(cluster, 1, 2);
    startServing(cluster, 3);
    for (const sid of [1, 2, 3]) expect(cluster.peer(sid).database.sessions.size).toBe(1);
    expectAgreement(cluster);
    const [frame] = client.frames;
    const password = Uint8Array.from(frame!.subarray(20, 36));
    const sessionId = cluster.peer(1).database.sessions.values().next().value!.id;
    const moved = reconnect(cluster, 1, { sessionId, password });
    expect(timeoutIn(moved)).toBe(TIMEOUT_MS);
  });

  test("a client that has been shown what came to nothing is let in again, and one that is ahead of its server is not", () => {
    const cluster = servingCluster(3);
    for (const sid of [1, 2, 3]) {
      expect([cluster.peer(sid).currentEpoch, cluster.peer(sid).lastZxid]).toEqual([1, 0]);
      const ahead = cluster.open(sid);
      ahead.send(connectPayload({ timeoutMs: TIMEOUT_MS, lastZxidSeen: makeZxid(1, 1) }));
      expect(ahead.isClosed).toBe(true);
      expect(ahead.frames).toEqual([]);
    }
    // A server without a quorum had logged it in the epoch before this one, and showed it to a client that takes such servers.
    const shown = cluster.open(2);
    shown.send(connectPayload({ timeoutMs: TIMEOUT_MS, lastZxidSeen: makeZxid(0, 5) }));
    expect(timeoutIn(shown)).toBe(TIMEOUT_MS);
  });
});
