import { describe, expect, it } from "vitest";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { JuteReader } from "../../../../../src/protocol/jute-reader.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { makeZxid } from "../../../../../src/protocol/zxid.ts";
import { zk } from "../../../../support/core-client.ts";
import { membershipOf } from "../../../../support/peers/ensemble-defaults.ts";
import { expectAgreement, hasNode } from "../../../../support/peers/findings.ts";
import { int, learnerInfo, OURS, voteFor } from "../../../../support/peers/foreign-words.ts";
import { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import {
  serving,
  servingCluster,
  startServing,
  untilServing,
  write,
} from "../../../../support/peers/scenes.ts";

const { FOLLOWERINFO, LEADERINFO, ACKEPOCH, DIFF, NEWLEADER } = PacketType;
const INIT_LIMIT_MS = 20_000;

/** Fault scenarios of the time in which an epoch is sought (quorum-protocol 8.3). */

describe("F12: a leader that only a minority comes to", () => {
  /** Server 5 of five, elected; nobody has come. */
  function elected(): PeerCluster {
    const cluster = new PeerCluster(membershipOf(5));
    cluster.start(5);
    voteFor(cluster, 5, 5, 1, 2, 3, 4);
    cluster.until(() => cluster.peer(5).state === "leading");
    return cluster;
  }

  it("F12: steps down when initLimit has passed, and has accepted no epoch", () => {
    const cluster = elected();
    const follower = cluster.intrude(5).say(FOLLOWERINFO, makeZxid(7, 0), learnerInfo(1, OURS));
    cluster.advance(INIT_LIMIT_MS - 1000);
    expect(cluster.peer(5).state).toBe("leading");
    cluster.advance(1001);
    expect(cluster.peer(5).state).toBe("looking");
    expect(cluster.store(5)).toMatchObject({ accepted: 0, current: 0 });
    expect(follower.types).toEqual([]);
    expect(follower.isClosed).toBe(true);
  });

  it("F12: has accepted the epoch when it was a quorum, and steps down without its ACKEPOCHs", () => {
    const cluster = elected();
    const followers = [1, 2].map((sid) =>
      cluster.intrude(5).say(FOLLOWERINFO, makeZxid(7, 0), learnerInfo(sid, OURS)),
    );
    expect(followers.map(({ types }) => types)).toEqual([[LEADERINFO], [LEADERINFO]]);
    cluster.advance(INIT_LIMIT_MS + 1);
    expect(cluster.peer(5).state).toBe("looking");
    expect(cluster.store(5)).toMatchObject({ accepted: 8, current: 0 });
  });
});

describe("F13: a leader that crashes between its acceptedEpoch and LEADERINFO", () => {
  /** Server 3 has led epoch 1, was elected again, and died with epoch 2 accepted, of which nobody has heard. */
  function crashed(): PeerCluster {
    const cluster = servingCluster(3);
    cluster.kill(1, 2, 3);
    let isArmed = true;
    cluster.crashes = (sid, step) => {
      const isTold = sid === 3 && step.kind === "claim" && step.packet.type === LEADERINFO;
      return isTold && isArmed;
    };
    cluster.start(1, 2, 3);
    cluster.until(() => cluster.nodes.get(3)!.peer === undefined);
    isArmed = false;
    expect([1, 2, 3].map((sid) => cluster.store(sid).accepted)).toEqual([1, 1, 2]);
    return cluster;
  }

  it("F13: leads a higher one when it is elected again", () => {
    const cluster = crashed();
    cluster.kill(1, 2);
    startServing(cluster, 1, 3);
    expect(cluster.leader()).toBe(3);
    for (const sid of [1, 3]) expect(cluster.store(sid)).toMatchObject({ accepted: 3, current: 3 });
    write(cluster, 1, "/a");
    startServing(cluster, 2);
    expectAgreement(cluster);
  });

  it("F13: follows in it, uncounted, when the others use it meanwhile: nobody else had it", () => {
    const cluster = crashed();
    untilServing(cluster, 1, 2);
    expect(cluster.leader()).toBe(2);
    expect(cluster.store(2).current).toBe(2);
    const epochs: number[] = [];
    cluster.arrived = ({ type, data }, from) => {
      if (type === ACKEPOCH && from === 3) epochs.push(new JuteReader(data!).readInt());
    };
    startServing(cluster, 3);
    expect(epochs).toEqual([-1]);
    write(cluster, 3, "/a");
    expectAgreement(cluster);
  });
});

it("F14: a follower that crashed between acceptedEpoch and ACKEPOCH answers -1, and counts for NEWLEADER", () => {
  const cluster = new PeerCluster(membershipOf(5));
  const epochs: number[] = [];
  cluster.arrived = ({ type, data }, from) => {
    if (type !== ACKEPOCH) return;
    if (from === 1) epochs.push(new JuteReader(data!).readInt());
    // Their acknowledgements of NEWLEADER do not come.
    else if (from <= 3) cluster.slowDisks.add(from);
  };
  let isArmed = true;
  cluster.crashes = (sid, step) =>
    isArmed && sid === 1 && step.kind === "claim" && step.packet.type === ACKEPOCH;
  cluster.start(1, 2, 3, 4, 5);
  cluster.until(() => cluster.nodes.get(1)!.peer === undefined);
  isArmed = false;
  expect(cluster.store(1)).toMatchObject({ accepted: 1, current: 0 });
  expect(cluster.peer(5).role?.zabPhase).toBe("synchronization");
  cluster.start(1);
  // 5, 4 and 1 are the quorum.
  cluster.until(() => serving(cluster, 1, 4, 5), 5_000);
  expect(epochs).toEqual([-1]);
  expect(cluster.store(1)).toMatchObject({ accepted: 1, current: 1 });
  expect([2, 3].map((sid) => cluster.peer(sid).isServing)).toEqual([false, false]);
});

it("F14: its -1 counts for no quorum that has to accept the epoch", () => {
  const cluster = new PeerCluster(membershipOf(3));
  cluster.start(3);
  voteFor(cluster, 3, 3, 1, 2);
  cluster.until(() => cluster.peer(3).state === "leading");
  const [first, second] = [1, 2].map((sid) =>
    cluster.intrude(3).say(FOLLOWERINFO, makeZxid(0, 0), learnerInfo(sid, OURS)),
  );
  first!.say(ACKEPOCH, 0, int(-1));
  expect(first!.types).toEqual([LEADERINFO]);
  expect(cluster.store(3)).toMatchObject({ accepted: 1, current: 0 });
  second!.say(ACKEPOCH, 0, int(0));
  // With a quorum that has, both are brought up to date.
  expect([first, second].map((learner) => learner!.types)).toEqual([
    [LEADERINFO, DIFF, NEWLEADER],
    [LEADERINFO, DIFF, NEWLEADER],
  ]);
  expect(cluster.store(3)).toMatchObject({ accepted: 1, current: 1 });
});

it("F15: who crashed between ACKEPOCH and NEWLEADER has the old currentEpoch, and loses against the new one", () => {
  const cluster = servingCluster(3);
  cluster.cut(1, 3);
  cluster.cut(2, 3);
  // On the disk of server 3 only: the longest log of all, in the oldest epoch.
  cluster.connect(3).request(OpCode.create, zk.createBody("/lost"));
  cluster.kill(3);
  cluster.heal();
  untilServing(cluster, 1, 2);
  expect(cluster.store(2).current).toBe(2);
  cluster.arrived = ({ type }, from) => {
    if (type === ACKEPOCH && from === 3) cluster.kill(3);
  };
  cluster.start(3);
  cluster.until(() => cluster.nodes.get(3)!.peer === undefined);
  cluster.arrived = () => {};
  expect(cluster.store(3)).toMatchObject({ accepted: 2, current: 1 });
  expect(cluster.store(3).log.at(-1)!.zxid).toBeGreaterThan(cluster.peer(1).lastZxid);
  cluster.kill(1, 2);
  startServing(cluster, 1, 3);
  expect(cluster.leader()).toBe(1);
  expect(hasNode(cluster, 3, "/lost")).toBe(false);
  startServing(cluster, 2);
  expectAgreement(cluster);
});
