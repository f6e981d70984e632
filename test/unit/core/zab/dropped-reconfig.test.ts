import { describe, expect, test } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { encodeNotification } from "../../../../src/core/election/notification.ts";
import { SERVER_OPTIONS_DEFAULT, type ServerOptions } from "../../../../src/core/pipeline/server-options.ts";
import { formatMembership } from "../../../../src/core/quorum/membership-text.ts";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { Peer } from "../../../../src/core/zab/peer.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { SetDataRequest } from "../../../../src/protocol/records/proto.ts";
import { makeZxid, ZXID_ZERO, type Zxid } from "../../../../src/protocol/zxid.ts";
import { bytes } from "../../../support/core-client.ts";
import { ENSEMBLE_OPTIONS, membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { errorTxn, int, OURS, reconfigTxn } from "../../../support/peers/foreign-words.ts";
import type { Impostor } from "../../../support/peers/impostor.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { RECONFIG_OPEN } from "../../../support/peers/reconfiguring.ts";
import { startServing, untilServing } from "../../../support/peers/scenes.ts";

const { COMMIT, DIFF, LEADERINFO, NEWLEADER, PROPOSAL, SNAP, TRUNC } = PacketType;

const CONFIGURATION = new TextEncoder().encode(formatMembership(membershipOf(3)));

/** A reconfig that removes server 3, as a txn. */
function reconfigAt(zxid: Zxid) {
  const { servers, hierarchy } = membershipOf(3);
  const without3 = { servers: servers.filter(({ id }) => id !== 3), hierarchy, version: zxid };
  return reconfigTxn(zxid, formatMembership(without3));
}

/**
 * Server 2 of three follows a leader, whom the test speaks for, until their link breaks; then it and server 1 are an ensemble.
 * Returns it.
 */
function followsUntil(
  act: (leader: Impostor, cluster: PeerCluster) => void,
  log: readonly Uint8Array[] = [],
  server: Partial<ServerOptions> = RECONFIG_OPEN,
): PeerCluster {
  const cluster = new PeerCluster(membershipOf(3), { server });
  const store = cluster.store(2);
  store.log.push(...log.map((bytes, at) => ({ zxid: makeZxid(1, at + 1), bytes })));
  store.accepted = store.current = log.length > 0 ? 1 : 0;
  const accepted = cluster.impersonate(3);
  cluster.start(2);
  for (const [from, state] of [
    [3, "leading"],
    [1, "following"],
  ] as const) {
    const vote = { leader: 3, zxid: makeZxid(1, 9), electionEpoch: 1, peerEpoch: 9, version: 2 };
    const payload = encodeNotification({ ...vote, state }, CONFIGURATION);
    cluster.step(2, { kind: "notification", from, payload });
  }
  cluster.until(() => accepted.length > 0);
  act(accepted[0]!.say(LEADERINFO, makeZxid(9, 0), int(OURS)), cluster);
  cluster.step(2, { kind: "linkDown", link: -1, reason: "reset" });
  cluster.start(1);
  untilServing(cluster, 1, 2);
  return cluster;
}

describe("a reconfig that is not in the log any more, or was never, is nobody's to complete (F46)", () => {
  test("its proposal came during a sync that was not finished", () => {
    const cluster = followsUntil((leader) => {
      leader.say(DIFF, 0).say(PROPOSAL, makeZxid(9, 1), reconfigAt(makeZxid(9, 1)));
    });
    expect(cluster.leader()).toBe(2);
    for (const sid of [1, 2]) {
      expect(cluster.peer(sid).view).toMatchObject({
        committed: { version: makeZxid(10, 0) },
        lastSeen: null,
      });
    }
  });

  test("a leader has had it cut, and went away before it could say more", () => {
    const first = makeZxid(1, 1);
    const cluster = followsUntil(
      (leader) => leader.say(TRUNC, first),
      [errorTxn(first), reconfigAt(makeZxid(1, 2))],
    );
    expect(cluster.peer(2).lastZxid).toBe(first);
    for (const sid of [1, 2]) {
      expect(cluster.peer(sid).view).toMatchObject({
        committed: { version: makeZxid(10, 0) },
        lastSeen: null,
      });
    }
  });

  test("a leader's snapshot comes in the place of the log that has it, and the leader went away before it could say more", () => {
    const last = makeZxid(8, 1);
    const cluster = followsUntil(
      (leader, cluster) => {
        leader.say(SNAP, last);
        cluster.step(2, { kind: "snapshotReceived", link: -1, database: cluster.databaseAt(last) });
        cluster.crashes = (sid, step) => {
          if (step.kind === "job" && step.job === "installSnapshot")
            cluster.step(sid, { kind: "linkDown", link: -1, reason: "reset" });
          return false;
        };
        leader.say(NEWLEADER, makeZxid(9, 0), CONFIGURATION);
      },
      [errorTxn(makeZxid(1, 1)), reconfigAt(makeZxid(1, 2))],
    );
    expect(cluster.peer(2).lastZxid).toBe(last);
    for (const sid of [1, 2]) {
      expect(cluster.peer(sid).view).toMatchObject({
        committed: { version: makeZxid(10, 0) },
        lastSeen: null,
      });
    }
  });

  test("the log has it of a time when reconfig was enabled, and now it is not", () => {
    const zxid = makeZxid(8, 1);
    const cluster = followsUntil(
      (leader) => {
        leader.say(DIFF, zxid).say(PROPOSAL, zxid, reconfigAt(zxid)).say(COMMIT, zxid);
        leader.say(NEWLEADER, makeZxid(9, 0));
      },
      [],
      { reconfigEnabled: false },
    );
    expect(cluster.leader()).toBe(2);
    for (const sid of [1, 2]) {
      expect(cluster.peer(sid).lastZxid).toBe(zxid);
      expect(cluster.peer(sid).view).toMatchObject({ committed: { version: 0 }, lastSeen: null });
    }
  });

  test("its file is left of a time before what is committed", () => {
    const cluster = new PeerCluster(membershipOf(3), { server: RECONFIG_OPEN });
    const { servers, hierarchy } = membershipOf(3);
    const at = (version: number) => ({ servers, hierarchy, version: makeZxid(1, version) });
    const view = (lastSeen: number) =>
      new Peer({
        server: SERVER_OPTIONS_DEFAULT,
        ensemble: { ...ENSEMBLE_OPTIONS, sid: 1 },
        view: { committed: at(5), lastSeen: at(lastSeen) },
        database: cluster.databaseAt(0),
        createDatabase: () => cluster.databaseAt(0),
        mayVote: true,
        acceptedEpoch: 1,
        currentEpoch: 1,
        lastZxid: ZXID_ZERO,
        rng: createPrng(1),
        startedAt: cluster.now,
      }).view;
    expect(view(4).lastSeen).toBeNull();
    expect(view(5).lastSeen).toBeNull();
    expect(view(6).lastSeen).toMatchObject(at(6));
  });

  test("its text was written to the node by somebody, and no reconfig did that", () => {
    const cluster = new PeerCluster(membershipOf(3), { server: RECONFIG_OPEN });
    startServing(cluster, 1, 2, 3);
    const { servers, hierarchy } = membershipOf(3);
    const text = formatMembership({ servers: servers.slice(0, 2), hierarchy, version: makeZxid(7, 7) });
    const body = SetDataRequest.encode({ path: "/zookeeper/config", data: bytes(text), version: -1 });
    expect(cluster.connect(1).call(OpCode.setData, body).err).toBe(0);
    cluster.kill(3);
    untilServing(cluster, 1, 2);
    for (const sid of [1, 2]) expect(cluster.peer(sid).view.committed.version).toBe(makeZxid(1, 0));
  });
});
