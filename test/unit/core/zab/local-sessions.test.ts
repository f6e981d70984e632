import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { zk } from "../../../support/core-client.ts";
import { connectPayload, OPEN_ACL } from "../../../support/core-harness.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { startServing } from "../../../support/peers/scenes.ts";

/** Server 3 leads. */
function startCluster(upgrades: boolean): PeerCluster {
  const cluster = new PeerCluster(membershipOf(3), {
    server: { localSessionsEnabled: true, localSessionsUpgradingEnabled: upgrades },
  });
  startServing(cluster, 1, 2, 3);
  expect(cluster.peer(3).state).toBe("leading");
  return cluster;
}

const EPHEMERAL_IN_MULTI = [
  { type: OpCode.create, path: "/m", data: null, acl: OPEN_ACL, flags: 1 },
] as const;

describe("local sessions of an ensemble", () => {
  test.each([1, 3])("write through server %i, and own no ephemerals", (sid) => {
    const cluster = startCluster(false);
    const client = cluster.connect(sid);
    expect(zk.create(client, "/a")).toBe(0);
    const before = cluster.peer(3).lastZxid;
    expect(zk.create(client, "/e", { flags: 1 })).toBe(ErrorCode.EPHEMERALONLOCALSESSION);
    // A learner refuses by itself: its leader would take the session for one that has expired.
    expect(zk.multi(client, EPHEMERAL_IN_MULTI)).toEqual(
      sid === 3 ? [{ type: -1, err: -120 }] : ErrorCode.EPHEMERALONLOCALSESSION,
    );
    expect(cluster.peer(3).lastZxid - before).toBe(sid === 3 ? 2 : 0);
    expect(zk.create(client, "/b")).toBe(0);
    expect(cluster.peer(3).database.sessions.size).toBe(0);
  });

  test("are refused elsewhere, and go on at home", () => {
    const cluster = startCluster(false);
    const client = cluster.connect(1);
    const elsewhere = cluster.open(2);
    elsewhere.connect(30_000, client.sessionId, client.password);
    expect(elsewhere.timeoutMs).toBe(0);
    expect(zk.create(client, "/a")).toBe(0);
  });

  test.each([1, 3])("become everybody's with an ephemeral, at server %i", (sid) => {
    const cluster = startCluster(true);
    const client = cluster.connect(sid);
    expect(zk.create(client, "/a")).toBe(0);
    expect(cluster.peer(2).database.sessions.size).toBe(0);
    expect(zk.create(client, "/e", { flags: 1 })).toBe(0);
    expect(cluster.peer(2).database.sessions.has(client.sessionId.key)).toBe(true);
    const moved = cluster.open(2);
    moved.connect(30_000, client.sessionId, client.password);
    expect(moved.sessionId).toEqual(client.sessionId);
    expect(zk.create(moved, "/b")).toBe(0);
  });

  test("are nobody else's before the txn that makes them everybody's is committed", () => {
    const cluster = startCluster(true);
    const client = cluster.connect(1);
    for (const sid of [1, 2]) cluster.slowDisks.add(sid);
    client.request(OpCode.create, zk.createBody("/e", { flags: 1 }));
    const [learner, leader] = [cluster.open(2), cluster.open(3)];
    leader.send(connectPayload({ session: client.sessionId, password: client.password }));
    expect([leader.isClosed, leader.frames.length]).toEqual([true, 0]);
    learner.connect(30_000, client.sessionId, client.password);
    expect(learner.timeoutMs).toBe(0);
    for (const sid of [1, 2]) {
      cluster.slowDisks.delete(sid);
      cluster.persist(sid);
    }
    cluster.until(() => cluster.peer(3).database.sessions.has(client.sessionId.key));
    const moved = cluster.open(3);
    moved.connect(30_000, client.sessionId, client.password);
    expect(moved.sessionId).toEqual(client.sessionId);
  });
});
