import { describe, expect, test } from "vitest";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { CreateRequest } from "../../../../src/protocol/records/proto.ts";
import { makeZxid } from "../../../../src/protocol/zxid.ts";
import { zk } from "../../../support/core-client.ts";
import { OPEN_ACL } from "../../../support/core-harness.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { endings, notices } from "../../../support/peers/findings.ts";
import { APACHE, errorTxn, int, learnerInfo, OURS } from "../../../support/peers/foreign-words.ts";
import type { Impostor } from "../../../support/peers/impostor.ts";
import { elect, endSync, followImpostor, lead } from "../../../support/peers/led-by-impostor.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { startServing, untilServing } from "../../../support/peers/scenes.ts";

const EPOCH = 0x1_0000_0000;

/** Servers 1, 2 and 3 of four; the fourth is the impostor's. */
function started(): PeerCluster {
  const cluster = new PeerCluster(membershipOf(4));
  startServing(cluster, 1, 2, 3);
  return cluster;
}

describe("a learner that is no learner: its link is closed with one line that says why, and nothing else happens", () => {
  const cases: [string, (impostor: Impostor) => void, RegExp][] = [
    ["another first packet", (it) => it.say(PacketType.ACK, 0), /first packet has type 3/],
    [
      "a LearnerInfo of a wrong length",
      (it) => it.say(PacketType.FOLLOWERINFO, 0, new Uint8Array(5)),
      /8, 12 or 20 bytes/,
    ],
    ["no server id", (it) => it.say(PacketType.FOLLOWERINFO, 0, null), /no server id/],
    [
      "a protocol before Zab 1.0",
      (it) => it.say(PacketType.FOLLOWERINFO, 0, learnerInfo(4).subarray(0, 8)),
      /before Zab 1.0/,
    ],
    [
      "the leader's own id",
      (it) => it.say(PacketType.FOLLOWERINFO, 0, learnerInfo(3)),
      /two servers have the same myid/,
    ],
    [
      "an id that is not in the configuration",
      (it) => it.say(PacketType.FOLLOWERINFO, 0, learnerInfo(9)),
      /server 9 is not in the configuration/,
    ],
    [
      "a configuration from the future",
      (it) => it.say(PacketType.FOLLOWERINFO, 0, learnerInfo(4, APACHE, 99)),
      /ahead of ours/,
    ],
    [
      "an epoch out of range",
      (it) => it.say(PacketType.FOLLOWERINFO, makeZxid(0x1f_ffff, 0), learnerInfo(4)),
      /out of range/,
    ],
    [
      "an epoch so far ahead that few would be left",
      (it) => it.say(PacketType.FOLLOWERINFO, makeZxid(65_538, 0), learnerInfo(4)),
      /accepted epoch 65538, more than 65536 above 1, .* move its version-2 aside/,
    ],
    [
      "something else than ACKEPOCH",
      (it) => it.say(PacketType.FOLLOWERINFO, 0, learnerInfo(4)).say(PacketType.ACK, 0),
      /where ACKEPOCH must come/,
    ],
    ["an ACK of what was never proposed", (it) => join(it).say(PacketType.ACK, EPOCH + 77), /never proposed/],
    [
      "a REQUEST that is none",
      (it) => join(it).say(PacketType.ACK, EPOCH).say(PacketType.REQUEST, -1, new Uint8Array(3)),
      /needs/,
    ],
    [
      "a packet of a type that no learner sends",
      (it) => join(it).say(PacketType.ACK, EPOCH).say(PacketType.NEWLEADER, EPOCH),
      /packet of type 10, which no learner sends/,
    ],
    [
      "a REQUEST without data",
      (it) => join(it).say(PacketType.ACK, EPOCH).say(PacketType.REQUEST, -1),
      /without the data/,
    ],
    [
      "the id of a server that is connected and answers",
      (it) => it.say(PacketType.FOLLOWERINFO, 0, learnerInfo(2)),
      /server 2 is connected from .*, and answers: two servers have the same myid/,
    ],
    [
      "a REQUEST of a type that no learner forwards",
      (it) => join(it).say(PacketType.ACK, EPOCH).say(PacketType.REQUEST, -1, request(OpCode.getData)),
      /no learner forwards/,
    ],
  ];
  for (const [name, act, why] of cases) {
    test(name, () => {
      const cluster = started();
      const impostor = cluster.intrude(3);
      act(impostor);
      expect(impostor.isClosed).toBe(true);
      expect(notices(cluster, 3)).toMatch(why);
      expect(cluster.leader()).toBe(3);
      expect(zk.create(cluster.connect(3), "/fine")).toBe(0);
      expect(cluster.peer(3).database.tree.lookup("/fine")).toBeGreaterThan(0);
    });
  }
});

test("a second server of one id does not push the first one out, until that one is silent for a tick", () => {
  const cluster = started();
  for (let tries = 0; tries < 5; tries++) {
    expect(cluster.intrude(3).say(PacketType.FOLLOWERINFO, 0, learnerInfo(2)).isClosed).toBe(true);
    cluster.advance(500);
    expect(cluster.peer(2).isServing).toBe(true);
  }
  const isTaken: boolean[] = [];
  cluster.stall(2, 3500, () => {
    const { isClosed } = cluster.intrude(3).say(PacketType.FOLLOWERINFO, 0, learnerInfo(2));
    isTaken.push(!isClosed);
  });
  // A tick after it has answered for the last time.
  expect(isTaken.indexOf(true)).toBeGreaterThanOrEqual(2);
  expect(notices(cluster, 3)).toContain("server 2 has connected anew");
});

test("strangers are limited where new members may come by reconfig, and keep no member out", () => {
  const cluster = new PeerCluster(membershipOf(4), { server: { reconfigEnabled: true } });
  startServing(cluster, 1, 2, 3);
  const strangers = Array.from({ length: 65 }, (_, at) =>
    cluster.intrude(3).say(PacketType.OBSERVERINFO, 0, learnerInfo(100 + at)),
  );
  expect(strangers.map(({ isClosed }) => isClosed).lastIndexOf(false)).toBe(63);
  expect(notices(cluster, 3)).toMatch(/server 164 is not in the configuration, and neither are 64 others/);
  expect(cluster.intrude(3).say(PacketType.FOLLOWERINFO, 0, learnerInfo(4)).isClosed).toBe(false);
});

test("whoever is no member does not make the leader use epochs up, whether it leads already or not", () => {
  const cluster = new PeerCluster(membershipOf(3), { server: { reconfigEnabled: true } });
  cluster.start(2, 3);
  cluster.until(() => cluster.peer(3).state === "leading");
  cluster.intrude(3).say(PacketType.FOLLOWERINFO, makeZxid(500, 0), learnerInfo(9));
  untilServing(cluster, 2);
  cluster.intrude(3).say(PacketType.FOLLOWERINFO, makeZxid(900, 0), learnerInfo(8));
  cluster.advance(1000);
  expect([cluster.store(3).accepted, cluster.store(2).accepted]).toEqual([1, 1]);
  expect(cluster.peer(2).isServing).toBe(true);
});

test("what is no notification costs the peer its election link", () => {
  const cluster = started();
  cluster.step(1, { kind: "notification", from: 2, payload: new Uint8Array(5) });
  expect(cluster.endedElectionLinks).toEqual([{ sid: 1, peer: 2, reason: "a notification of 5 bytes" }]);
  expect(cluster.peer(1).isServing).toBe(true);
});

function join(impostor: Impostor): Impostor {
  return impostor.say(PacketType.FOLLOWERINFO, EPOCH, learnerInfo(4)).say(PacketType.ACKEPOCH, 0, int(-1));
}

test("a COMMIT of what came before NEWLEADER waits for UPTODATE: Apache's followers break off at it (ZOOKEEPER-4394)", () => {
  const { PROPOSAL, COMMIT, NEWLEADER, UPTODATE } = PacketType;
  const cluster = started();
  const client = cluster.connect(3);
  // Without the acknowledgement of server 1 two of four have it.
  cluster.slowDisks.add(1);
  const body = CreateRequest.encode({ path: "/a", data: null, acl: OPEN_ACL, flags: 0 });
  client.request(OpCode.create, body);
  const follower = join(cluster.intrude(3));
  const before = follower.types.length;
  expect(follower.types.slice(-2)).toEqual([PROPOSAL, NEWLEADER]);
  cluster.slowDisks.delete(1);
  const other = cluster.connect(3);
  expect(client.reply().err).toBe(0);
  expect(follower.types.slice(before)).toEqual([PROPOSAL]);
  follower.say(PacketType.ACK, EPOCH);
  expect(follower.types.slice(before)).toEqual([PROPOSAL, UPTODATE, COMMIT, COMMIT]);
  expect(zk.create(other, "/b")).toBe(0);
  expect(follower.types.slice(before + 4)).toEqual([PROPOSAL, COMMIT]);
});

function request(type: number): Uint8Array {
  const writer = new JuteWriter();
  writer.writeInt64(Int64.ZERO);
  writer.writeInt(1);
  writer.writeInt(type);
  return writer.take();
}

describe("a leader that is no leader: nothing of it is adopted", () => {
  /** Server 1 of two, that has been made to follow an impostor of server 2. */
  function following(): { cluster: PeerCluster; leader: Impostor; accepted: readonly Impostor[] } {
    const { cluster, leaders } = followImpostor();
    const leader = leaders[0]!;
    expect(leader.types).toEqual([PacketType.FOLLOWERINFO]);
    return { cluster, leader, accepted: leaders };
  }

  const info = (it: Impostor, epoch = 9) => lead(it, epoch);
  /** A leader that serves in its epoch, with nothing before it. */
  const serve = (it: Impostor) => endSync(info(it).say(PacketType.DIFF, 0), 9);
  const propose = (it: Impostor, zxid: number, inside = zxid) =>
    it.say(PacketType.PROPOSAL, zxid, errorTxn(inside));

  const cases: [string, (it: Impostor) => void, RegExp][] = [
    ["another first packet", (it) => it.say(PacketType.DIFF, 0), /first packet has type 13/],
    ["a PING where the sync must begin", (it) => info(it).say(PacketType.PING, 0), /DIFF, TRUNC or SNAP/],
    ["a gap at the start", (it) => propose(info(it).say(PacketType.DIFF, 7), 7), /something is missing/],
    [
      "a gap later on",
      (it) => propose(propose(info(it).say(PacketType.DIFF, 7), 1), 3),
      /something is missing/,
    ],
    ["a txn of another zxid inside", (it) => propose(info(it).say(PacketType.DIFF, 7), 1, 2), /holds txn/],
    [
      "a commit of what was not proposed",
      (it) => info(it).say(PacketType.DIFF, 7).say(PacketType.COMMIT, 1),
      /not proposed/,
    ],
    [
      "a proposal without data",
      (it) => info(it).say(PacketType.DIFF, 7).say(PacketType.PROPOSAL, 1),
      /without the data/,
    ],
    [
      "a txn that cannot be decoded",
      (it) => info(it).say(PacketType.DIFF, 7).say(PacketType.PROPOSAL, 1, new Uint8Array(33)),
      /./,
    ],
    [
      "a packet during the sync that does not belong there",
      (it) => info(it).say(PacketType.DIFF, 0).say(99, 0),
      /packet of type 99 while syncing/,
    ],
    [
      "NEWLEADER of another epoch",
      (it) => info(it).say(PacketType.DIFF, 0).say(PacketType.NEWLEADER, makeZxid(8, 0)),
      /epoch 9 was accepted/,
    ],
    [
      "UPTODATE before NEWLEADER",
      (it) => info(it).say(PacketType.DIFF, 0).say(PacketType.UPTODATE, -1),
      /before NEWLEADER/,
    ],
    [
      "NEWLEADER with a configuration that is none",
      (it) =>
        info(it)
          .say(PacketType.DIFF, 0)
          .say(PacketType.NEWLEADER, makeZxid(9, 0), new TextEncoder().encode("rubbish=1")),
      /Unrecognised/,
    ],
  ];
  for (const [name, act, why] of cases) {
    test(name, () => {
      const { cluster, leader } = following();
      act(leader);
      expect(endings(cluster, 1)).toMatch(why);
      expect(leader.isClosed).toBe(true);
      expect(cluster.store(1)).toMatchObject({ log: [], current: 0 });
      expect(cluster.peer(1).lastZxid).toBe(0);
    });
  }

  test("F52: an epoch below the accepted one is refused, and the epoch files stay", () => {
    const cluster = new PeerCluster(membershipOf(2));
    cluster.store(1).accepted = 12;
    const leaders = cluster.impersonate(2);
    cluster.start(1);
    const leader = info(elect(cluster, leaders), 11);
    expect(leader.isClosed).toBe(true);
    expect(cluster.store(1)).toMatchObject({ accepted: 12, current: 0 });
  });

  test("F68: a PING before UPTODATE has no answer: it would overtake the ACK of NEWLEADER, for which Apache's leaders wait", () => {
    const { cluster, leader } = following();
    info(leader).say(PacketType.DIFF, 0).say(PacketType.PING, 0);
    leader.say(PacketType.NEWLEADER, makeZxid(9, 0)).say(PacketType.PING, 0);
    const joined = [PacketType.FOLLOWERINFO, PacketType.ACKEPOCH, PacketType.ACK];
    expect(leader.types).toEqual(joined);
    leader.say(PacketType.UPTODATE, -1).say(PacketType.PING, makeZxid(9, 0));
    expect(leader.types.slice(joined.length).sort()).toEqual([PacketType.ACK, PacketType.PING]);
    expect(cluster.peer(1).isServing).toBe(true);
  });

  test.each([
    ["a leader of Apache gets an ACK for each proposal", APACHE, [makeZxid(9, 0), 1, 2]],
    ["a leader of ours gets one for those of a turn", OURS, [makeZxid(9, 0), 2]],
  ])("%s", (_, version, acknowledged) => {
    const { leader } = following();
    leader.say(PacketType.LEADERINFO, makeZxid(9, 0), int(version)).say(PacketType.DIFF, 0);
    propose(propose(leader, 1), 2).say(PacketType.NEWLEADER, makeZxid(9, 0));
    const acks = leader.received.filter(({ type }) => type === PacketType.ACK);
    expect(acks.map(({ zxid }) => zxid)).toEqual(acknowledged);
  });

  test("the second commit first: the link is closed and what was proposed stays in the log for the next leader to judge", () => {
    const { cluster, leader } = following();
    serve(leader);
    expect(cluster.peer(1).isServing).toBe(true);
    const first = makeZxid(9, 1);
    propose(propose(leader, first), first + 1);
    leader.say(PacketType.COMMIT, first + 1);
    expect(leader.isClosed).toBe(true);
    expect(cluster.store(1).log.map(({ zxid }) => zxid)).toEqual([first, first + 1]);
    expect(cluster.peer(1).lastZxid).toBe(first + 1);
    expect(cluster.store(1)).toMatchObject({ accepted: 9, current: 9 });
  });

  test("what came during the installation of its snapshot is not logged once the role is over", () => {
    const { cluster, leader } = following();
    info(leader).say(PacketType.SNAP, 7);
    cluster.step(1, { kind: "snapshotReceived", link: -1, database: cluster.databaseAt(7) });
    leader.sayAtOnce(
      [PacketType.NEWLEADER, makeZxid(9, 0)],
      [PacketType.COMMIT, 99],
      [PacketType.PROPOSAL, makeZxid(9, 1), errorTxn(makeZxid(9, 1))],
    );
    expect(leader.isClosed).toBe(true);
    expect(cluster.store(1).log).toEqual([]);
    expect(cluster.peer(1).lastZxid).toBe(7);
  });

  test("txns of an epoch that it goes on to are logged when that epoch is stored, and not before (S11)", () => {
    const { cluster, leader } = following();
    serve(leader);
    const first = makeZxid(10, 1);
    propose(info(leader, 10), first).say(PacketType.COMMIT, first);
    expect(cluster.store(1)).toMatchObject({ log: [], accepted: 10, current: 9 });
    leader.say(PacketType.NEWLEADER, makeZxid(10, 0));
    expect(cluster.store(1)).toMatchObject({ accepted: 10, current: 10 });
    expect(cluster.store(1).log.map(({ zxid }) => zxid)).toEqual([first]);
    expect(cluster.peer(1).lastZxid).toBe(first);
    expect(leader.received.slice(-2)).toMatchObject([
      { type: PacketType.ACK, zxid: makeZxid(10, 0) },
      { type: PacketType.ACK, zxid: first },
    ]);
  });

  test("a txn of an epoch that nobody has announced is refused: with it on disk no start would be possible", () => {
    const { cluster, leader } = following();
    serve(leader);
    propose(leader, makeZxid(12, 1));
    expect(leader.isClosed).toBe(true);
    expect(cluster.store(1)).toMatchObject({ log: [], accepted: 9, current: 9 });
  });

  test("TRUNC to a txn that is not here: everything is asked for, as what comes next begins behind that txn", () => {
    const { cluster, leader, accepted } = following();
    info(leader).say(PacketType.TRUNC, 5);
    expect(leader.isClosed).toBe(true);
    cluster.until(() => accepted.length > 1);
    info(accepted[1]!);
    expect(accepted[1]!.received.at(-1)).toMatchObject({ type: PacketType.ACKEPOCH, zxid: 0 });
    expect(cluster.peer(1).database.lastProcessedZxid).toBe(0);
  });
});
