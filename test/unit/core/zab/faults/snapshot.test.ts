import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { makeZxid } from "../../../../../src/protocol/zxid.ts";
import { expectAgreement, hasNode, logOf } from "../../../../support/peers/findings.ts";
import { errorTxn } from "../../../../support/peers/foreign-words.ts";
import { LED_EPOCH, ledByImpostor } from "../../../../support/peers/led-by-impostor.ts";
import type { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { servingCluster, startServing, untilServing, write } from "../../../../support/peers/scenes.ts";

const { ACK, ACKEPOCH, COMMIT, DIFF, NEWLEADER, PROPOSAL, SNAP, UPTODATE } = PacketType;

/** Fault scenarios of a SNAP (quorum-protocol 8.3). F23 is in peer-cluster.test.ts. */

/** Server 1 has /old and lacks what 2 and 3 have; whoever comes gets a snapshot. */
function lagging(): PeerCluster {
  const cluster = servingCluster(3, 0, { ensemble: { forcesSnapshotSync: true } });
  write(cluster, 3, "/old");
  cluster.kill(1);
  write(cluster, 3, "/a", "/b");
  return cluster;
}

it.each([1, 4])(
  "F21: a connection that is lost in the middle of a snapshot, %i times, leaves the disk as it was",
  (times) => {
    const cluster = lagging();
    const before = diskOf(cluster);
    const said: number[] = [];
    cluster.arrived = ({ type, zxid }, from) => {
      if (type === ACKEPOCH && from === 1) said.push(zxid);
    };
    cluster.slowSnapshots.add(3);
    cluster.start(1);
    for (let at = 0; at < times; at++) {
      cluster.until(() => cluster.peer(1).role?.syncMode === "SNAP");
      expect(hasNode(cluster, 1, "/old")).toBe(false);
      cluster.breakLinks(1, 3);
      cluster.settle();
      expect(diskOf(cluster)).toEqual(before);
    }
    cluster.until(() => cluster.peer(1).role?.syncMode === "SNAP");
    cluster.slowSnapshots.delete(3);
    cluster.finishSnapshots(3);
    untilServing(cluster, 1);
    // What it had lost from memory came back from the disk each time.
    expect(said).toEqual(Array.from({ length: times + 1 }, () => before.log.at(-1)));
    expectAgreement(cluster);
  },
);

function diskOf(cluster: PeerCluster) {
  const { accepted, current, snapshot, log } = cluster.store(1);
  const bytes = Buffer.from(snapshot?.bytes ?? []).toString("hex");
  return { accepted, current, log: log.map(({ zxid }) => zxid), snapshot: snapshot?.zxid, bytes };
}

it("F22: a snapshot that came whole counts for nothing before its NEWLEADER: the next sync begins at the disk's zxid (ZOOKEEPER-3642)", () => {
  const { cluster, leader, informed, lost } = ledByImpostor(3);
  const onDisk = makeZxid(1, 3);
  informed().say(SNAP, makeZxid(8, 7));
  cluster.step(1, { kind: "snapshotReceived", link: -1, database: cluster.databaseAt(makeZxid(8, 7)) });
  expect(cluster.peer(1).lastZxid).toBe(makeZxid(8, 7));
  lost();
  informed();
  expect(leader().received.at(-1)).toMatchObject({ type: ACKEPOCH, zxid: onDisk });
  expect(logOf(cluster, 1)).toEqual([1, 2, 3].map((counter) => makeZxid(1, counter)));
  const next = makeZxid(2, 1);
  leader().say(DIFF, next).say(PROPOSAL, next, errorTxn(next)).say(COMMIT, next);
  leader().say(NEWLEADER, makeZxid(LED_EPOCH, 0)).say(UPTODATE, -1);
  expect(leader().received.at(-1)).toMatchObject({ type: ACK, zxid: makeZxid(LED_EPOCH, 0) });
  expect(logOf(cluster, 1).at(-1)).toBe(next);
  expect(cluster.store(1).snapshot).toBeUndefined();
});

describe("F24: a crash between the snapshot on the disk and currentEpoch", () => {
  it("F24: leaves a server that goes on from the snapshot, without a hole", () => {
    const cluster = lagging();
    cluster.kill(2, 3);
    startServing(cluster, 2, 3);
    cluster.crashes = (sid, step) => sid === 1 && step.kind === "current";
    cluster.start(1);
    cluster.until(() => cluster.nodes.get(1)!.peer === undefined);
    cluster.crashes = () => false;
    expect(cluster.store(1)).toMatchObject({ accepted: 2, current: 1, log: [] });
    expect(cluster.store(1).snapshot?.zxid).toBe(cluster.peer(3).lastZxid);
    // With the lower currentEpoch and the same history it follows.
    cluster.kill(3);
    startServing(cluster, 1, 2);
    expect(cluster.leader()).toBe(2);
    write(cluster, 1, "/after");
    startServing(cluster, 3);
    expectAgreement(cluster);
  });

  it("F24: also when the snapshot is of the epoch that was not stored: that follows the snapshot", () => {
    const cluster = lagging();
    cluster.kill(2, 3);
    startServing(cluster, 2, 3);
    write(cluster, 3, "/of-epoch-2");
    cluster.crashes = (sid, step) => sid === 1 && step.kind === "current";
    cluster.start(1);
    cluster.until(() => cluster.nodes.get(1)!.peer === undefined);
    cluster.crashes = () => false;
    cluster.kill(2, 3);
    // It has all that is committed: alone with a wiped one it brings everything back.
    cluster.wipe(2);
    startServing(cluster, 1, 2);
    expect(cluster.leader()).toBe(1);
    for (const path of ["/old", "/a", "/b", "/of-epoch-2"]) expect(hasNode(cluster, 2, path)).toBe(true);
    startServing(cluster, 3);
    expectAgreement(cluster);
  });
});
