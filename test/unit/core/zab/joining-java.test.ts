import { describe, expect, test } from "vitest";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { JuteReader } from "../../../../src/protocol/jute-reader.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { decodeTxn, encodeTxn } from "../../../../src/protocol/txn.ts";
import { makeZxid, type Zxid } from "../../../../src/protocol/zxid.ts";
import { zk } from "../../../support/core-client.ts";
import { connectPayload } from "../../../support/core-harness.ts";
import { endings, hasNode, logOf } from "../../../support/peers/findings.ts";
import { createTxn, int, joinAs, learnerInfo } from "../../../support/peers/foreign-words.ts";
import { elect, endSync, followImpostor, lead } from "../../../support/peers/led-by-impostor.ts";
import { servingCluster } from "../../../support/peers/scenes.ts";
import { range } from "../../../support/storage.ts";

const {
  ACK,
  ACKEPOCH,
  COMMIT,
  DIFF,
  FOLLOWERINFO,
  LEADERINFO,
  NEWLEADER,
  PING,
  PROPOSAL,
  REQUEST,
  SNAP,
  TRUNC,
  UPTODATE,
} = PacketType;

/** quorum-protocol 9: what servers of Java count on. */

describe("among servers of Java", () => {
  test("C4: a serving peer reports the new epoch, with zxid and round of its election", () => {
    const cluster = servingCluster(3);
    expect(zk.create(cluster.connect(3), "/later")).toBe(0);
    for (const sid of [1, 2, 3]) {
      const { vote } = cluster.peer(sid);
      expect(vote).toMatchObject({ leader: 3, zxid: 0, electionEpoch: 1, peerEpoch: 1 });
    }
    expect(cluster.peer(3).lastZxid).toBeGreaterThan(0);
  });

  test("C5: a follower acknowledges UPTODATE like NEWLEADER, echoes pings with its sessions, and each txn once, in order", () => {
    const { cluster, leaders } = followImpostor();
    const leader = lead(leaders[0]!, 9).say(DIFF, 0).say(NEWLEADER, makeZxid(9, 0));
    const acks = () => leader.received.filter(({ type }) => type === ACK).map(({ zxid }) => zxid);
    expect(acks()).toEqual([makeZxid(9, 0)]);
    leader.say(UPTODATE, -1);
    expect(acks()).toEqual([makeZxid(9, 0), makeZxid(9, 0)]);
    // A client's session: made by the leader, touched by what the client says.
    const client = cluster.open(1);
    client.send(connectPayload({ timeoutMs: 6_000 }));
    const request = leader.received.at(-1)!;
    expect(request.type).toBe(REQUEST);
    const session = new JuteReader(request.data!).readInt64();
    const first = makeZxid(9, 1);
    leader.say(PROPOSAL, first, sessionTxn(first, session)).say(COMMIT, first);
    expect(client.frames.shift()!.readInt32BE(4)).toBe(6_000);
    leader.say(PING, first);
    const echo = leader.received.at(-1)!;
    expect(echo).toMatchObject({ type: PING, zxid: first });
    const table = new JuteReader(echo.data!);
    expect([table.readInt64().key, table.readInt(), table.remaining]).toEqual([session.key, 6_000, 0]);
    // Nobody has said anything since.
    leader.say(PING, first);
    expect(leader.received.at(-1)!.data).toHaveLength(0);
    for (const zxid of range(first + 1, first + 3)) leader.say(PROPOSAL, zxid, createTxn(zxid, `/n${zxid}`));
    expect(acks().slice(2)).toEqual(range(first, first + 3));
  });

  test("C5: no ACK of a txn before the disk has it", () => {
    const { cluster, leaders } = followImpostor();
    const leader = endSync(lead(leaders[0]!, 9).say(DIFF, 0), 9);
    const before = leader.received.length;
    cluster.slowDisks.add(1);
    const zxid = makeZxid(9, 1);
    leader.say(PROPOSAL, zxid, createTxn(zxid, "/a"));
    expect(leader.received.length).toBe(before);
    cluster.persist(1);
    expect(leader.received.at(-1)).toMatchObject({ type: ACK, zxid });
  });

  test("C6: a leader takes LearnerInfo of 12 bytes, pings each half tick, and takes ACKs that say nothing new", () => {
    const cluster = servingCluster(4);
    cluster.kill(1);
    const info = learnerInfo(1).subarray(0, 12);
    const follower = cluster.intrude(4).say(FOLLOWERINFO, 0, info).say(ACKEPOCH, 0, int(0));
    expect(follower.types.slice(0, 3)).toEqual([LEADERINFO, DIFF, NEWLEADER]);
    follower.say(ACK, makeZxid(1, 0)).say(ACK, makeZxid(1, 0));
    expect(zk.create(cluster.connect(4), "/a")).toBe(0);
    const { lastZxid } = cluster.peer(4);
    for (const zxid of [makeZxid(1, 0), lastZxid, lastZxid - 1]) follower.say(ACK, zxid);
    expect(follower.isClosed).toBe(false);
    const before = follower.types.filter((type) => type === PING).length;
    for (let halfTicks = 0; halfTicks < 6; halfTicks++) {
      cluster.advance(1_000);
      follower.say(PING, 0);
    }
    expect(follower.types.filter((type) => type === PING).length - before).toBe(6);
  });

  test("C7: what a follower is sent: every COMMIT is of its oldest pending PROPOSAL on that connection", () => {
    const cluster = servingCluster(4);
    cluster.kill(1);
    const client = cluster.connect(4);
    const follower = joinAs(cluster.intrude(4), 1, 0);
    cluster.slowDisks.add(2).add(3);
    for (const path of ["/a", "/b"]) client.request(OpCode.create, zk.createBody(path));
    follower.say(ACK, makeZxid(1, 0));
    cluster.slowDisks.clear();
    for (const sid of [2, 3]) cluster.persist(sid);
    for (const path of ["/c", "/d"]) client.request(OpCode.create, zk.createBody(path));
    const pending: number[] = [];
    let commits = 0;
    for (const { type, zxid } of follower.received) {
      if (type === PROPOSAL) pending.push(zxid);
      if (type !== COMMIT) continue;
      commits++;
      expect(zxid).toBe(pending.shift());
    }
    expect([commits, pending]).toEqual([5, []]);
  });

  test("C9, C10: each write has one zxid, refused ones too, and the leader's time; the first of an epoch is number 1", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(1);
    expect(zk.create(client, "/a")).toBe(0);
    expect(zk.create(client, "/a")).toBe(-110);
    expect(zk.delete(client, "/nobody")).toBe(-101);
    expect(zk.create(client, "/b")).toBe(0);
    const log = cluster.store(2).log.map(({ bytes }) => decodeTxn(bytes));
    expect(log.map(({ header }) => header.zxid)).toEqual(range(makeZxid(1, 1), makeZxid(1, 5)));
    expect(log.map(({ body }) => body.type)).toEqual([
      OpCode.createSession,
      OpCode.create,
      OpCode.error,
      OpCode.error,
      OpCode.create,
    ]);
    for (const { header } of log) expect(header.time).toBe(cluster.now.wallMs);
    const times = [1, 2, 3].map((sid) => {
      const { tree } = cluster.peer(sid).database;
      return tree.stat(tree.lookup("/b")).ctime;
    });
    expect(new Set(times)).toEqual(new Set([cluster.now.wallMs]));
  });

  test("C11: a session's id has the number of the server where its client connected in its top byte", () => {
    const cluster = servingCluster(3, 1);
    for (const sid of [1, 2, 3, 4]) expect(cluster.connect(sid).sessionId.hi >>> 24).toBe(sid);
  });

  test("C13: a follower logs the bytes of the PROPOSAL as they came, and gives them out again", () => {
    const { cluster, leaders } = followImpostor();
    const leader = endSync(lead(leaders[0]!, 9).say(DIFF, 0), 9);
    const zxid = makeZxid(9, 1);
    // With a tail that nobody knows yet: what comes behind the body and is no digest of ours.
    const bytes = encodeTxn({
      ...decodeTxn(createTxn(zxid, "/a")),
      digest: { version: 99, treeDigest: new Int64(1, 2) },
    });
    leader.say(PROPOSAL, zxid, bytes).say(COMMIT, zxid);
    expect(Buffer.from(cluster.store(1).log[0]!.bytes).equals(bytes)).toBe(true);
    expect(hasNode(cluster, 1, "/a")).toBe(true);
  });
});

function sessionTxn(zxid: Zxid, session: Int64): Uint8Array {
  return encodeTxn({
    header: { clientId: session, cxid: 0, zxid, time: 1, type: OpCode.createSession },
    body: { type: OpCode.createSession, timeOut: 6_000 },
    digest: undefined,
  });
}

describe("quorum-protocol 9.1, with a follower of ours in the place of the one of Java", () => {
  test("9.1: LEADERINFO, DIFF, NEWLEADER, UPTODATE, a txn, a session, and a type that nobody knows", () => {
    const { cluster, leaders } = followImpostor();
    const [leader] = leaders;
    lead(leader!, 7);
    expect(leader!.received.at(-1)).toMatchObject({ type: ACKEPOCH, zxid: 0 });
    expect(cluster.store(1)).toMatchObject({ accepted: 7, current: 0 });
    endSync(leader!.say(DIFF, 0), 7);
    expect(leader!.received.slice(-2)).toMatchObject([
      { type: ACK, zxid: makeZxid(7, 0) },
      { type: ACK, zxid: makeZxid(7, 0) },
    ]);
    expect(cluster.store(1)).toMatchObject({ accepted: 7, current: 7 });
    const zxid = makeZxid(7, 1);
    leader!.say(PROPOSAL, zxid, createTxn(zxid, "/a"));
    expect(leader!.received.at(-1)).toMatchObject({ type: ACK, zxid });
    expect(hasNode(cluster, 1, "/a")).toBe(false);
    leader!.say(COMMIT, zxid).say(42, 0);
    expect(hasNode(cluster, 1, "/a")).toBe(true);
    expect(leader!.isClosed).toBe(false);
    expect(cluster.peer(1).isServing).toBe(true);
  });

  test("9.1: where the one of Java ends its process, or goes on with a hole, ours closes the link and looks again", () => {
    const cases: [string, (leader: ReturnType<typeof lead>) => void][] = [
      ["a PING as first sync packet (exit 13)", (it) => it.say(PING, 0)],
      [
        "COMMIT of the second pending proposal (exit 12)",
        (it) => twoProposed(it).say(COMMIT, makeZxid(7, 2)),
      ],
      [
        "COMMIT with nothing pending (a warning)",
        (it) => endSync(it.say(DIFF, 0), 7).say(COMMIT, makeZxid(7, 1)),
      ],
      [
        "a first proposal with counter 2 (taken)",
        (it) => endSync(it.say(DIFF, 0), 7).say(PROPOSAL, makeZxid(7, 2), createTxn(makeZxid(7, 2), "/a")),
      ],
    ];
    for (const [what, act] of cases) {
      const { cluster, leaders } = followImpostor();
      const leader = lead(leaders[0]!, 7);
      act(leader);
      expect(leader.isClosed, what).toBe(true);
      expect(endings(cluster, 1), what).toContain("broke the protocol");
      expect(cluster.store(1).accepted).toBe(7);
      elect(cluster, leaders, 2);
      expect(lead(leaders.at(-1)!, 8).received.map(({ type }) => type)).toEqual([FOLLOWERINFO, ACKEPOCH]);
    }
  });

  test("9.1: TRUNC to a zxid reached by SNAP: the record behind it goes (that of Java kept it)", () => {
    const { cluster, leaders } = followImpostor();
    const at = makeZxid(6, 9);
    const first = lead(leaders[0]!, 7).say(SNAP, at);
    cluster.step(1, { kind: "snapshotReceived", link: -1, database: cluster.databaseAt(at) });
    const zxid = makeZxid(7, 1);
    endSync(first, 7).say(PROPOSAL, zxid, createTxn(zxid, "/a"));
    first.say(COMMIT, zxid + 7);
    endSync(lead(elect(cluster, leaders, 2), 8).say(TRUNC, at), 8);
    expect(logOf(cluster, 1)).toEqual([]);
    expect(cluster.peer(1).lastZxid).toBe(at);
  });
});

function twoProposed(leader: ReturnType<typeof lead>): ReturnType<typeof lead> {
  endSync(leader.say(DIFF, 0), 7);
  for (const zxid of [makeZxid(7, 1), makeZxid(7, 2)])
    leader.say(PROPOSAL, zxid, createTxn(zxid, `/n${zxid}`));
  return leader;
}
