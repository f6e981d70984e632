import { expect, test } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { SERVER_OPTIONS_DEFAULT } from "../../../../src/core/pipeline/server-options.ts";
import type { Membership } from "../../../../src/core/quorum/membership.ts";
import { LeaderDial } from "../../../../src/core/zab/learner/leader-dial.ts";
import { PeerState } from "../../../../src/core/zab/peer-state.ts";
import { ZXID_ZERO } from "../../../../src/protocol/zxid.ts";
import { ENSEMBLE_OPTIONS, membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";

const LIMIT_MS = ENSEMBLE_OPTIONS.connectLimitTicks * SERVER_OPTIONS_DEFAULT.tickTimeMs;

/**
 * Whom `sid` dials when, in ms, to reach leader 5, while every dial of `silent` gets no answer and all others are refused. Server 6 is an
 * observer of five voters.
 */
function dialsWhile(
  silent: (host: string) => boolean,
  sid = 6,
  membership = membershipOf(5, 1),
): { host: string; atMs: number }[] {
  const cluster = new PeerCluster(membership);
  const state = new PeerState({
    server: SERVER_OPTIONS_DEFAULT,
    ensemble: { ...ENSEMBLE_OPTIONS, sid, observerMasterPort: 2191 },
    view: { committed: membership, lastSeen: null },
    database: cluster.databaseAt(0),
    createDatabase: () => cluster.databaseAt(0),
    mayVote: true,
    acceptedEpoch: 1,
    currentEpoch: 1,
    lastZxid: ZXID_ZERO,
    rng: createPrng(1),
    startedAt: { elapsedMs: 0, wallMs: 0 },
  });
  const dial = new LeaderDial(state, 5);
  const dials: { host: string; atMs: number }[] = [];
  dial.start();
  while (dial.failure === undefined) {
    const [next] = state.out.take(state.outbox.take()).dial;
    let atMs = dial.nextDeadline;
    if (next !== undefined) {
      dials.push({ host: next.host, atMs: state.nowMs });
      atMs = Math.min(atMs, state.nowMs + (silent(next.host) ? next.timeoutMs : 1));
    }
    state.turn.set({ elapsedMs: atMs, wallMs: atMs });
    if (next !== undefined) dial.failed(next.link, "no answer");
    dial.tick();
  }
  return dials;
}

/** Server 5 has a second address, `s5b`. */
function withTwoAddresses(): Membership {
  const { servers, ...rest } = membershipOf(5, 1);
  const second = { host: "s5b", quorumPort: 2888, electionPort: 3888 };
  return {
    ...rest,
    servers: servers.map((server) =>
      server.id === 5 ? { ...server, addresses: [...server.addresses, second] } : server,
    ),
  };
}

test("an observer whose first master's machine is dead tries the others before it goes to the leader", () => {
  const [first] = dialsWhile(() => false);
  const dials = dialsWhile((host) => host === first!.host);
  const others = dials.filter(
    ({ host, atMs }) => host !== first!.host && host !== "s5" && atMs < LIMIT_MS / 2,
  );
  expect(new Set(others.map(({ host }) => host)).size).toBe(3);
});

test("when all machines but the leader's are dead, it tries each of them, and the leader after half of the time", () => {
  const dials = dialsWhile((host) => host !== "s5");
  expect(new Set(dials.map(({ host }) => host))).toEqual(new Set(["s1", "s2", "s3", "s4", "s5"]));
  const leaderAtMs = dials.find(({ host }) => host === "s5")!.atMs;
  expect(leaderAtMs).toBeGreaterThanOrEqual(LIMIT_MS / 2 - 1);
  expect(leaderAtMs).toBeLessThan(LIMIT_MS * 0.75);
});

test.each([
  ["a follower", 1],
  ["an observer", 6],
])("%s whose leader does not answer at its first address tries the second", (_, sid) => {
  const dials = dialsWhile((host) => host === "s5", sid, withTwoAddresses());
  expect(dials.map(({ host }) => host)).toContain("s5b");
});
