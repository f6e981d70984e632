import { expect, it } from "vitest";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { zk } from "../../../../support/core-client.ts";
import { expectAgreement, hasNode, logOf } from "../../../../support/peers/findings.ts";
import { servingCluster, untilServing, write } from "../../../../support/peers/scenes.ts";

/** Fault scenarios of slow disks (quorum-protocol 8.3). Disks that fail are in test/simulation/disk-faults.test.ts. */

it("F37: no commit counts a leader whose disk has not got the txn", () => {
  const cluster = servingCluster(3);
  const client = cluster.connect(3, 60_000);
  // Of the other two one acknowledges, which is no quorum without the leader.
  cluster.slowDisks.add(1).add(3);
  client.request(OpCode.create, zk.createBody("/a"));
  expect(logOf(cluster, 2)).toEqual(logOf(cluster, 3));
  expect(client.frames).toEqual([]);
  expect([2, 3].map((sid) => hasNode(cluster, sid, "/a"))).toEqual([false, false]);
  cluster.persist(3);
  expect(client.reply().err).toBe(0);
});

it("F37: the followers are a quorum without it", () => {
  const cluster = servingCluster(3);
  const client = cluster.connect(3, 60_000);
  cluster.slowDisks.add(3);
  expect(zk.create(client, "/a")).toBe(0);
  expect([1, 2, 3].map((sid) => hasNode(cluster, sid, "/a"))).toEqual([true, true, true]);
});

it("F38: an election waits until the log of the old role has everything, and nothing is in it twice", () => {
  const cluster = servingCluster(3);
  const client = cluster.connect(3, 60_000);
  cluster.slowDisks.add(2);
  for (const path of ["/1", "/2", "/3"]) expect(zk.create(client, path)).toBe(0);
  const before = logOf(cluster, 2);
  cluster.kill(3);
  expect(cluster.peer(2).role).toBeNull();
  // It takes part in nothing while its log is being written: alone server 1 elects nobody.
  cluster.advance(30_000);
  const looked = cluster.events.filter(
    ({ sid, event }) => sid === 2 && event.kind === "roleChanged" && event.state === "looking",
  );
  expect(looked).toHaveLength(1);
  expect(cluster.peer(2).vote).toBeDefined();
  expect(cluster.peer(1).state).toBe("looking");
  cluster.slowDisks.delete(2);
  cluster.persist(2);
  untilServing(cluster, 1, 2);
  expect(cluster.leader()).toBe(2);
  write(cluster, 1, "/4");
  expect(logOf(cluster, 2).slice(0, before.length)).toEqual(before);
  expect(new Set(logOf(cluster, 2)).size).toBe(logOf(cluster, 2).length);
  for (const path of ["/1", "/2", "/3", "/4"]) expect(hasNode(cluster, 1, path)).toBe(true);
  expectAgreement(cluster);
});
