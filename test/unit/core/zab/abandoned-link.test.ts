import { expect, test } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { encodeNotification } from "../../../../src/core/election/notification.ts";
import { SERVER_OPTIONS_DEFAULT } from "../../../../src/core/pipeline/server-options.ts";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { Peer } from "../../../../src/core/zab/peer.ts";
import type { PeerInput } from "../../../../src/core/zab/peer-face.ts";
import { makeZxid, ZXID_ZERO, type Zxid } from "../../../../src/protocol/zxid.ts";
import { ENSEMBLE_OPTIONS, membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { APACHE, int } from "../../../support/peers/foreign-words.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";

/** Server 1 of two, whose log the leader 2 wants cut, at the moment when its disk has told that it cannot be. */
function refusedToCut() {
  const cluster = new PeerCluster(membershipOf(2));
  const peer = new Peer({
    server: SERVER_OPTIONS_DEFAULT,
    ensemble: { ...ENSEMBLE_OPTIONS, sid: 1 },
    view: { committed: membershipOf(2), lastSeen: null },
    database: cluster.databaseAt(0),
    createDatabase: () => cluster.databaseAt(0),
    mayVote: true,
    acceptedEpoch: 0,
    currentEpoch: 0,
    lastZxid: ZXID_ZERO,
    rng: createPrng(1),
    startedAt: cluster.now,
  });
  let elapsedMs = cluster.now.elapsedMs;
  const step = (input: PeerInput): void => peer.step(input, { ...cluster.now, elapsedMs });
  const say = (type: number, zxid: Zxid, data: Uint8Array | null = null): void =>
    step({ kind: "packet", link: -1, packet: { type, zxid, data, authinfo: null } });
  step({ kind: "tick" });
  const vote = { leader: 2, zxid: 5 as Zxid, electionEpoch: 1, peerEpoch: 9, state: "looking" } as const;
  step({ kind: "notification", from: 2, payload: encodeNotification(vote, new Uint8Array(0)) });
  elapsedMs += 1_000;
  step({ kind: "tick" });
  peer.takeReady();
  step({ kind: "linkUp", link: -1 });
  say(PacketType.LEADERINFO, makeZxid(9, 0), int(APACHE));
  peer.takeReady();
  step({ kind: "epochsStored", accepted: 9, current: undefined });
  say(PacketType.TRUNC, 5 as Zxid);
  expect(peer.takeReady().jobs).toEqual([{ kind: "truncate", zxid: 5 }]);
  step({ kind: "truncateRefused", reason: "no snapshot below" });
  return { peer, step, say };
}

test("what comes on a link to the leader that was given up, in the turn before it is closed, is no reason to give up the leader", () => {
  const { peer, say } = refusedToCut();
  say(PacketType.PING, 5 as Zxid);
  expect(peer.state).toBe("following");
  const { closeLinks, dial } = peer.takeReady();
  expect(closeLinks).toEqual([-1]);
  expect(dial).toMatchObject([{ link: -2 }]);
});

test("a leader that wants to cut what it was told is not there is given up: there is no end to it else", () => {
  const { peer, step } = refusedToCut();
  expect(peer.takeReady().dial).toMatchObject([{ link: -2 }]);
  const say = (type: number, zxid: Zxid, data: Uint8Array | null = null): void =>
    step({ kind: "packet", link: -2, packet: { type, zxid, data, authinfo: null } });
  step({ kind: "linkUp", link: -2 });
  say(PacketType.LEADERINFO, makeZxid(9, 0), int(APACHE));
  say(PacketType.TRUNC, 5 as Zxid);
  expect(peer.state).toBe("looking");
  // Not "truncate" once more; what was forgotten for the first one comes back from the disk.
  expect(peer.takeReady().jobs).toEqual([{ kind: "reload" }]);
});
