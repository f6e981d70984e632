import { describe, expect, it } from "vitest";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { zk } from "../../../../support/core-client.ts";
import { expectAgreement, hasNode, logOf } from "../../../../support/peers/findings.ts";
import type { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { serving, servingCluster, untilServing, write } from "../../../../support/peers/scenes.ts";

const TICK_MS = 2000;
const SYNC_LIMIT_TICKS = 5;
const SYNC_LIMIT_MS = SYNC_LIMIT_TICKS * TICK_MS;

/** Fault scenarios of servers that do not hear of each other (quorum-protocol 8.3). */

/** Why server `sid` closed links and ended roles. */
function words(cluster: PeerCluster, sid: number): string {
  return cluster.events
    .flatMap(({ sid: by, event }) => {
      if (by !== sid) return [];
      if (event.kind === "peerNotice") return [event.message];
      return event.kind === "roleChanged" ? [event.reason] : [];
    })
    .join("\n");
}

describe("F32: a leader that gets no processor for longer than syncLimit", () => {
  it("F32: answers no write of its clients when it goes on, and steps down", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(3, 60_000);
    expect(zk.create(client, "/before")).toBe(0);
    let isAsked = false;
    cluster.stall(3, SYNC_LIMIT_MS + 2 * TICK_MS, () => {
      if (isAsked) return;
      isAsked = true;
      client.request(OpCode.create, zk.createBody("/in-the-pause"));
    });
    expect(cluster.peer(2).state).toBe("leading");
    expect(serving(cluster, 1, 2)).toBe(true);
    // What waited in its sockets has been dealt with, the client's write first.
    expect(client.frames).toEqual([]);
    cluster.advance(TICK_MS);
    expect(client.frames).toEqual([]);
    expect(cluster.peer(3).state).not.toBe("leading");
    expect(client.isClosed).toBe(true);
    write(cluster, 1, "/after");
    untilServing(cluster, 1, 2, 3);
    expect(hasNode(cluster, 3, "/in-the-pause")).toBe(false);
    expectAgreement(cluster);
  });

  it("F32: nor when it hears of nobody's going: then it finds out itself, within a tick", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(3, 60_000);
    // Nothing of the two gets through any more, and nothing breaks.
    cluster.mute(3);
    client.request(OpCode.create, zk.createBody("/lonely"));
    cluster.advance(SYNC_LIMIT_MS - TICK_MS);
    expect(cluster.peer(3).state).toBe("leading");
    expect(client.frames).toEqual([]);
    cluster.advance(2 * TICK_MS + 1);
    expect(cluster.peer(3).state).toBe("looking");
    expect(client.frames).toEqual([]);
    expect(client.isClosed).toBe(true);
  });
});

describe("F33: a follower that never acknowledges a proposal, and answers pings", () => {
  it("F33: is closed when syncLimit has passed, while the others commit", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(3, 60_000);
    cluster.slowDisks.add(1);
    expect(zk.create(client, "/a")).toBe(0);
    cluster.advance(SYNC_LIMIT_MS);
    expect(cluster.peer(1).state).toBe("following");
    expect(zk.create(client, "/b")).toBe(0);
    cluster.advance(TICK_MS);
    expect(words(cluster, 3)).toContain("a proposal was not acknowledged within syncLimit");
    expect(cluster.peer(1).isServing).toBe(false);
    expect(zk.create(client, "/c")).toBe(0);
    expect(cluster.leader()).toBe(3);
    cluster.slowDisks.delete(1);
    cluster.persist(1);
    untilServing(cluster, 1);
    expectAgreement(cluster);
  });

  it("F33: without proposals it is not late, however long that lasts", () => {
    const cluster = servingCluster(3);
    cluster.slowDisks.add(1);
    cluster.advance(10 * SYNC_LIMIT_MS);
    expect(serving(cluster, 1, 2, 3)).toBe(true);
  });
});

it("F34: the leader in a minority steps down, the majority elects, and what the minority wrote is cut on its return", () => {
  const cluster = servingCluster(5);
  write(cluster, 5, "/before");
  const client = cluster.connect(5, 60_000);
  const follower = cluster.connect(4, 60_000);
  for (const left of [1, 2, 3]) for (const right of [4, 5]) cluster.cut(left, right);
  client.request(OpCode.create, zk.createBody("/minority"));
  follower.request(OpCode.create, zk.createBody("/minority-too"));
  expect(logOf(cluster, 4)).toEqual(logOf(cluster, 5));
  expect(logOf(cluster, 5).length).toBe(logOf(cluster, 1).length + 2);
  cluster.advance(2 * TICK_MS);
  expect([4, 5].map((sid) => cluster.peer(sid).state)).toEqual(["looking", "looking"]);
  expect([...client.frames, ...follower.frames]).toEqual([]);
  expect([client.isClosed, follower.isClosed]).toEqual([true, true]);
  cluster.until(() => serving(cluster, 1, 2, 3), 5_000);
  expect(cluster.leader()).toBe(3);
  write(cluster, 1, "/majority");
  cluster.heal();
  untilServing(cluster, 4, 5);
  for (const sid of [4, 5]) {
    expect(hasNode(cluster, sid, "/majority")).toBe(true);
    expect(hasNode(cluster, sid, "/minority") || hasNode(cluster, sid, "/minority-too")).toBe(false);
    expect(logOf(cluster, sid)).toEqual(logOf(cluster, 1));
  }
  expectAgreement(cluster);
});

describe("two of three servers that did not hear of each other for long, while the third is dead", () => {
  it.each([1, 2, 3])("server %i: serve within two seconds when they do again", (dead) => {
    const cluster = servingCluster(3);
    const [one, other] = [1, 2, 3].filter((sid) => sid !== dead) as [number, number];
    cluster.kill(dead);
    untilServing(cluster, one, other);
    cluster.cut(one, other);
    // The pause between two notifications is at its longest.
    cluster.advance(600_000);
    cluster.heal();
    cluster.until(() => serving(cluster, one, other), 2_000);
    expectAgreement(cluster);
  });
});
