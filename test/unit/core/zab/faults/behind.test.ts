import { describe, expect, it } from "vitest";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { expectAgreement, hasNode, logOf } from "../../../../support/peers/findings.ts";
import type { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { servingCluster, startServing, untilServing, write } from "../../../../support/peers/scenes.ts";

const { ACKEPOCH, DIFF, SNAP, TRUNC } = PacketType;
const SYNCS: readonly number[] = [DIFF, SNAP, TRUNC];
const COMMIT_LOG_COUNT = 4;
const PATHS = Array.from({ length: 12 }, (_, at) => `/n${at}`);

/** Fault scenarios of servers that lack much (quorum-protocol 8.3). */

/** How server 1 is synchronised, each time. */
function syncsOf(cluster: PeerCluster): number[] {
  const types: number[] = [];
  const { arrived } = cluster;
  cluster.arrived = (packet, from, to) => {
    arrived(packet, from, to);
    if (to === 1 && SYNCS.includes(packet.type)) types.push(packet.type);
  };
  return types;
}

describe("F30: a follower that was away for more txns than the committed log has", () => {
  function away(): PeerCluster {
    const cluster = servingCluster(3, 0, { commitLogCount: COMMIT_LOG_COUNT });
    write(cluster, 3, "/before");
    cluster.cut(1, 2);
    cluster.cut(1, 3);
    write(cluster, 3, ...PATHS);
    expect(cluster.peer(3).database.committed.count).toBe(COMMIT_LOG_COUNT);
    return cluster;
  }

  it("F30: gets them from the log on the disk", () => {
    const cluster = away();
    const syncs = syncsOf(cluster);
    cluster.heal();
    untilServing(cluster, 1, 2, 3);
    expect(syncs).toEqual([DIFF]);
    expect(logOf(cluster, 1)).toEqual(logOf(cluster, 3));
    expectAgreement(cluster);
  });

  it("F30: gets a snapshot where the log does not reach back so far", () => {
    const cluster = away();
    const syncs = syncsOf(cluster);
    cluster.store(3).log.splice(0, PATHS.length);
    cluster.heal();
    untilServing(cluster, 1);
    expect(syncs).toEqual([SNAP]);
    for (const path of PATHS) expect(hasNode(cluster, 1, path)).toBe(true);
    expect(cluster.store(1).log).toEqual([]);
  });

  it.each([1, 3, 6])("F30: is not led over a gap when %i of them are purged meanwhile", (purged) => {
    const cluster = away();
    let isArmed = true;
    cluster.arrived = ({ type }, from) => {
      if (type !== ACKEPOCH || from !== 1 || !isArmed) return;
      // The disk has been asked, and has not answered yet.
      isArmed = false;
      // With the two that server 1 has.
      cluster.store(3).log.splice(0, 2 + purged);
    };
    const syncs = syncsOf(cluster);
    cluster.heal();
    untilServing(cluster, 1);
    const notices = cluster.events.map(({ event }) => (event.kind === "peerNotice" ? event.message : ""));
    expect(notices.filter((message) => message.includes("the own log has a gap"))).toHaveLength(1);
    expect(syncs).toEqual([SNAP]);
    for (const path of ["/before", ...PATHS]) expect(hasNode(cluster, 1, path)).toBe(true);
    expect(logOf(cluster, 1)).toEqual([]);
    write(cluster, 1, "/next");
    expect(cluster.peer(1).lastZxid).toBe(cluster.peer(3).lastZxid);
  });
});

describe("F31: a server whose disk was replaced", () => {
  it("F31: comes back with a snapshot", () => {
    const cluster = servingCluster(3, 0, { commitLogCount: COMMIT_LOG_COUNT });
    write(cluster, 3, ...PATHS);
    cluster.kill(1);
    cluster.wipe(1);
    cluster.store(1).mayVote = false;
    // Its log begins later than everything.
    cluster.store(3).log.splice(0, 3);
    const syncs = syncsOf(cluster);
    startServing(cluster, 1);
    expect(syncs).toEqual([SNAP]);
    for (const path of PATHS) expect(hasNode(cluster, 1, path)).toBe(true);
    expect(cluster.peer(1).currentEpoch).toBe(1);
  });

  it("F31: is no voter with another one like it: only the operator may begin with what is left", () => {
    const cluster = servingCluster(3);
    write(cluster, 3, "/precious");
    cluster.kill(1, 2, 3);
    for (const sid of [2, 3]) {
      cluster.wipe(sid);
      cluster.store(sid).mayVote = false;
    }
    cluster.start(1, 2, 3);
    cluster.advance(300_000);
    expect([1, 2, 3].map((sid) => cluster.peer(sid).state)).toEqual(["looking", "looking", "looking"]);
    expect(hasNode(cluster, 1, "/precious")).toBe(true);
    // The file `initialize` on one of them.
    cluster.kill(2);
    cluster.store(2).mayVote = true;
    startServing(cluster, 2);
    untilServing(cluster, 1, 2, 3);
    expect(cluster.leader()).toBe(1);
    for (const sid of [2, 3]) expect(hasNode(cluster, sid, "/precious")).toBe(true);
  });
});
