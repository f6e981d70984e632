import { describe, expect, it } from "vitest";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { makeZxid } from "../../../../../src/protocol/zxid.ts";
import { zk } from "../../../../support/core-client.ts";
import { expectAgreement, hasNode, logOf } from "../../../../support/peers/findings.ts";
import { errorTxn, int, learnerInfo } from "../../../../support/peers/foreign-words.ts";
import { LED_EPOCH, ledByImpostor } from "../../../../support/peers/led-by-impostor.ts";
import type { ServerStep } from "../../../../support/peers/peer-node.ts";
import { dividedCluster, servingCluster, startServing, write } from "../../../../support/peers/scenes.ts";

const { ACKEPOCH, COMMIT, DIFF, FOLLOWERINFO, NEWLEADER, PROPOSAL, SNAP, TRUNC } = PacketType;

/** Fault scenarios of a TRUNC (quorum-protocol 8.3). F27 is in ensemble-storage.test.ts. */

describe("F25: a crash while the log is cut", () => {
  const points: readonly [string, (step: ServerStep) => boolean, boolean][] = [
    ["in front of the cut", ({ kind }) => kind === "job", false],
    ["between the cut and currentEpoch", ({ kind }) => kind === "current", true],
    ["in front of the ACK", (step) => step.kind === "claim" && step.packet.type === PacketType.ACK, true],
  ];
  it.each(points)("F25: %s leaves a log that ends at the cut, or all of it; it rejoins", (_, at, isCut) => {
    const cluster = dividedCluster("/kept");
    const before = logOf(cluster, 3);
    cluster.crashes = (sid, step) => sid === 3 && at(step);
    cluster.start(3);
    cluster.until(() => cluster.nodes.get(3)!.peer === undefined);
    cluster.crashes = () => false;
    expect(logOf(cluster, 3)).toEqual(isCut ? before.slice(0, -1) : before);
    startServing(cluster, 3);
    expect(hasNode(cluster, 3, "/lost")).toBe(false);
    write(cluster, 3, "/next");
    expectAgreement(cluster);
  });
});

it("F26: what came behind a TRUNC and was not acknowledged with NEWLEADER is not in memory at the next sync (ZOOKEEPER-5094)", () => {
  const { cluster, leader, informed, lost } = ledByImpostor(5);
  const cut = makeZxid(1, 3);
  const next = makeZxid(2, 1);
  informed().say(TRUNC, cut).say(PROPOSAL, next, errorTxn(next)).say(COMMIT, next);
  expect(leader().isClosed).toBe(false);
  lost();
  expect(cluster.peer(1).lastZxid).toBe(cut);
  informed();
  expect(leader().received.at(-1)).toMatchObject({ type: ACKEPOCH, zxid: cut });
  leader().say(DIFF, next).say(PROPOSAL, next, errorTxn(next)).say(COMMIT, next);
  leader().say(NEWLEADER, makeZxid(LED_EPOCH, 0));
  expect(logOf(cluster, 1)).toEqual([1, 2, 3].map((counter) => makeZxid(1, counter)).concat(next));
});

describe("F28: an old leader with txns of epoch 1 that nobody has, while epoch 2 has txns", () => {
  it("F28: loses them when it comes back", () => {
    const cluster = dividedCluster("/kept");
    write(cluster, 1, "/of-epoch-2");
    const lost = logOf(cluster, 3).at(-1)!;
    startServing(cluster, 3);
    expect([hasNode(cluster, 3, "/lost"), hasNode(cluster, 3, "/of-epoch-2")]).toEqual([false, true]);
    expect(logOf(cluster, 3)).not.toContain(lost);
    expectAgreement(cluster);
    cluster.kill(3);
    startServing(cluster, 3);
    expect(hasNode(cluster, 3, "/lost")).toBe(false);
  });

  it.each([
    ["a server of ours is cut: it cuts where it is told to", 0x10001, TRUNC],
    ["one of Apache gets a snapshot: nobody knows what a cut would leave in its log", 0x10000, SNAP],
  ])("F28: %s", (_, protocolVersion, packet) => {
    const cluster = servingCluster(3);
    write(cluster, 3, "/kept");
    const last = cluster.peer(3).lastZxid;
    // Epoch 2 has no txn but the one that only the test's server has logged.
    for (let epoch = 2; epoch <= 3; epoch++) {
      cluster.kill(1, 2, 3);
      startServing(cluster, 1, 2, 3);
    }
    cluster.kill(1);
    write(cluster, 3, "/of-epoch-3");
    const learner = cluster
      .intrude(3)
      .say(FOLLOWERINFO, makeZxid(2, 0), learnerInfo(1, protocolVersion))
      .say(ACKEPOCH, makeZxid(2, 1), int(2));
    const to = packet === TRUNC ? last : cluster.peer(3).lastZxid;
    expect(learner.received[1]).toMatchObject({ type: packet, zxid: to });
  });
});

it.each([
  ["a server of ours is cut to the last one committed", 0x10001, TRUNC, 0],
  [
    "one of Apache gets a snapshot that is above all it has: its start replays what is not (F64)",
    0x10000,
    SNAP,
    2,
  ],
])(
  "F29: with no txn in its epoch yet, an extra txn of a lower one vanishes: %s",
  (_, version, packet, epoch) => {
    const cluster = dividedCluster("/kept");
    const lost = logOf(cluster, 3).at(-1)!;
    const learner = cluster
      .intrude(2)
      .say(FOLLOWERINFO, makeZxid(1, 0), learnerInfo(3, version))
      .say(ACKEPOCH, lost, int(1));
    const zxid = epoch === 0 ? lost - 1 : makeZxid(epoch, 0);
    expect(learner.received[1]).toMatchObject({ type: packet, zxid });
    expect(learner.types.at(-1)).toBe(NEWLEADER);
    startServing(cluster, 3);
    expect(logOf(cluster, 3)).toEqual(logOf(cluster, 2));
    expect(hasNode(cluster, 3, "/lost")).toBe(false);
  },
);

it("a follower of Apache that comes again with what its leader has proposed, and not committed, is cut", () => {
  const cluster = servingCluster(3);
  const client = cluster.connect(3);
  cluster.kill(1);
  cluster.slowDisks.add(2);
  client.request(OpCode.create, zk.createBody("/a"));
  const proposed = logOf(cluster, 3).at(-1)!;
  const learner = cluster
    .intrude(3)
    .say(FOLLOWERINFO, makeZxid(1, 0), learnerInfo(1, 0x10000))
    .say(ACKEPOCH, proposed, int(-1));
  expect(learner.received[1]).toMatchObject({ type: TRUNC, zxid: proposed - 1 });
  expect(learner.received[2]).toMatchObject({ type: PROPOSAL, zxid: proposed });
});
