import { describe, expect, it } from "vitest";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { zk } from "../../../../support/core-client.ts";
import { membershipOf } from "../../../../support/peers/ensemble-defaults.ts";
import { expectAgreement } from "../../../../support/peers/findings.ts";
import { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import {
  serving,
  servingCluster,
  startServing,
  untilServing,
  write,
} from "../../../../support/peers/scenes.ts";

const TICK_MS = 2000;
const SYNC_LIMIT_MS = 5 * TICK_MS;
/** How long a proposed leader waits for a better vote (quorum-protocol 2.5). */
const ELECTION_WAIT_MS = 200;
const EPHEMERAL = 1;

/** Liveness (quorum-protocol 8.2): what comes in bounded time. L6 and L7 are about elections, and in their tests. */

describe("L1: a leader serves soon", () => {
  it.each([3, 5, 7])("L1: of %i fresh servers, within a second", (voters) => {
    const cluster = new PeerCluster(membershipOf(voters));
    cluster.start(...cluster.nodes.keys());
    cluster.until(() => cluster.leader() !== undefined, 1000);
  });

  it.each([3, 5])(
    "L1: of %i servers, within a second of the loss of their leader, until a quorum is lost",
    (voters) => {
      const cluster = servingCluster(voters);
      for (let left = voters - 1; left > voters / 2; left--) {
        cluster.kill(cluster.leader()!);
        cluster.until(() => cluster.leader() !== undefined, 1000);
      }
    },
  );
});

it.each([1, 2])(
  "L1: nobody waits for the vote of a dead leader, also when server %i misses it first",
  (first) => {
    const cluster = servingCluster(3);
    expect(cluster.leader()).toBe(3);
    cluster.cut(first, 3);
    cluster.step(first, { kind: "peerUnreachable", peer: 3 });
    cluster.kill(3);
    cluster.until(() => cluster.leader() !== undefined, ELECTION_WAIT_MS / 2);
  },
);

it("L2: every server that reaches the leader gets UPTODATE", () => {
  const cluster = new PeerCluster(membershipOf(5, 2));
  startServing(cluster, 3, 4, 5);
  write(cluster, 3, "/a");
  // Server 1 hears of a quorum, and of nobody else.
  for (const other of [2, 6, 7]) cluster.cut(1, other);
  cluster.start(1, 2, 6, 7);
  cluster.until(() => serving(cluster, 1, 2, 3, 4, 5, 6, 7), 5000);
  expectAgreement(cluster);
});

it("L3: a proposal that nobody acknowledges ends the leadership within syncLimit and a tick", () => {
  const cluster = servingCluster(3);
  const client = cluster.connect(3, 60_000);
  cluster.slowDisks.add(1).add(2);
  client.request(OpCode.create, zk.createBody("/a"));
  cluster.advance(SYNC_LIMIT_MS);
  expect(cluster.peer(3).state).toBe("leading");
  cluster.advance(2 * TICK_MS);
  expect(cluster.peer(3).isServing).toBe(false);
  expect(client.isClosed).toBe(true);
  // Both have logged it, whoever leads now.
  for (const sid of [1, 2]) {
    cluster.slowDisks.delete(sid);
    cluster.persist(sid);
  }
  untilServing(cluster, 1, 2, 3);
  expect(cluster.peer(1).database.tree.lookup("/a")).toBeGreaterThan(0);
  expectAgreement(cluster);
});

it("L4: a leader that hears nothing stops serving within syncLimit and a tick", () => {
  const cluster = servingCluster(3);
  const client = cluster.connect(3, 60_000);
  cluster.advance(5 * TICK_MS);
  cluster.mute(3);
  cluster.advance(SYNC_LIMIT_MS + TICK_MS);
  expect(cluster.peer(3).isServing).toBe(false);
  expect(client.isClosed).toBe(true);
});

describe("L5: a session whose client is silent ends, with its ephemerals", () => {
  it("L5: when its time is over", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(1, 6000);
    expect(zk.create(client, "/e", { flags: EPHEMERAL })).toBe(0);
    cluster.advance(5000);
    expect(cluster.peer(2).database.tree.ephemeralCount).toBe(1);
    cluster.advance(6000);
    for (const sid of [1, 2, 3]) {
      expect(cluster.peer(sid).database.tree.ephemeralCount).toBe(0);
      expect(cluster.peer(sid).database.sessions.size).toBe(0);
    }
  });

  it("L5: and once more its time behind each change of the leader", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(1, 6000);
    expect(zk.create(client, "/e", { flags: EPHEMERAL })).toBe(0);
    cluster.drop(client);
    cluster.advance(4000);
    cluster.kill(3);
    cluster.until(() => serving(cluster, 1, 2), 1000);
    cluster.advance(4000);
    expect(cluster.peer(1).database.tree.ephemeralCount).toBe(1);
    cluster.advance(7000);
    for (const sid of [1, 2]) expect(cluster.peer(sid).database.tree.ephemeralCount).toBe(0);
  });
});
