import { describe, expect, test } from "vitest";
import { SERVER_OPTIONS_DEFAULT } from "../../../../src/core/pipeline/server-options.ts";
import { formatMembership } from "../../../../src/core/quorum/membership-text.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { ReconfigRequest } from "../../../../src/protocol/records/proto.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import type { Client } from "../../../support/core-harness.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";

const OPEN = { reconfigEnabled: true, auth: { ...SERVER_OPTIONS_DEFAULT.auth, skipACL: true } };

function started(voters: number): PeerCluster {
  const cluster = new PeerCluster(membershipOf(voters), { server: OPEN });
  const sids = [...cluster.nodes.keys()];
  cluster.start(...sids);
  cluster.until(() => sids.every((sid) => cluster.peer(sid).isServing));
  return cluster;
}

function reconfig(client: Client, fields: Partial<ReconfigRequest>): number {
  const all = { joiningServers: null, leavingServers: null, newMembers: null, curConfigId: -1, ...fields };
  client.request(OpCode.reconfig, ReconfigRequest.encode(all));
  return client.isClosed || client.frames.length === 0 ? Number.NaN : client.reply().err;
}

const line = (sid: number, role = "participant") => `server.${sid}=s${sid}:2888:3888:${role};2181`;

describe("reconfig", () => {
  test("the first leader gives the configuration its version", () => {
    const cluster = started(3);
    for (const sid of [1, 2, 3]) {
      const { view, database } = cluster.peer(sid);
      expect(view.committed.version.toString(16)).toBe("100000000");
      expect(view.lastSeen).toBeNull();
      const node = database.tree.lookup("/zookeeper/config");
      expect(new TextDecoder().decode(database.tree.data(node)!)).toBe(formatMembership(view.committed));
    }
  });

  test("a server that comes later finds the leader whoever tells it of the configuration first", () => {
    const cluster = new PeerCluster(membershipOf(3), { server: OPEN });
    // So that the leader is the one that answers first.
    Object.assign(cluster.store(1), { accepted: 1, current: 1 });
    cluster.start(1, 2);
    cluster.until(() => [1, 2].every((sid) => cluster.peer(sid).isServing));
    expect(cluster.leader()).toBe(1);
    cluster.start(3);
    cluster.until(() => cluster.peer(3).isServing);
    expect(cluster.peer(3).view.committed.version).toBe(cluster.peer(1).view.committed.version);
  });

  test("a server joins, becomes a voter, and the others can leave", () => {
    const cluster = started(3);
    const client = cluster.connect(1);
    const joiner = membershipOf(4);
    cluster.add(4, {
      ...joiner,
      servers: joiner.servers.slice(0, 3).concat({ ...joiner.servers[3]!, peerType: "observer" }),
    });
    cluster.until(() => cluster.peer(4).isServing);
    expect(reconfig(client, { joiningServers: line(4) })).toBe(ErrorCode.OK);
    for (const sid of [1, 2, 3, 4]) expect(cluster.peer(sid).view.committed.servers).toHaveLength(4);
    cluster.until(() => [1, 2, 3, 4].every((sid) => cluster.peer(sid).isServing));
    expect(zk.create(client, "/with-four")).toBe(0);
    expect(reconfig(client, { leavingServers: "2" })).toBe(ErrorCode.OK);
    cluster.kill(2);
    cluster.kill(4);
    expect(zk.create(client, "/with-two-of-three")).toBe(0);
  });

  test("refusals", () => {
    const cluster = started(3);
    const client = cluster.connect(2);
    expect(reconfig(client, { joiningServers: line(9), curConfigId: 5 })).toBe(ErrorCode.BADVERSION);
    expect(reconfig(client, { joiningServers: "server.9=nonsense" })).toBe(ErrorCode.BADARGUMENTS);
    expect(reconfig(client, { newMembers: `${line(7)},${line(8)},${line(9)}` })).toBe(
      ErrorCode.NEWCONFIGNOQUORUM,
    );
    expect(zk.create(client, "/still-here", { data: bytes("x") })).toBe(0);
  });

  test("an observer, which acknowledges nothing, is no part of the quorum that a new configuration needs", () => {
    const cluster = new PeerCluster(membershipOf(3, 1), { server: OPEN });
    cluster.start(1, 2, 3, 4);
    cluster.until(() => [1, 2, 3, 4].every((sid) => cluster.peer(sid).isServing));
    const leader = cluster.leader()!;
    const client = cluster.connect(leader);
    expect(reconfig(client, { newMembers: `${line(leader)},${line(4)}` })).toBe(ErrorCode.NEWCONFIGNOQUORUM);
    expect(reconfig(client, { joiningServers: line(4) })).toBe(ErrorCode.OK);
    cluster.until(() => cluster.peer(4).state === "following" && cluster.peer(4).isServing);
    expect(reconfig(client, { newMembers: `${line(leader)},${line(4)}` })).toBe(ErrorCode.OK);
  });

  test("F48: the removal of the leader hands over to another server without an election", () => {
    const cluster = started(4);
    const before = cluster.leader()!;
    const client = cluster.connect(1);
    reconfig(client, { leavingServers: String(before) });
    cluster.until(() => cluster.leader() !== undefined && cluster.leader() !== before);
    cluster.until(() => [1, 2, 3, 4].every((sid) => cluster.peer(sid).isServing));
    expect(cluster.peer(1).currentEpoch).toBe(2);
    expect(zk.create(cluster.connect(before), "/through-the-removed")).toBe(0);
    for (const sid of [1, 2, 3, 4]) expect(cluster.peer(sid).view.committed.servers).toHaveLength(3);
  });

  test("who joins while a reconfig is proposed does not take it for committed", () => {
    const cluster = started(3);
    const client = cluster.connect(3);
    const before = cluster.peer(3).view.committed.version;
    // Nothing is committed: no ACK comes.
    cluster.slowDisks.add(1).add(2);
    reconfig(client, { joiningServers: line(2, "observer") });
    const proposed = cluster.peer(3).view.lastSeen!.version;
    cluster.add(4, cluster.peer(3).view.committed);
    cluster.until(() => cluster.peer(4).isServing);
    for (const sid of [3, 4]) {
      expect(cluster.peer(sid).view.committed.version).toBe(before);
      expect(cluster.peer(sid).view.lastSeen?.version).toBe(proposed);
    }
  });

  test("a leader that completes a reconfig of before by which it loses its vote gives way to a voter", () => {
    const cluster = started(3);
    const client = cluster.connect(3);
    cluster.slowDisks.add(1).add(2);
    reconfig(client, { joiningServers: line(3, "observer") });
    const proposed = cluster.peer(3).view.lastSeen!.version;
    cluster.until(() => cluster.peer(3).state === "looking");
    cluster.slowDisks.clear();
    for (const sid of [1, 2]) cluster.persist(sid);
    cluster.until(() => [1, 2, 3].every((sid) => cluster.peer(sid).isServing));
    expect(cluster.leader()).not.toBe(3);
    for (const sid of [1, 2, 3]) expect(cluster.peer(sid).view.committed.version).toBe(proposed);
    expect(cluster.peer(3).state).toBe("observing");
  });
});
