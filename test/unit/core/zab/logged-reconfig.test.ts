import { describe, expect, test } from "vitest";
import { formatMembership } from "../../../../src/core/quorum/membership-text.ts";
import { makeZxid } from "../../../../src/protocol/zxid.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { reconfigTxn } from "../../../support/peers/foreign-words.ts";
import { type ClusterOptions, PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { RECONFIG_OPEN } from "../../../support/peers/reconfiguring.ts";

const ZXID = makeZxid(1, 1);

/** Three servers, none started; the log of the third ends with a reconfig that removes the second, and its file was lost to a crash. */
function withLoggedReconfig(ensemble: ClusterOptions["ensemble"] = {}): PeerCluster {
  const cluster = new PeerCluster(membershipOf(3), { server: RECONFIG_OPEN, ensemble });
  const { servers, hierarchy } = membershipOf(3);
  const without2 = { servers: servers.filter(({ id }) => id !== 2), hierarchy, version: ZXID };
  const store = cluster.store(3);
  store.log.push({ zxid: ZXID, bytes: reconfigTxn(ZXID, formatMembership(without2)) });
  store.accepted = store.current = 1;
  return cluster;
}

/** With the reconfig in the log of `sid`, it and server 2 are a quorum of the old members, but it alone is none of the new ones. */
function expectToWaitForNewMembers(cluster: PeerCluster, sid: number): void {
  cluster.advance(30_000);
  expect(cluster.peer(sid).lastZxid).toBe(ZXID);
  expect(cluster.peer(sid).view.lastSeen?.version).toBe(ZXID);
  expect(cluster.peer(sid).isServing).toBe(false);
}

describe("a reconfig in the log whose file was lost to a crash still needs the quorum of its members", () => {
  test("at the server that has logged it", () => {
    const cluster = withLoggedReconfig();
    cluster.start(2, 3);
    expectToWaitForNewMembers(cluster, 3);
    cluster.start(1);
    cluster.until(() => cluster.peer(3).isServing && cluster.peer(1).isServing);
    expect(cluster.peer(3).view.committed.version).toBe(ZXID);
  });

  test("at one that got it in a snapshot, and crashed; the leader had served read-only clients before it led", () => {
    const cluster = withLoggedReconfig({ isReadOnlyEnabled: true, forcesSnapshotSync: true });
    cluster.start(3);
    cluster.until(() => cluster.peer(3).server !== null);
    cluster.crashes = (sid, { kind }) =>
      sid === 1 && kind === "claim" && cluster.store(1).snapshot?.zxid === ZXID;
    cluster.start(1);
    cluster.until(() => cluster.nodes.get(1)!.peer === undefined);
    cluster.crashes = () => false;
    cluster.kill(3);
    cluster.start(1, 2);
    expectToWaitForNewMembers(cluster, 1);
    cluster.start(3);
    cluster.until(() => cluster.peer(3).isServing && cluster.peer(1).isServing);
    expect(cluster.peer(1).view.committed.version).toBe(ZXID);
  });
});
