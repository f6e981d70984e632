import type { Rng } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { ElectionSelf } from "../../src/core/election/election-round.ts";
import { FastLeaderElection } from "../../src/core/election/fast-leader-election.ts";
import type { PeerState, Vote } from "../../src/core/election/vote.ts";
import type { Membership } from "../../src/core/quorum/membership.ts";
import { containsAllQuorums } from "../../src/core/quorum/quorum-view.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import { membershipOf } from "./membership.ts";

export interface ElectionFaults {
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** Share of messages that do not arrive, 0 … 1. */
  readonly loss: number;
}

/** What a server of the world has on disk. */
export interface Holdings {
  readonly lastZxid?: number;
  readonly currentEpoch?: number;
}

export interface ElectionServer {
  readonly sid: number;
  machine: FastLeaderElection;
  lastZxid: number;
  currentEpoch: number;
  isUp: boolean;
  state: PeerState;
  /** What it decided; undefined while it looks. */
  vote: Vote | undefined;
  /** Its leader has a quorum of followers, itself among them or leading. */
  isServing: boolean;
  sinceMs: number;
  /** Which of its leader's leaderships (by number) it is in sync with: that of another one has closed its link. */
  tenure: number;
  committed: Membership;
  /** Every line that a notification was refused with. */
  readonly malformed: string[];
}

const CALM: ElectionFaults = { delayMinMs: 1, delayMaxMs: 5, loss: 0 };
const TICK_MS = 50;
/** How long a follower tries to reach a leader that does not lead, and a leader waits for followers. */
const FOLLOW_MS = 500;
const LEAD_MS = 2000;

/**
 * Election machines under a virtual clock and network: messages of one pair stay in order, others do not. What comes behind an
 * election is played in the simplest way: a leader with a quorum of followers serves, with an epoch of its own; everybody else gives up after a while.
 */
export class ElectionWorld {
  readonly servers = new Map<number, ElectionServer>();
  readonly membership: Membership;
  faults: ElectionFaults = CALM;
  nowMs = 0;
  /** Which messages a pair's link takes; all by default. */
  isCut: (from: number, to: number) => boolean = () => false;
  sent = 0;
  readonly #prng: Rng;
  readonly #isReconfigEnabled: boolean;
  readonly #inFlight: {
    atMs: number;
    from: number;
    to: number;
    payload: Uint8Array;
    life: FastLeaderElection;
  }[] = [];
  /** Dials of servers that are down. */
  readonly #refused: { atMs: number; from: ElectionServer; life: FastLeaderElection; to: number }[] = [];
  readonly #lastArrival = new Map<string, number>();
  #nextTickMs = 0;
  #tenures = 0;

  constructor(
    membership: Membership | readonly number[],
    options: { seed?: number; isReconfigEnabled?: boolean } = {},
  ) {
    this.membership = "servers" in membership ? membership : membershipOf(membership);
    this.#prng = createPrng(options.seed ?? 1);
    this.#isReconfigEnabled = options.isReconfigEnabled ?? false;
  }

  /** Starts a server, or starts it anew with an empty memory. */
  start(
    sid: number,
    { lastZxid = 0, currentEpoch = 0 }: Holdings = {},
    committed = this.membership,
  ): ElectionServer {
    const machine = new FastLeaderElection({
      sid,
      minIntervalMs: 200,
      maxIntervalMs: 60_000,
      finalizeWaitMs: 200,
    });
    const server: ElectionServer = {
      sid,
      machine,
      lastZxid,
      currentEpoch,
      isUp: true,
      state: "looking",
      vote: undefined,
      isServing: false,
      sinceMs: this.nowMs,
      tenure: 0,
      committed,
      malformed: [],
    };
    this.servers.set(sid, server);
    this.look(server);
    return server;
  }

  stop(sid: number): void {
    this.server(sid).isUp = false;
  }

  server(sid: number): ElectionServer {
    return this.servers.get(sid)!;
  }

  look(server: ElectionServer): void {
    server.state = "looking";
    server.vote = undefined;
    server.isServing = false;
    server.sinceMs = this.nowMs;
    server.machine.start(this.#selfOf(server), this.nowMs);
    this.#perform(server);
  }

  deliver(from: number, to: number, payload: Uint8Array): void {
    const server = this.server(to);
    server.machine.receive(from, payload, this.nowMs);
    this.#perform(server);
  }

  /** Runs until `isDone` holds, at most `limitMs`; tells whether it does. */
  runUntil(isDone: () => boolean, limitMs = 300_000): boolean {
    const endMs = this.nowMs + limitMs;
    while (!isDone()) {
      const next = this.#nextEventMs();
      if (next > endMs) {
        this.nowMs = endMs;
        return isDone();
      }
      this.nowMs = Math.max(this.nowMs, next);
      this.#step();
    }
    return true;
  }

  run(durationMs: number): void {
    this.runUntil(() => false, durationMs);
  }

  /** The servers that are up and have decided all follow one that leads and serves, and all of `sids` (default: all that are up) have. */
  isSettled(sids = [...this.servers.values()].filter(({ isUp }) => isUp).map(({ sid }) => sid)): boolean {
    const leaders = new Set(sids.map((sid) => this.server(sid).vote?.leader));
    const [leader] = leaders;
    if (leaders.size !== 1 || leader === undefined) return false;
    const led = this.servers.get(leader);
    return sids.every((sid) => this.server(sid).isServing) && led?.isUp === true && led.state === "leading";
  }

  #selfOf({ sid, lastZxid, currentEpoch, committed }: ElectionServer): ElectionSelf {
    const isObserver = committed.servers.some(({ id, peerType }) => id === sid && peerType === "observer");
    return {
      sid,
      view: { committed, lastSeen: null },
      learnerType: isObserver ? "observer" : "participant",
      lastZxid: lastZxid as Zxid,
      currentEpoch,
      isReconfigEnabled: this.#isReconfigEnabled,
    };
  }

  #nextEventMs(): number {
    let next = this.#nextTickMs;
    for (const { atMs } of [...this.#inFlight, ...this.#refused]) next = Math.min(next, atMs);
    for (const { isUp, machine } of this.servers.values())
      if (isUp) next = Math.min(next, machine.nextDeadline);
    return next;
  }

  #step(): void {
    const arrived = this.#inFlight.filter(({ atMs }) => atMs <= this.nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const message of arrived) {
      this.#inFlight.splice(this.#inFlight.indexOf(message), 1);
      const { from, to, payload, life } = message;
      const server = this.servers.get(to);
      // A restarted server has new connections: what was on its way to the old ones is lost.
      if (server?.isUp && server.machine === life && !this.isCut(from, to)) this.deliver(from, to, payload);
    }
    for (const refused of this.#refused.filter(({ atMs }) => atMs <= this.nowMs)) {
      this.#refused.splice(this.#refused.indexOf(refused), 1);
      const { from, life, to } = refused;
      if (!from.isUp || from.machine !== life) continue;
      life.unreachable(to, this.nowMs);
      this.#perform(from);
    }
    for (const server of this.servers.values()) {
      if (!server.isUp || server.machine.nextDeadline > this.nowMs) continue;
      server.machine.tick(this.nowMs);
      this.#perform(server);
    }
    if (this.nowMs < this.#nextTickMs) return;
    this.#nextTickMs = this.nowMs + TICK_MS;
    for (const server of this.servers.values()) if (server.isUp) this.#serve(server);
  }

  #perform(server: ElectionServer): void {
    const { send, decided, adoptConfig, malformed, nonsense } = server.machine.take();
    for (const { to, payload } of send) this.#post(server.sid, to, payload);
    server.malformed.push(...malformed, ...nonsense.map(({ reason }) => reason));
    if (decided !== undefined) {
      server.state = decided.state;
      server.vote = decided.vote;
      server.sinceMs = this.nowMs;
    }
    if (adoptConfig !== undefined) {
      server.committed = adoptConfig;
      this.look(server);
    }
  }

  #post(from: number, to: number, payload: Uint8Array): void {
    this.sent++;
    const receiver = this.servers.get(to);
    if (this.isCut(from, to) || this.#prng.below(1_000_000) < this.faults.loss * 1_000_000) return;
    if (receiver?.isUp !== true) {
      const sender = this.server(from);
      this.#refused.push({ atMs: this.nowMs + 1, from: sender, life: sender.machine, to });
      return;
    }
    const { delayMinMs, delayMaxMs } = this.faults;
    const pair = `${from} ${to}`;
    const arrival = this.nowMs + delayMinMs + this.#prng.below(delayMaxMs - delayMinMs + 1);
    const atMs = Math.max(arrival, this.#lastArrival.get(pair) ?? 0);
    this.#lastArrival.set(pair, atMs);
    this.#inFlight.push({ atMs, from, to, payload, life: receiver.machine });
  }

  /** What discovery and synchronisation do, as far as an election can tell. */
  #serve(server: ElectionServer): void {
    if (server.state === "looking" || server.vote === undefined) return;
    const waitedMs = this.nowMs - server.sinceMs;
    const leader = this.servers.get(server.vote.leader);
    if (server.state === "leading") {
      const followers = [...this.servers.values()].filter((other) => this.#follows(other, server));
      const hasQuorum = containsAllQuorums(
        { committed: server.committed, lastSeen: null },
        new Set([server.sid, ...followers.map(({ sid }) => sid)]),
      );
      if (hasQuorum && !server.isServing) {
        server.tenure = ++this.#tenures;
        this.#establish(server, Math.max(...followers.map((f) => f.currentEpoch), server.currentEpoch) + 1);
      }
      if (hasQuorum) server.sinceMs = this.nowMs;
      else if (waitedMs > LEAD_MS) this.look(server);
    } else if (leader === undefined || !this.#follows(server, leader) || leader.state !== "leading") {
      if (waitedMs > FOLLOW_MS) this.look(server);
    } else if (leader.isServing) {
      server.sinceMs = this.nowMs;
      if (!server.isServing) {
        server.lastZxid = leader.lastZxid;
        server.tenure = leader.tenure;
        this.#establish(server, leader.currentEpoch);
      } else if (server.tenure !== leader.tenure) this.look(server);
    } else if (waitedMs > LEAD_MS) this.look(server);
  }

  #follows(server: ElectionServer, leader: ElectionServer): boolean {
    const isLinked = !this.isCut(server.sid, leader.sid) && !this.isCut(leader.sid, server.sid);
    return (
      server.isUp &&
      leader.isUp &&
      isLinked &&
      server.sid !== leader.sid &&
      server.vote?.leader === leader.sid
    );
  }

  #establish(server: ElectionServer, epoch: number): void {
    server.isServing = true;
    server.currentEpoch = epoch;
    server.vote = { ...server.vote!, peerEpoch: epoch };
    server.machine.setEstablished(server.state, server.vote);
  }
}
