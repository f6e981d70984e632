import { beforeEach, describe, expect, it } from "vitest";
import type { ElectionSelf } from "../../../../src/core/election/election-round.ts";
import { FastLeaderElection } from "../../../../src/core/election/fast-leader-election.ts";
import { decodeNotification, encodeNotification } from "../../../../src/core/election/notification.ts";
import { NO_VOTE, type Vote } from "../../../../src/core/election/vote.ts";
import { formatMembership } from "../../../../src/core/quorum/membership-text.ts";
import { ZXID_NONE, type Zxid } from "../../../../src/protocol/zxid.ts";
import { ElectionWorld } from "../../../support/election-world.ts";
import { membershipOf } from "../../../support/membership.ts";

const FIVE = membershipOf([1, 2, 3, 4, 5, -6], 0x1_0000_0001);

let machine: FastLeaderElection;
let now: number;

beforeEach(() => {
  now = 0;
});

function start(sid: number, over: Partial<ElectionSelf> = {}): void {
  machine = new FastLeaderElection({ sid, minIntervalMs: 200, maxIntervalMs: 60_000, finalizeWaitMs: 200 });
  again(sid, over);
}

function again(sid: number, over: Partial<ElectionSelf> = {}): void {
  machine.start(
    {
      sid,
      view: { committed: FIVE, lastSeen: null },
      learnerType: "participant",
      lastZxid: 10 as Zxid,
      currentEpoch: 1,
      isReconfigEnabled: false,
      ...over,
    },
    now,
  );
}

const looking = (leader: number, over: Partial<Vote> = {}): Vote => ({
  state: "looking",
  leader,
  zxid: 10 as Zxid,
  electionEpoch: 1,
  peerEpoch: 1,
  version: 2,
  ...over,
});

function receive(from: number, vote: Vote, config = "version=0"): void {
  machine.receive(from, encodeNotification(vote, Buffer.from(config)), now);
}

/** What was sent since the last call, as `to: leader/zxid/round/epoch state`. */
function sent(): string[] {
  return machine.take().send.map(({ to, payload }) => {
    const { leader, zxid, electionEpoch, peerEpoch, state } = decodeNotification(payload);
    const who = leader === NO_VOTE ? "nobody" : leader;
    return `${to}: ${who}/${zxid === NO_VOTE ? "none" : zxid}/${electionEpoch}/${peerEpoch === NO_VOTE ? "none" : peerEpoch} ${state}`;
  });
}

function passTime(ms: number): void {
  now += ms;
  while (machine.nextDeadline <= now) machine.tick(now);
}

describe("the start", () => {
  it("proposes oneself to all voters", () => {
    start(3);
    expect(sent()).toEqual([1, 2, 4, 5].map((to) => `${to}: 3/10/1/1 looking`));
    again(3);
    expect(sent()[0]).toBe("1: 3/10/2/1 looking");
  });

  it("of an observer or a stranger proposes nobody", () => {
    start(6, { learnerType: "observer" });
    expect(sent()).toEqual([1, 2, 3, 4, 5].map((to) => `${to}: nobody/none/1/none looking`));
    start(9);
    expect(sent()[0]).toBe("1: nobody/10/1/1 looking");
  });

  it("attaches the committed configuration, with version 0 while reconfig is off", () => {
    const configOf = () => decodeNotification(machine.take().send[0]!.payload).config;
    start(3, { isReconfigEnabled: true });
    expect(configOf()).toBe(formatMembership(FIVE));
    start(3);
    expect(configOf()).toBe(formatMembership({ ...FIVE, version: 0 as Zxid }));
  });

  it("L7: is repeated after 200 ms, 400 ms, … 60 s", () => {
    start(3);
    sent();
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      waits.push(machine.nextDeadline - now);
      passTime(machine.nextDeadline - now);
      expect(sent()).toHaveLength(4);
    }
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000, 60_000]);
  });
});

describe("a peer that cannot be reached while a leader is looked for", () => {
  const waitUntilLate = (): void => {
    start(3);
    while (machine.nextDeadline - now < 10_000) passTime(machine.nextDeadline - now);
    sent();
  };

  it("is tried again every second, alone, however long the wait of the others is", () => {
    waitUntilLate();
    machine.unreachable(2, now);
    passTime(500);
    machine.unreachable(5, now);
    expect(sent()).toEqual([]);
    passTime(500);
    expect(sent()).toEqual(["2: 3/10/1/1 looking", "5: 3/10/1/1 looking"]);
    passTime(1_000);
    expect(sent()).toEqual([]);
    machine.unreachable(2, now);
    passTime(1_000);
    expect(sent()).toEqual(["2: 3/10/1/1 looking"]);
  });

  it("is not tried when it has no vote, when the others are told anyway, or when there is a leader", () => {
    waitUntilLate();
    machine.unreachable(6, now);
    passTime(1_000);
    expect(sent()).toEqual([]);
    start(3);
    sent();
    machine.unreachable(2, now);
    passTime(200);
    expect(sent()).toHaveLength(4);
    expect(machine.nextDeadline - now).toBe(400);
    machine.unreachable(2, now);
    machine.setServing("following", looking(5));
    expect(machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    machine.unreachable(2, now);
    expect(machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("looking for a leader", () => {
  it("takes a better vote over and passes it on; keeps its own before a worse one, and tells who has it", () => {
    start(3);
    sent();
    receive(4, looking(4));
    expect(sent()).toEqual([1, 2, 4, 5].map((to) => `${to}: 4/10/1/1 looking`));
    receive(2, looking(2));
    expect(sent()).toEqual(["2: 4/10/1/1 looking"]);
    receive(5, looking(4));
    expect(sent()).toEqual([]);
  });

  it("decides when a quorum agrees and 200 ms bring nothing better", () => {
    start(3);
    receive(1, looking(3));
    receive(2, looking(2));
    passTime(500);
    expect(machine.take().decided).toBeUndefined();
    receive(2, looking(3));
    passTime(199);
    expect(machine.take().decided).toBeUndefined();
    passTime(1);
    const vote = { leader: 3, zxid: 10, electionEpoch: 1, peerEpoch: 1, version: 0, state: "leading" };
    expect(machine.take().decided).toEqual({ state: "leading", vote });
    expect(machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    expect(machine.isLooking).toBe(false);
  });

  it("gives a backed proposal up for a better one", () => {
    start(3);
    receive(1, looking(3));
    receive(2, looking(3));
    passTime(150);
    receive(5, looking(5));
    passTime(100);
    expect(machine.take().decided).toBeUndefined();
    receive(1, looking(5));
    passTime(200);
    expect(machine.take().decided).toMatchObject({ state: "following", vote: { leader: 5 } });
  });

  it("does not give a backed proposal up for a newcomer of a later round", () => {
    start(3);
    receive(1, looking(3));
    receive(2, looking(3));
    receive(4, looking(1, { electionEpoch: 9, zxid: 1 as Zxid }));
    passTime(200);
    expect(machine.take().decided).toMatchObject({ state: "leading", vote: { electionEpoch: 1 } });
  });

  it("follows a later round, with the better of the newcomer's and its own first proposal", () => {
    start(3);
    receive(5, looking(5));
    sent();
    receive(2, looking(2, { electionEpoch: 7 }));
    expect(sent()[0]).toBe("1: 3/10/7/1 looking");
    receive(1, looking(4, { electionEpoch: 8 }));
    expect(sent()[0]).toBe("1: 4/10/8/1 looking");
    expect(machine.round).toBe(8);
  });

  it("answers an earlier round and does not count it", () => {
    start(3);
    again(3);
    sent();
    for (const from of [1, 2]) receive(from, looking(3));
    expect(sent()).toEqual(["1: 3/10/2/1 looking", "2: 3/10/2/1 looking"]);
    passTime(199);
    expect(machine.take().decided).toBeUndefined();
  });

  it("listens only to voters about voters", () => {
    start(3);
    for (const from of [1, 2]) receive(from, looking(9, { peerEpoch: 99 }));
    for (const from of [6, 7, 8]) receive(from, looking(3));
    receive(1, looking(3, { state: "observing" }));
    passTime(400);
    expect(machine.take().decided).toBeUndefined();
    expect(sent().every((text) => !text.includes("9/"))).toBe(true);
  });

  it("does not vote without data, and does not count such votes (F8)", () => {
    start(3, { lastZxid: ZXID_NONE, currentEpoch: 0 });
    for (const from of [1, 2, 4, 5]) receive(from, looking(5));
    passTime(400);
    expect(machine.take().decided).toBeUndefined();
    const leading = looking(5, { state: "leading" });
    receive(5, leading);
    for (const from of [1, 2]) receive(from, { ...leading, state: "following" });
    expect(machine.take().decided).toMatchObject({ state: "following", vote: { leader: 5 } });
    start(3);
    for (const from of [1, 2]) receive(from, looking(3, { zxid: ZXID_NONE }));
    passTime(400);
    expect(machine.take().decided).toBeUndefined();
  });

  it("a server that weighs nothing is not elected", () => {
    const committed = membershipOf([1, 2, 3], 0, "group.1=1:2:3", "weight.3=0");
    start(1, { view: { committed, lastSeen: null } });
    sent();
    receive(3, looking(3, { peerEpoch: 9 }));
    receive(2, looking(1));
    passTime(200);
    expect(machine.take().decided).toMatchObject({ state: "leading", vote: { leader: 1 } });
  });

  it("needs a quorum of the proposed configuration too", () => {
    const lastSeen = membershipOf([3, 7, 8], 0x1_0000_0009);
    start(3, { view: { committed: FIVE, lastSeen } });
    expect(sent().map((text) => text[0])).toEqual(["1", "2", "4", "5", "7", "8"]);
    for (const from of [1, 2, 4, 5]) receive(from, looking(3));
    passTime(400);
    expect(machine.take().decided).toBeUndefined();
    receive(7, looking(3));
    passTime(200);
    expect(machine.take().decided?.state).toBe("leading");
  });
});

it("a leader that a quorum follows is followed, whatever was proposed that nobody else has heard of", () => {
  start(3, { view: { committed: FIVE, lastSeen: membershipOf([3, 7, 8], 0x1_0000_0009) } });
  const leading = looking(5, { state: "leading", peerEpoch: 4 });
  receive(5, leading);
  for (const from of [1, 2]) receive(from, { ...leading, state: "following" });
  expect(machine.take().decided).toMatchObject({ state: "following", vote: { leader: 5 } });
});

describe("a peer that has died", () => {
  const dead = (...sids: number[]) => {
    for (const sid of sids) machine.unreachable(sid, now);
  };

  beforeEach(() => {
    start(3);
    for (const from of [1, 2, 4, 5]) receive(from, looking(3));
    passTime(200);
    again(3);
    machine.take();
  });

  it("is not waited for when all others agree", () => {
    dead(5);
    for (const from of [1, 2]) receive(from, looking(3, { electionEpoch: 2 }));
    expect(machine.take().decided).toBeUndefined();
    receive(4, looking(3, { electionEpoch: 2 }));
    expect(machine.take().decided).toMatchObject({ state: "leading", vote: { electionEpoch: 2 } });
    expect(machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it("may be found dead when all others have agreed", () => {
    for (const from of [1, 2]) receive(from, looking(3, { electionEpoch: 2 }));
    dead(5);
    expect(machine.take().decided).toBeUndefined();
    dead(4);
    expect(machine.take().decided?.state).toBe("leading");
  });

  it("does not make up for a quorum", () => {
    dead(1, 4, 5);
    receive(2, looking(3, { electionEpoch: 2 }));
    passTime(400);
    expect(machine.take().decided).toBeUndefined();
  });

  it("is waited for when it is heard of, or is the one that is wanted", () => {
    dead(5);
    receive(5, looking(5, { electionEpoch: 2, zxid: 9 as Zxid }));
    for (const from of [1, 2, 4]) receive(from, looking(3, { electionEpoch: 2 }));
    passTime(199);
    expect(machine.take().decided).toBeUndefined();
    again(3);
    for (const from of [1, 2, 4, 5]) receive(from, looking(4, { electionEpoch: 3 }));
    dead(4);
    passTime(199);
    expect(machine.take().decided).toBeUndefined();
    passTime(1);
    expect(machine.take().decided?.vote.leader).toBe(4);
  });

  it("is waited for when it was never there: it may be about to start", () => {
    start(3);
    for (const from of [1, 2, 4]) receive(from, looking(3));
    dead(5);
    passTime(199);
    expect(machine.take().decided).toBeUndefined();
    passTime(1);
    expect(machine.take().decided?.state).toBe("leading");
  });
});

describe("joining an ensemble that works", () => {
  const following = looking(5, { state: "following", electionEpoch: 40, peerEpoch: 7 });
  const leading = looking(5, { state: "leading", electionEpoch: 41, zxid: 3 as Zxid, peerEpoch: 7 });

  it("takes a quorum with the leader among it, whatever the round (F3)", () => {
    start(3);
    receive(1, following);
    receive(2, following);
    receive(4, following);
    expect(machine.take().decided).toBeUndefined();
    receive(5, leading);
    expect(machine.take().decided).toMatchObject({
      state: "following",
      vote: { leader: 5, peerEpoch: 7, electionEpoch: 41 },
    });
    expect(machine.round).toBe(41);
  });

  it("observers do so as observers", () => {
    start(6, { learnerType: "observer" });
    receive(5, leading);
    receive(1, following);
    receive(2, following);
    expect(machine.take().decided).toMatchObject({ state: "observing", vote: { leader: 5 } });
  });

  it("does not follow a dead leader that others still name (F5)", () => {
    start(3);
    for (const from of [1, 2, 4]) receive(from, following);
    receive(5, looking(5, { electionEpoch: 1, peerEpoch: 7 }));
    passTime(5000);
    expect(machine.take().decided).toBeUndefined();
  });

  it("does not lead because others still name it, but in this very round", () => {
    start(5, { currentEpoch: 7 });
    for (const from of [1, 2, 3]) receive(from, { ...following, zxid: 99 as Zxid });
    passTime(5000);
    expect(machine.take().decided).toBeUndefined();
    for (const from of [1, 2]) receive(from, looking(5, { state: "following", peerEpoch: 7 }));
    expect(machine.take().decided).toMatchObject({ state: "leading" });
  });

  it("two epochs of one leader are two leaders", () => {
    start(3);
    receive(5, leading);
    receive(1, { ...following, peerEpoch: 6 });
    receive(2, { ...following, peerEpoch: 6 });
    expect(machine.take().decided).toBeUndefined();
  });
});

describe("a server with a leader", () => {
  const vote = looking(5, { electionEpoch: 4, peerEpoch: 8 });

  beforeEach(() => {
    start(3);
    sent();
    machine.setServing("following", vote);
  });

  it("answers voters that look, and only those", () => {
    receive(1, looking(1));
    expect(sent()).toEqual(["1: 5/10/4/8 following"]);
    receive(1, looking(5, { state: "leading" }));
    expect(sent()).toEqual([]);
  });

  it("answers observers and strangers with its own round", () => {
    receive(6, looking(NO_VOTE));
    receive(77, looking(NO_VOTE));
    expect(sent()).toEqual(["6: 5/10/1/8 following", "77: 5/10/1/8 following"]);
    receive(77, looking(5, { state: "following" }));
    expect(sent()).toEqual([]);
  });

  it("gives the same answer to the same question once per 200 ms", () => {
    for (let i = 0; i < 10; i++) receive(1, looking(1));
    receive(1, looking(1, { electionEpoch: 2 }));
    expect(sent()).toHaveLength(2);
    passTime(200);
    receive(1, looking(1, { electionEpoch: 2 }));
    expect(sent()).toHaveLength(1);
  });

  it("a leader tells which voters do not follow it any more", () => {
    machine.setServing("leading", { ...vote, leader: 3 });
    receive(1, looking(1));
    receive(6, looking(NO_VOTE));
    expect(machine.take().disloyalVoters).toEqual([1]);
    expect(machine.take().disloyalVoters).toEqual([]);
  });

  it("knows at once who belongs to a new configuration", () => {
    machine.setView({ committed: membershipOf([3, 6, 5], 9), lastSeen: null });
    receive(6, looking(6));
    expect(sent()).toEqual(["6: 5/10/4/8 following"]);
  });

  it("that it has lost says nothing before it looks", () => {
    machine.stop();
    receive(1, looking(1));
    receive(6, looking(NO_VOTE));
    expect(sent()).toEqual([]);
    expect(machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    again(3);
    expect(sent()).toHaveLength(4);
  });

  it("does not look at newer configurations of others", () => {
    receive(1, looking(1), formatMembership(membershipOf([1, 2], 0x9_0000_0000)));
    expect(machine.take().adoptConfig).toBeUndefined();
  });
});

describe("when the leader serves", () => {
  const vote = looking(5, { electionEpoch: 4, peerEpoch: 8 });

  it("whoever has looked for one meanwhile is told, once: it may have asked too early", () => {
    start(3);
    receive(6, looking(NO_VOTE));
    receive(1, looking(1));
    receive(5, looking(5, { electionEpoch: 4 }));
    receive(5, looking(5, { electionEpoch: 4, state: "leading" }));
    machine.setServing("following", { ...vote, peerEpoch: 1 });
    receive(77, looking(NO_VOTE));
    sent();
    machine.setEstablished("following", vote);
    const round = machine.round;
    expect(sent()).toEqual([
      `6: 5/10/${round}/8 following`,
      "1: 5/10/4/8 following",
      `77: 5/10/${round}/8 following`,
    ]);
    machine.setEstablished("following", vote);
    expect(sent()).toEqual([]);
  });

  it("so is who asked when the leader before was gone, and this server did not know it yet", () => {
    start(3);
    machine.setEstablished("following", looking(4));
    receive(6, looking(NO_VOTE));
    receive(1, looking(1));
    receive(1, looking(4, { state: "following" }));
    again(3);
    sent();
    machine.setEstablished("following", vote);
    expect(sent()).toEqual([`6: 5/10/${machine.round}/8 following`]);
  });

  it("so is who asked while this server had lost its leader, and looked for none yet", () => {
    start(3);
    sent();
    machine.setEstablished("following", vote);
    machine.stop();
    receive(6, looking(NO_VOTE));
    again(3);
    sent();
    machine.setEstablished("following", vote);
    expect(sent()).toHaveLength(1);
  });

  it("nobody is told when that leader is lost in the same moment", () => {
    start(3);
    receive(6, looking(NO_VOTE));
    sent();
    machine.setEstablished("following", vote);
    machine.stop();
    expect(sent()).toEqual([]);
  });

  it("as many strangers as there can be members are told", () => {
    start(3);
    for (let sid = 100; sid < 2_000; sid++) receive(sid, looking(NO_VOTE));
    sent();
    machine.setEstablished("following", vote);
    expect(sent()).toHaveLength(1024);
  });

  it("an observer that has asked in vain for an hour follows as soon as there is one to follow", () => {
    const world = new ElectionWorld(membershipOf([1, 2, 3, -4]));
    world.start(1);
    world.start(4);
    world.run(3_600_000);
    for (const sid of [2, 3]) world.start(sid);
    expect(world.runUntil(() => world.isSettled([1, 2, 3]))).toBe(true);
    expect(world.runUntil(() => world.isSettled(), 1_000)).toBe(true);
  });
});

describe("while looking, the configuration of a peer", () => {
  const newer = membershipOf([1, 2, 3], 0x2_0000_0000);

  it("F50: is adopted when it is newer, and its notification is lost", () => {
    start(3, { isReconfigEnabled: true });
    receive(4, looking(4), formatMembership(newer));
    const { adoptConfig, send } = machine.take();
    expect(adoptConfig).toEqual(newer);
    expect(send).toHaveLength(4);
    again(3, { isReconfigEnabled: true, view: { committed: newer, lastSeen: null } });
    expect(sent()).toEqual(["1: 3/10/2/1 looking", "2: 3/10/2/1 looking"]);
  });

  it("of the same members is adopted while the search goes on", () => {
    start(3, { isReconfigEnabled: true });
    receive(4, looking(4), formatMembership({ ...FIVE, version: newer.version }));
    const { adoptConfig, send } = machine.take();
    expect(adoptConfig?.version).toBe(newer.version);
    expect(send).toHaveLength(8);
  });

  it("comes from servers outside of the own one too", () => {
    start(3, { isReconfigEnabled: true });
    receive(9, looking(9), formatMembership(newer));
    expect(machine.take().adoptConfig).toEqual(newer);
  });

  it("is nothing when it is older, or when reconfig is off", () => {
    start(3, { isReconfigEnabled: true });
    receive(4, looking(4), formatMembership(membershipOf([1, 2, 3], 5)));
    expect(machine.take().adoptConfig).toBeUndefined();
    start(3);
    receive(4, looking(4), formatMembership(newer));
    expect(machine.take().adoptConfig).toBeUndefined();
  });

  it.each(["tickTime=5", "server.1=a", "version=zz", "", "version=900000000"])(
    "is told of when it cannot be read, and its notification counts: %j",
    (config) => {
      start(3, { isReconfigEnabled: true });
      sent();
      receive(4, looking(4), config);
      const { malformed, send, adoptConfig } = machine.take();
      expect(malformed).toEqual([
        expect.stringMatching(/^server 4: the configuration in its notification: /),
      ]);
      expect(adoptConfig).toBeUndefined();
      expect(send).toHaveLength(4);
    },
  );
});

it("what cannot be read changes nothing and is told (F9)", () => {
  start(3);
  sent();
  machine.receive(1, Buffer.alloc(27), now);
  machine.receive(1, Buffer.alloc(44, 9), now);
  const { nonsense, send } = machine.take();
  expect(nonsense).toEqual([
    { from: 1, reason: "a notification of 27 bytes" },
    { from: 1, reason: expect.stringMatching(/^a notification of state/) },
  ]);
  expect(send).toEqual([]);
});

it("nothing happens before the start, nor by messages of oneself", () => {
  machine = new FastLeaderElection({
    sid: 3,
    minIntervalMs: 200,
    maxIntervalMs: 60_000,
    finalizeWaitMs: 200,
  });
  receive(1, looking(1));
  expect(machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  again(3);
  sent();
  receive(3, looking(5));
  expect(sent()).toEqual([]);
});

it("one voter elects itself after the wait", () => {
  start(3, { view: { committed: membershipOf([3]), lastSeen: null } });
  expect(machine.nextDeadline).toBe(200);
  passTime(200);
  expect(machine.take().decided).toMatchObject({ state: "leading", vote: { leader: 3 } });
});
