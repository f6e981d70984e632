import { describe, expect, it } from "vitest";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { makeZxid } from "../../../../../src/protocol/zxid.ts";
import { zk } from "../../../../support/core-client.ts";
import { expectAgreement, hasNode, logOf } from "../../../../support/peers/findings.ts";
import { errorTxn, int, learnerInfo, OURS } from "../../../../support/peers/foreign-words.ts";
import { LED_EPOCH, ledByImpostor } from "../../../../support/peers/led-by-impostor.ts";
import type { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import type { ServerStep } from "../../../../support/peers/peer-node.ts";
import { servingCluster, startServing, untilServing, write } from "../../../../support/peers/scenes.ts";

const { ACK, ACKEPOCH, COMMIT, DIFF, FOLLOWERINFO, NEWLEADER, PROPOSAL, UPTODATE } = PacketType;
const PATHS = ["/1", "/2", "/3", "/4"];
/** With the one that made the session. */
const TXNS = PATHS.length + 1;

/** Fault scenarios of a DIFF (quorum-protocol 8.3). */

/** Servers 1 and 2 have txns of epoch 2, server 3 has none of them; 2 and 3 are to be started, and 2 leads epoch 3. */
function lagging(): PeerCluster {
  const cluster = servingCluster(3);
  cluster.kill(3);
  untilServing(cluster, 1, 2);
  write(cluster, 1, ...PATHS);
  cluster.kill(1, 2);
  return cluster;
}

function isDown(cluster: PeerCluster, sid: number): boolean {
  return cluster.nodes.get(sid)!.peer === undefined;
}

describe("F16: a follower that crashes in the middle of a DIFF", () => {
  it.each(Array.from({ length: TXNS + 1 }, (_, at) => at))(
    "F16: with %i txns of it in its log does not beat the one that has all of them",
    (logged) => {
      const cluster = lagging();
      let count = 0;
      cluster.crashes = (sid, step) => {
        if (sid !== 3) return false;
        if (step.kind === "log") return count++ === logged;
        return step.kind === "current";
      };
      cluster.start(2, 3);
      cluster.until(() => isDown(cluster, 3));
      cluster.crashes = () => false;
      expect(cluster.store(2)).toMatchObject({ accepted: 3, current: 3 });
      expect(cluster.store(3)).toMatchObject({ accepted: 3, current: 1 });
      expect(logOf(cluster, 3)).toHaveLength(logged);
      // Who led that epoch is gone; server 1 has epoch 2 and the whole history, and the lower id.
      cluster.kill(2);
      startServing(cluster, 1, 3);
      if (logged < TXNS) expect(cluster.leader()).toBe(1);
      for (const path of PATHS)
        expect([1, 3].map((sid) => hasNode(cluster, sid, path))).toEqual([true, true]);
      startServing(cluster, 2);
      expectAgreement(cluster);
    },
  );
});

it("F17: the ACK of NEWLEADER leaves when all txns of the DIFF, and then currentEpoch, are on the disk", () => {
  const cluster = lagging();
  const steps: string[] = [];
  cluster.crashes = (sid, step) => {
    if (sid === 3) steps.push(nameOf(step));
    return false;
  };
  cluster.arrived = ({ type }, from) => {
    if (type === ACK && from === 3) cluster.kill(3);
  };
  cluster.start(2, 3);
  cluster.until(() => isDown(cluster, 3));
  expect(steps.slice(0, TXNS + 4)).toEqual([
    "accepted 3",
    `claim ${ACKEPOCH}`,
    ...Array.from({ length: TXNS }, (_, at) => `log ${makeZxid(2, at + 1)}`),
    "current 3",
    `claim ${ACK}`,
  ]);
  expect(logOf(cluster, 3)).toEqual(logOf(cluster, 2));
  expect(cluster.store(3)).toMatchObject({ accepted: 3, current: 3 });
});

function nameOf(step: ServerStep): string {
  switch (step.kind) {
    case "log":
      return `log ${step.zxid}`;
    case "job":
      return `job ${step.job}`;
    case "claim":
      return `claim ${step.packet.type}`;
    default:
      return `${step.kind} ${step.epoch}`;
  }
}

it.each([[[1, 2]], [[1, 3]], [[2, 3]]])(
  "F18: all crash when the leader has answered a client: servers %j have its write",
  (quorum) => {
    const cluster = lagging();
    startServing(cluster, 2, 3);
    expect(cluster.leader()).toBe(2);
    startServing(cluster, 1);
    const client = cluster.connect(2);
    cluster.arrived = ({ type }) => {
      if (type !== ACK || client.frames.length === 0) return;
      cluster.arrived = () => {};
      cluster.kill(1, 2, 3);
    };
    client.request(OpCode.create, zk.createBody("/answered"));
    expect(client.reply().err).toBe(0);
    expect([1, 2, 3].map((sid) => isDown(cluster, sid))).toEqual([true, true, true]);
    startServing(cluster, ...quorum);
    for (const sid of quorum)
      for (const path of [...PATHS, "/answered"]) expect(hasNode(cluster, sid, path)).toBe(true);
    startServing(cluster, ...[1, 2, 3].filter((sid) => !quorum.includes(sid)));
    expectAgreement(cluster);
  },
);

describe("F19: a PROPOSAL in front of NEWLEADER (ZOOKEEPER-4394)", () => {
  const [first, second] = [makeZxid(LED_EPOCH, 1), makeZxid(LED_EPOCH, 2)];
  const newLeader = [NEWLEADER, makeZxid(LED_EPOCH, 0)] as const;
  const upToDate = [UPTODATE, -1] as const;
  const commit = [COMMIT, second] as const;

  it.each([
    ["in front of NEWLEADER", [commit, newLeader, upToDate]],
    ["between NEWLEADER and UPTODATE", [newLeader, commit, upToDate]],
    ["behind UPTODATE", [newLeader, upToDate, commit]],
  ])("F19: whose COMMIT comes %s is logged, acknowledged and applied once", (name, rest) => {
    const { cluster, leader, informed } = ledByImpostor();
    informed().say(DIFF, 0);
    leader().say(PROPOSAL, first, errorTxn(first)).say(COMMIT, first);
    leader().say(PROPOSAL, second, errorTxn(second));
    for (const [type, zxid] of rest) leader().say(type, zxid);
    expect(leader().isClosed).toBe(false);
    expect(cluster.peer(1).isServing).toBe(true);
    expect(logOf(cluster, 1)).toEqual([first, second]);
    expect(cluster.peer(1).database.lastProcessedZxid).toBe(second);
    const acks = leader().received.flatMap(({ type, zxid }) => (type === ACK ? [zxid] : []));
    const ofEpoch = makeZxid(LED_EPOCH, 0);
    // What was committed in front of NEWLEADER is in its acknowledgement.
    const isInNewLeader = name.startsWith("in front");
    expect(acks).toEqual(isInNewLeader ? [ofEpoch, ofEpoch] : [ofEpoch, second, ofEpoch]);
  });
});

describe("F20: ACKs that are not the one of NEWLEADER (ZOOKEEPER-4685)", () => {
  it.each([
    ["of a txn of the leader's history", makeZxid(2, 1)],
    ["of another epoch", makeZxid(2, 0)],
    ["of an epoch to come", makeZxid(4, 0)],
  ])("F20: one %s counts for nothing, and the right one behind it does", (_, wrong) => {
    const cluster = lagging();
    // The third server is the test's.
    cluster.crashes = (sid, step) => sid === 3 && step.kind === "claim";
    cluster.start(2, 3);
    cluster.until(() => isDown(cluster, 3));
    expect(cluster.peer(2).state).toBe("leading");
    const learner = cluster
      .intrude(2)
      .say(FOLLOWERINFO, makeZxid(1, 0), learnerInfo(3, OURS))
      .say(ACKEPOCH, makeZxid(2, 1), int(1));
    expect(learner.types.at(-1)).toBe(NEWLEADER);
    learner.say(ACK, wrong);
    expect(learner.isClosed).toBe(false);
    expect(cluster.peer(2).isServing).toBe(false);
    learner.say(ACK, makeZxid(3, 0));
    expect(cluster.peer(2).isServing).toBe(true);
    expect(learner.types.at(-1)).toBe(UPTODATE);
  });
});
