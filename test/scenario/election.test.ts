import { describe, expect, it } from "vitest";
import { encodeNotification } from "../../src/core/election/notification.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import { ElectionWorld } from "../support/election-world.ts";
import { membershipOf } from "../support/membership.ts";

/** The fault scenarios F1 to F9 of quorum-protocol 8.3, as far as they are about elections, with many machines. */

function settled(world: ElectionWorld, sids?: readonly number[]): { leader: number; tookMs: number } {
  const startMs = world.nowMs;
  const list = sids ?? [...world.servers.keys()].filter((sid) => world.server(sid).isUp);
  expect(world.runUntil(() => world.isSettled([...list]))).toBe(true);
  return { leader: world.server(list[0]!).vote!.leader, tookMs: world.nowMs - startMs };
}

describe("elections", () => {
  it("F1: three fresh servers elect the highest id at once", () => {
    const world = new ElectionWorld([1, 2, 3]);
    for (const sid of [1, 2, 3]) world.start(sid);
    const { leader, tookMs } = settled(world);
    expect(leader).toBe(3);
    expect(tookMs).toBeLessThan(400);
    expect(world.sent).toBeLessThan(30);
  });

  it("F2: messages that take longer than the wait cost time, not an election", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = new ElectionWorld([1, 2, 3], { seed });
      world.faults = { delayMinMs: 150, delayMaxMs: 900, loss: 0 };
      for (const sid of [1, 2, 3]) world.start(sid);
      settled(world);
    }
  });

  it("F3: a restarted server joins at once, and takes the ensemble's round over", () => {
    const world = new ElectionWorld([1, 2, 3]);
    for (const sid of [1, 2, 3]) world.start(sid);
    settled(world);
    for (let i = 0; i < 3; i++) {
      world.look(world.server(2));
      settled(world);
    }
    expect(world.server(2).machine.round).toBe(1);
    world.stop(1);
    const { machine } = world.start(1, { lastZxid: 0, currentEpoch: 0 });
    const { leader, tookMs } = settled(world);
    expect(leader).toBe(3);
    expect(tookMs).toBeLessThan(100);
    expect(machine.round).toBe(world.server(3).machine.round);
  });

  it("F4: votes of a former election that come again lead astray for a while only", () => {
    const world = new ElectionWorld([1, 2, 3]);
    for (const sid of [1, 2, 3]) world.start(sid);
    settled(world);
    world.stop(1);
    world.isCut = () => true;
    world.start(1);
    const stale = { state: "looking", electionEpoch: 1, peerEpoch: 0 } as const;
    const config = Buffer.from("version=0");
    world.deliver(
      2,
      1,
      encodeNotification({ ...stale, leader: 2, zxid: 0x1a as Zxid, peerEpoch: 1 }, config),
    );
    world.run(300);
    expect(world.server(1).vote?.leader).toBe(2);
    world.isCut = () => false;
    expect(settled(world).leader).toBe(3);
  });

  it("F5: a dead leader is not elected by those who still name it", () => {
    const world = new ElectionWorld([1, 2, 3, 4, 5]);
    for (const sid of [1, 2, 4, 5]) world.start(sid, { lastZxid: 7, currentEpoch: 1 });
    expect(settled(world).leader).toBe(5);
    world.stop(5);
    world.start(3, { lastZxid: 3, currentEpoch: 1 });
    world.run(400);
    expect(world.server(3).vote).toBeUndefined();
    expect(settled(world).leader).toBe(4);
  });

  it("F6, F7: the highest epoch, then the highest zxid leads, whatever the id", () => {
    const world = new ElectionWorld([1, 2, 3]);
    world.start(1, { lastZxid: 0x2_0000_0001, currentEpoch: 3 });
    world.start(2, { lastZxid: 0x2_0000_0000, currentEpoch: 3 });
    world.start(3, { lastZxid: 0x2_0000_0009, currentEpoch: 2 });
    expect(settled(world).leader).toBe(1);
  });

  it("F8: who has no data follows those who have", () => {
    const world = new ElectionWorld([1, 2, 3]);
    world.start(3, { lastZxid: -1 });
    for (const sid of [1, 2]) world.start(sid, { lastZxid: 5, currentEpoch: 1 });
    expect(settled(world).leader).toBe(2);
  });

  it("F9: hostile notifications do not disturb", () => {
    const world = new ElectionWorld([1, 2, 3]);
    for (const sid of [1, 2, 3]) world.start(sid);
    const good = Buffer.from(
      encodeNotification(
        { state: "looking", leader: 3, zxid: 0 as Zxid, electionEpoch: 1, peerEpoch: 0 },
        Buffer.from("x"),
      ),
    );
    for (let length = 0; length < good.length; length++) {
      for (const sid of [1, 2]) world.deliver(3, sid, good.subarray(0, length));
    }
    expect(settled(world).leader).toBe(3);
    expect(world.server(1).malformed.length).toBeGreaterThan(30);
  });

  it("observers find the leader, before and after it is there", () => {
    const world = new ElectionWorld([1, 2, 3, -4, -5]);
    for (const sid of [4, 1, 2, 3]) world.start(sid);
    expect(settled(world).leader).toBe(3);
    world.start(5);
    expect(settled(world)).toMatchObject({ leader: 3 });
    expect(world.server(4).state).toBe("observing");
    world.stop(3);
    expect(settled(world).leader).toBe(2);
  });

  it("a minority elects nobody and joins when the others come back", () => {
    const world = new ElectionWorld([1, 2, 3, 4, 5]);
    for (const sid of [1, 2, 3, 4, 5]) world.start(sid);
    settled(world);
    world.isCut = (from, to) => from <= 2 !== to <= 2;
    world.stop(5);
    world.run(120_000);
    expect([1, 2].map((sid) => world.server(sid).isServing)).toEqual([false, false]);
    world.isCut = () => false;
    world.start(5);
    expect(settled(world).leader).toBe(4);
  });

  it("F62: groups: losing one of three elects, losing two does not", () => {
    const membership = membershipOf([1, 2, 3, 4, 5, 6], 0, "group.1=1:2", "group.2=3:4", "group.3=5:6");
    const world = new ElectionWorld(membership);
    for (const sid of [1, 2, 3, 4]) world.start(sid);
    expect(settled(world).leader).toBe(4);
    world.stop(3);
    world.stop(4);
    world.run(60_000);
    expect(world.server(2).isServing).toBe(false);
    for (const sid of [5, 6]) world.start(sid);
    expect(settled(world, [1, 2, 5, 6]).leader).toBe(2);
  });

  it("F50: a server of an older configuration adopts the newer one and joins", () => {
    const old = membershipOf([1, 2, 3], 5);
    const world = new ElectionWorld(membershipOf([1, 2, 3, 4], 9), { isReconfigEnabled: true });
    for (const sid of [2, 3, 4]) world.start(sid, { lastZxid: 9, currentEpoch: 1 });
    settled(world);
    const late = world.start(1, { lastZxid: 4, currentEpoch: 1 }, old);
    expect(settled(world).leader).toBe(4);
    expect(late.committed.version).toBe(9);
  });

  it("a joiner that nobody knows learns the configuration and follows", () => {
    const world = new ElectionWorld(membershipOf([1, 2, 3], 9), { isReconfigEnabled: true });
    for (const sid of [1, 2, 3]) world.start(sid);
    settled(world);
    const joiner = world.start(4, {}, membershipOf([1, 2, 3, 4], 0));
    expect(settled(world).leader).toBe(3);
    expect([joiner.state, joiner.committed.version]).toEqual(["following", 9]);
  });

  it("servers that do not take each other for voters do not talk for ever", () => {
    const world = new ElectionWorld([1, 2, 3]);
    world.start(1, {}, membershipOf([1, 2, 3, 4]));
    world.start(4, {}, membershipOf([1, 2, 3, 4, 5]));
    world.start(2, {}, membershipOf([2, 3]));
    world.start(3, {}, membershipOf([2, 3, 6]));
    world.run(10_000);
    expect(world.sent).toBeLessThan(2000);
  });
});
