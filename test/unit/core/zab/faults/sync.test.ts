import { describe, expect, test } from "vitest";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { makeZxid, type Zxid } from "../../../../../src/protocol/zxid.ts";
import { zk } from "../../../../support/core-client.ts";
import { membershipOf } from "../../../../support/peers/ensemble-defaults.ts";
import { endings, expectAgreement, hasNode, logOf, notices } from "../../../../support/peers/findings.ts";
import { createTxn, joinAs } from "../../../../support/peers/foreign-words.ts";
import { STREAM } from "../../../../support/peers/impostor.ts";
import { elect, endSync, followImpostor, lead } from "../../../../support/peers/led-by-impostor.ts";
import { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { servingCluster, startServing, untilServing } from "../../../../support/peers/scenes.ts";
import { range } from "../../../../support/storage.ts";

const { ACK, COMMIT, DIFF, LEADERINFO, NEWLEADER, PING, PROPOSAL, SNAP, TRUNC, UPTODATE } = PacketType;

function entryOf(zxid: number, path: string) {
  return { zxid: zxid as Zxid, bytes: createTxn(zxid, path) };
}

describe("quorum-protocol 8.3: what a sync must not leave behind", () => {
  test("F39: who was synced by DIFF and leads has no hole in what it gives to the next", () => {
    const cluster = servingCluster(5);
    const writer = cluster.connect(5);
    expect(zk.create(writer, "/a")).toBe(0);
    cluster.kill(1, 2);
    for (const path of ["/b", "/c", "/d"]) expect(zk.create(writer, path)).toBe(0);
    startServing(cluster, 1);
    expect(notices(cluster, 1)).toContain("sends DIFF");
    // Nobody but 1, 4 and 5 has the last one; of 1, 2 and 3 only 1 can lead.
    cluster.kill(3);
    expect(zk.create(writer, "/e")).toBe(0);
    cluster.kill(4, 5);
    cluster.start(2, 3);
    untilServing(cluster, 1, 2, 3);
    expect(cluster.leader()).toBe(1);
    const committed = [...cluster.peer(1).database.committed].map(({ zxid }) => zxid);
    expect(committed).toEqual(range(makeZxid(1, 1), makeZxid(1, 6)));
    for (const sid of [2, 3]) {
      expect(notices(cluster, sid)).toContain("leader 1 sends DIFF");
      expect(logOf(cluster, sid)).toEqual(committed);
    }
    expectAgreement(cluster);
  });

  test("F39: a hole in what the leader sends is refused, and nothing behind it is logged", () => {
    const { cluster, leaders } = followImpostor();
    const leader = lead(leaders[0]!, 9).say(DIFF, makeZxid(8, 3));
    for (const counter of [1, 3]) {
      const zxid = makeZxid(8, counter);
      leader.say(PROPOSAL, zxid, createTxn(zxid, `/n${counter}`)).say(COMMIT, zxid);
    }
    expect(leader.isClosed).toBe(true);
    expect(endings(cluster, 1)).toMatch(/does not follow .*something is missing/);
    expect(cluster.store(1)).toMatchObject({ log: [], current: 0 });
  });

  test("F55: a follower of Apache 3.8 acknowledges what came by DIFF late, when it is committed long since", () => {
    const cluster = servingCluster(4);
    const client = cluster.connect(4);
    cluster.kill(1);
    const before = cluster.peer(4).lastZxid;
    for (const path of ["/a", "/b", "/c"]) expect(zk.create(client, path)).toBe(0);
    const follower = joinAs(cluster.intrude(4), 1, before);
    const synced = range(before + 1, before + 3);
    expect(follower.types.slice(-8)).toEqual([DIFF, ...synced.flatMap(() => [PROPOSAL, COMMIT]), NEWLEADER]);
    // As seen of 3.8.0 (3.5): ACK 1:0, UPTODATE, ACK 1:0, and then one for each.
    const newLeader = makeZxid(1, 0);
    follower.say(ACK, newLeader).say(ACK, newLeader);
    expect(follower.types.at(-1)).toBe(UPTODATE);
    const sent = follower.received.length;
    for (const zxid of synced) follower.say(ACK, zxid);
    expect(follower.isClosed).toBe(false);
    expect(follower.received.length).toBe(sent);
    // It counts for what comes next: of 2 and 4 and it, all three are needed.
    cluster.kill(3);
    cluster.slowDisks.add(2);
    const other = cluster.open(4);
    other.connect();
    expect(other.timeoutMs).toBe(0);
    follower.say(ACK, before + 4);
    expect(other.frames).toHaveLength(0);
    cluster.persist(2);
    expect(other.frames).toHaveLength(1);
  });

  test("F61: a follower without a vote acknowledges everything at once, and nothing is committed by it", () => {
    const cluster = servingCluster(3, 0, { server: { reconfigEnabled: true } });
    const stranger = joinAs(cluster.intrude(3), 9, 0).say(ACK, makeZxid(1, 0));
    expect(stranger.types.at(-1)).toBe(UPTODATE);
    cluster.slowDisks.add(1).add(2);
    const client = cluster.open(3);
    client.connect();
    const zxid = makeZxid(1, 1);
    expect(stranger.received.at(-1)).toMatchObject({ type: PROPOSAL, zxid });
    stranger.say(ACK, zxid);
    cluster.advance(2_000);
    expect(client.frames).toHaveLength(0);
    expect(stranger.types).not.toContain(COMMIT);
    cluster.persist(1);
    expect(client.frames).toHaveLength(1);
    expect(stranger.received.at(-1)).toMatchObject({ type: COMMIT, zxid });
  });

  test("F64: what was logged behind a SNAP, and cut, is neither in the log nor in memory", () => {
    const { cluster, leaders } = followImpostor();
    const at = makeZxid(8, 7);
    const first = lead(leaders[0]!, 9).say(SNAP, at);
    cluster.step(1, { kind: "snapshotReceived", link: -1, database: cluster.databaseAt(at) });
    const uncommitted = makeZxid(9, 1);
    endSync(first, 9).say(PROPOSAL, uncommitted, createTxn(uncommitted, "/ghost"));
    expect(logOf(cluster, 1)).toEqual([uncommitted]);
    // The leader is lost; the next one never had the txn.
    first.say(COMMIT, uncommitted + 5);
    const second = elect(cluster, leaders, 2);
    lead(second, 10);
    expect(second.received.at(-1)).toMatchObject({ type: PacketType.ACKEPOCH, zxid: uncommitted });
    endSync(second.say(TRUNC, at), 10);
    expect(cluster.peer(1).isServing).toBe(true);
    expect(cluster.store(1)).toMatchObject({ log: [], current: 10, snapshot: { zxid: at } });
    expect(cluster.peer(1).lastZxid).toBe(at);
    expect(hasNode(cluster, 1, "/ghost")).toBe(false);
    cluster.kill(1);
    cluster.start(1);
    expect(hasNode(cluster, 1, "/ghost")).toBe(false);
  });

  test("F65: a log that jumps over the point of the cut loses everything above, and gets what it lacks", () => {
    const cluster = new PeerCluster(membershipOf(3));
    const history = range(makeZxid(1, 1), makeZxid(1, 8)).map((zxid) => entryOf(zxid, `/n${zxid}`));
    for (const sid of [1, 2])
      Object.assign(cluster.store(sid), { log: [...history], accepted: 2, current: 1 });
    const ghost = entryOf(makeZxid(2, 1), "/ghost");
    Object.assign(cluster.store(3), { log: [...history.slice(0, 5), ghost], accepted: 2, current: 2 });
    startServing(cluster, 1, 2);
    startServing(cluster, 3);
    expect(notices(cluster, 3)).toContain("sends TRUNC 0x100000008, here is 0x200000001");
    expect(hasNode(cluster, 3, "/ghost")).toBe(false);
    expect(logOf(cluster, 3)).not.toContain(ghost.zxid);
    for (const { zxid } of history) expect(hasNode(cluster, 3, `/n${zxid}`)).toBe(true);
    expectAgreement(cluster);
  });

  test("F66: a cut that a power failure undid is made again by the next sync", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(3);
    expect(zk.create(client, "/base")).toBe(0);
    cluster.cut(3, 1);
    cluster.cut(3, 2);
    client.request(OpCode.create, zk.createBody("/ghost"));
    const tail = [...cluster.store(3).log];
    expect(tail.at(-1)!.zxid).toBe(cluster.peer(2).lastZxid + 1);
    cluster.until(() => cluster.peer(3).state === "looking");
    untilServing(cluster, 1, 2);
    expect(zk.create(cluster.connect(2), "/kept")).toBe(0);
    for (let times = 0; times < 2; times++) {
      cluster.heal();
      untilServing(cluster, 3);
      expect(cluster.store(3).log.at(-1)!.zxid).toBe(cluster.peer(2).lastZxid);
      expectAgreement(cluster);
      cluster.kill(3);
      // The cut had not reached the disk: the tail is back, and the epoch that came behind it is not there.
      Object.assign(cluster.store(3), { log: [...tail], current: 1 });
      cluster.start(3);
    }
    expect(notices(cluster, 3).match(/sends TRUNC/g)).toHaveLength(2);
  });
});

describe("quorum-protocol 8.3, F68: packets that do not belong there", () => {
  test("F68: a type that nobody knows is ignored once the sync is over, and the link goes on", () => {
    const { cluster, leaders } = followImpostor();
    const leader = endSync(lead(leaders[0]!, 9).say(DIFF, 0), 9);
    const before = leader.received.length;
    leader.say(42, 0).say(77, makeZxid(9, 1), new Uint8Array(100));
    expect(leader.isClosed).toBe(false);
    expect(leader.received.length).toBe(before);
    expect(notices(cluster, 1)).toMatch(/packet of type 42: ignored/);
    const zxid = makeZxid(9, 1);
    leader.say(PROPOSAL, zxid, createTxn(zxid, "/a")).say(COMMIT, zxid);
    expect(hasNode(cluster, 1, "/a")).toBe(true);
  });

  test("F68: however long a snapshot takes, no PING comes in front of it or into it", () => {
    const cluster = servingCluster(3, 0, { ensemble: { forcesSnapshotSync: true } });
    cluster.kill(1);
    const client = cluster.connect(3);
    cluster.slowSnapshots.add(3);
    const learner = joinAs(cluster.intrude(3), 1, 0);
    expect(zk.create(client, "/meanwhile")).toBe(0);
    cluster.advance(9_000);
    // The stream is not at its end: whatever came now would be read as a part of it.
    expect(learner.types).toEqual([LEADERINFO, SNAP]);
    cluster.finishSnapshots(3);
    expect(learner.types.slice(0, 5)).toEqual([LEADERINFO, SNAP, STREAM, PROPOSAL, COMMIT]);
    expect(new Set(learner.types.slice(5, -1))).toEqual(new Set([PING]));
    expect(learner.types.at(-1)).toBe(NEWLEADER);
  });
});
