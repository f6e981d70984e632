import { describe, expect, test } from "vitest";
import type { Membership } from "../../../../../src/core/quorum/membership.ts";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { Int64 } from "../../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { decodeTxn, encodeTxn } from "../../../../../src/protocol/txn.ts";
import { counterOf, makeZxid } from "../../../../../src/protocol/zxid.ts";
import { bytes, zk } from "../../../../support/core-client.ts";
import { membershipOf } from "../../../../support/peers/ensemble-defaults.ts";
import { endings, expectAgreement, hasNode, logOf, notices } from "../../../../support/peers/findings.ts";
import { createTxn, joinAs } from "../../../../support/peers/foreign-words.ts";
import { endSync, followImpostor, lead } from "../../../../support/peers/led-by-impostor.ts";
import { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { servingCluster, startServing, untilServing } from "../../../../support/peers/scenes.ts";
import { range } from "../../../../support/storage.ts";

const { ACK, COMMIT, DIFF, PROPOSAL, UPTODATE } = PacketType;

describe("quorum-protocol 8.3: the end of the counter", () => {
  test("F40: with a follower of Apache the leader steps down; the next epoch goes on in the same log", () => {
    const cluster = servingCluster(3, 0, { ensemble: { counterMax: 5 } });
    cluster.kill(1);
    const apache = joinAs(cluster.intrude(3), 1, 0).say(ACK, makeZxid(1, 0));
    expect(apache.types.at(-1)).toBe(UPTODATE);
    const client = cluster.connect(2);
    while (counterOf(cluster.peer(3).lastZxid) < 5) zk.create(client, `/n${cluster.peer(3).lastZxid}`);
    client.request(OpCode.create, zk.createBody("/no-zxid-left"));
    expect(endings(cluster, 3)).toContain("the zxids of epoch 1 are used up");
    expect(apache.isClosed).toBe(true);
    untilServing(cluster, 2, 3);
    expect(zk.create(cluster.connect(2), "/next")).toBe(0);
    for (const sid of [2, 3]) {
      expect(logOf(cluster, sid)).toEqual([
        ...range(makeZxid(1, 1), makeZxid(1, 5)),
        ...range(makeZxid(2, 1), makeZxid(2, 2)),
      ]);
      expect(hasNode(cluster, sid, "/no-zxid-left")).toBe(false);
    }
  });
});

describe("quorum-protocol 8.3: a server that cannot follow", () => {
  test("F52: acceptedEpoch is ahead of a working leader's: it disturbs nobody, and joins after the next election", () => {
    // With an observer of Apache among them nobody can go on to another epoch without an election.
    const cluster = servingCluster(3, 1);
    cluster.kill(1, 4);
    const apache = joinAs(cluster.intrude(3), 4, 0, PacketType.OBSERVERINFO).say(ACK, makeZxid(1, 0));
    expect(apache.types.at(-1)).toBe(UPTODATE);
    const client = cluster.connect(2);
    cluster.store(1).accepted = 7;
    cluster.start(1);
    for (let seconds = 0; seconds < 30; seconds++) {
      cluster.advance(1_000);
      apache.say(PacketType.PING, 0);
      client.request(OpCode.ping, undefined, -2);
    }
    expect(cluster.peer(1).isServing).toBe(false);
    expect(endings(cluster, 1)).toMatch(/leads epoch 1, but epoch 7 was accepted here/);
    expect(cluster.store(1)).toMatchObject({ accepted: 7, current: 1 });
    expect([cluster.leader(), cluster.peer(3).currentEpoch, apache.isClosed]).toEqual([3, 1, false]);
    client.flush();
    expect(zk.create(client, "/undisturbed")).toBe(0);
    cluster.kill(3);
    cluster.start(3);
    untilServing(cluster, 1, 2, 3);
    for (const sid of [1, 2, 3]) expect(cluster.store(sid)).toMatchObject({ accepted: 8, current: 8 });
    expect(hasNode(cluster, 1, "/undisturbed")).toBe(true);
    expectAgreement(cluster);
  });
});

describe("quorum-protocol 8.3: digests", () => {
  const node = (name: string) => `/d/${name}`;

  test.each([
    ["the leader has none", 3],
    ["a follower has none", 1],
  ])("F56: of three servers one goes without digests: %s", (_, without) => {
    // A tree that does not fit a digest would end the test.
    const cluster = new PeerCluster(membershipOf(3), {
      serverOf: (sid) => ({ digestEnabled: sid !== without }),
    });
    startServing(cluster, 1, 2, 3);
    expect(zk.create(cluster.connect(1), "/d")).toBe(0);
    const act = (round: string, ...sids: readonly number[]): void => {
      for (const sid of sids) {
        const client = cluster.connect(sid);
        expect(zk.create(client, node(`${round}${sid}`), { data: bytes("x") })).toBe(0);
        expect(zk.setData(client, node(`${round}${sid}`), bytes("yy"))).toBe(0);
      }
    };
    act("a", 1, 2, 3);
    for (const { bytes: txn } of cluster.store(2).log) {
      expect(decodeTxn(txn).digest === undefined).toBe(without === 3);
    }
    // Each comes back from its own log, and then by SNAP or DIFF from the other kind.
    for (const sid of [1, 2]) {
      cluster.kill(sid);
      act(`b${sid}`, 3 - sid, 3);
      cluster.start(sid);
      untilServing(cluster, 1, 2, 3);
    }
    cluster.kill(3);
    untilServing(cluster, 1, 2);
    expect(zk.create(cluster.connect(1), "/after")).toBe(0);
    startServing(cluster, 3);
    const [first, ...others] = [1, 2, 3].map((sid) => cluster.peer(sid).database);
    for (const { tree, lastProcessedZxid } of others) {
      expect(lastProcessedZxid).toBe(first!.lastProcessedZxid);
      const names = [tree, first!.tree].map((each) => [...each.childNames(each.lookup("/d"))].sort());
      expect(names[0]).toEqual(names[1]);
    }
  });

  test("F56: a digest that does not fit is counted, and the server goes on", () => {
    const { cluster, leaders } = followImpostor({ survivesMismatches: true });
    const leader = endSync(lead(leaders[0]!, 9).say(DIFF, 0), 9);
    const first = makeZxid(9, 1);
    const wrong = encodeTxn({
      ...decodeTxn(createTxn(first, "/a")),
      digest: { version: 2, treeDigest: new Int64(1, 2) },
    });
    leader.say(PROPOSAL, first, wrong).say(COMMIT, first);
    leader.say(PROPOSAL, first + 1, createTxn(first + 1, "/b")).say(COMMIT, first + 1);
    expect(cluster.digestMismatches).toEqual([{ sid: 1, zxid: first }]);
    expect(leader.isClosed).toBe(false);
    expect(cluster.peer(1).isServing).toBe(true);
    for (const path of ["/a", "/b"]) expect(hasNode(cluster, 1, path)).toBe(true);
  });
});

test("F60: the leader's clock jumps back: mtime goes back, the order of zxids and the end of sessions do not", () => {
  const cluster = servingCluster(3);
  const [client, idle] = [cluster.connect(1, 6_000), cluster.connect(2, 6_000)];
  expect(zk.create(idle, "/idle", { flags: 1 })).toBe(0);
  expect(zk.create(client, "/a")).toBe(0);
  const before = zk.stat(client, "/a");
  const endsAt = cluster.now.elapsedMs + 6_000;
  cluster.wallShiftMs = -3_600_000;
  expect(zk.setData(client, "/a", bytes("x"))).toBe(0);
  const after = zk.stat(client, "/a");
  expect(after.mtime).toBeLessThan(before.mtime - 3_000_000);
  expect(after.mzxid).toBe(before.mzxid + 1);
  while (hasNode(cluster, 3, "/idle")) {
    cluster.advance(500);
    client.request(OpCode.ping, undefined, -2);
  }
  // The follower tells with the next ping of its leader, and a bucket of expiry is a tick wide.
  expect(cluster.now.elapsedMs - endsAt).toBeGreaterThanOrEqual(0);
  expect(cluster.now.elapsedMs - endsAt).toBeLessThanOrEqual(3_500);
  expect(client.isClosed).toBe(false);
  const log = logOf(cluster, 1);
  expect(log).toEqual(range(makeZxid(1, 1), log.at(-1)!));
  expectAgreement(cluster);
});

describe("quorum-protocol 8.3: groups", () => {
  /** Three groups of three. */
  function grouped(): Membership {
    const groups = [1, 2, 3].map((id) => ({ id, members: range(id * 3 - 2, id * 3) }));
    return { ...membershipOf(9), hierarchy: { groups, weights: [] } };
  }

  test("F62: without one whole group of three it commits, without two it stops", () => {
    const cluster = new PeerCluster(grouped());
    cluster.start(...range(1, 9));
    untilServing(cluster, ...range(1, 9));
    cluster.kill(7, 8, 9);
    untilServing(cluster, ...range(1, 6));
    const client = cluster.connect(1);
    expect(zk.create(client, "/without-one")).toBe(0);
    // A majority of one group may go, too.
    cluster.kill(3);
    untilServing(cluster, 1, 2, 4, 5, 6);
    expect(zk.create(cluster.connect(1), "/without-one-and-one")).toBe(0);
    // Five of nine are left, more than half, but of one group only a third.
    cluster.start(7, 8);
    untilServing(cluster, 1, 2, 4, 5, 6, 7, 8);
    cluster.kill(1, 2, 7);
    const last = cluster.connect(4);
    last.request(OpCode.create, zk.createBody("/without-two"));
    cluster.advance(20_000);
    expect([4, 5, 6, 8].map((sid) => cluster.peer(sid).isServing)).toEqual([false, false, false, false]);
    for (const sid of [4, 5, 6, 8]) expect(hasNode(cluster, sid, "/without-two")).toBe(false);
    cluster.start(9);
    untilServing(cluster, 4, 5, 6, 8, 9);
    expect(notices(cluster, 4)).not.toMatch(/broke the protocol/);
  });
});
