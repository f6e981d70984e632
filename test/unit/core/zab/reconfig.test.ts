import { describe, expect, test } from "vitest";
import { formatMembership } from "../../../../src/core/quorum/membership-text.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { memberLine, RECONFIG_OPEN, reconfig } from "../../../support/peers/reconfiguring.ts";
import { servingCluster, startServing, untilServing } from "../../../support/peers/scenes.ts";

const started = (voters: number): PeerCluster => servingCluster(voters, 0, { server: RECONFIG_OPEN });

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
    const cluster = new PeerCluster(membershipOf(3), { server: RECONFIG_OPEN });
    // So that the leader is the one that answers first.
    Object.assign(cluster.store(1), { accepted: 1, current: 1 });
    startServing(cluster, 1, 2);
    expect(cluster.leader()).toBe(1);
    startServing(cluster, 3);
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
    untilServing(cluster, 4);
    expect(reconfig(client, { joiningServers: memberLine(4) })).toBe(ErrorCode.OK);
    for (const sid of [1, 2, 3, 4]) expect(cluster.peer(sid).view.committed.servers).toHaveLength(4);
    untilServing(cluster, 1, 2, 3, 4);
    expect(zk.create(client, "/with-four")).toBe(0);
    expect(reconfig(client, { leavingServers: "2" })).toBe(ErrorCode.OK);
    cluster.kill(2);
    cluster.kill(4);
    expect(zk.create(client, "/with-two-of-three")).toBe(0);
  });

  test("refusals", () => {
    const cluster = started(3);
    const client = cluster.connect(2);
    expect(reconfig(client, { joiningServers: memberLine(9), curConfigId: 5 })).toBe(ErrorCode.BADVERSION);
    expect(reconfig(client, { joiningServers: "server.9=nonsense" })).toBe(ErrorCode.BADARGUMENTS);
    expect(reconfig(client, { newMembers: `${memberLine(7)},${memberLine(8)},${memberLine(9)}` })).toBe(
      ErrorCode.NEWCONFIGNOQUORUM,
    );
    expect(zk.create(client, "/still-here", { data: bytes("x") })).toBe(0);
  });

  test("an observer, which acknowledges nothing, is no part of the quorum that a new configuration needs", () => {
    const cluster = new PeerCluster(membershipOf(3, 1), { server: RECONFIG_OPEN });
    startServing(cluster, 1, 2, 3, 4);
    const leader = cluster.leader()!;
    const client = cluster.connect(leader);
    expect(reconfig(client, { newMembers: `${memberLine(leader)},${memberLine(4)}` })).toBe(
      ErrorCode.NEWCONFIGNOQUORUM,
    );
    expect(reconfig(client, { joiningServers: memberLine(4) })).toBe(ErrorCode.OK);
    cluster.until(() => cluster.peer(4).state === "following" && cluster.peer(4).isServing);
    expect(reconfig(client, { newMembers: `${memberLine(leader)},${memberLine(4)}` })).toBe(ErrorCode.OK);
  });

  test("F48: the removal of the leader hands over to another server without an election", () => {
    const cluster = started(4);
    const before = cluster.leader()!;
    const client = cluster.connect(1);
    reconfig(client, { leavingServers: String(before) });
    cluster.until(() => cluster.leader() !== undefined && cluster.leader() !== before);
    untilServing(cluster, 1, 2, 3, 4);
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
    reconfig(client, { joiningServers: memberLine(2, "observer") });
    const proposed = cluster.peer(3).view.lastSeen!.version;
    cluster.add(4, cluster.peer(3).view.committed);
    untilServing(cluster, 4);
    for (const sid of [3, 4]) {
      expect(cluster.peer(sid).view.committed.version).toBe(before);
      expect(cluster.peer(sid).view.lastSeen?.version).toBe(proposed);
    }
  });

  test("a leader that completes a reconfig of before by which it loses its vote gives way to a voter", () => {
    const cluster = started(3);
    const client = cluster.connect(3);
    cluster.slowDisks.add(1).add(2);
    reconfig(client, { joiningServers: memberLine(3, "observer") });
    const proposed = cluster.peer(3).view.lastSeen!.version;
    cluster.until(() => cluster.peer(3).state === "looking");
    cluster.slowDisks.clear();
    for (const sid of [1, 2]) cluster.persist(sid);
    untilServing(cluster, 1, 2, 3);
    expect(cluster.leader()).not.toBe(3);
    for (const sid of [1, 2, 3]) expect(cluster.peer(sid).view.committed.version).toBe(proposed);
    expect(cluster.peer(3).state).toBe("observing");
  });
});
