import type { Endpoint } from "../../../base/ports.ts";
import { memberOf } from "../../quorum/membership.ts";
import { quorumSystemOf } from "../../quorum/quorum-system.ts";
import type { LinkId } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";

/** Tries per address (quorum-protocol 1.9). */
const TRIES_MAX = 5;
/**
 * The first pauses between tries, in ms. The leader has been elected this moment and is about to open its port: these tries come in
 * front of those that count.
 */
const EAGER_PAUSES_MS: readonly number[] = [5, 10, 20, 40];

/** An address of a server. */
interface Target extends Endpoint {
  readonly sid: number;
}

/** Connecting to the leader, or, as an observer with `observerMasterPort`, to any of the voters. */
export class LeaderDial {
  readonly #state: PeerState;
  readonly #targets: readonly Target[];
  readonly #leaderSid: number;
  #link: LinkId = 0;
  #tries = 0;
  #eagerTries = 0;
  #triedSid = 0;
  #giveUpAtMs = Number.POSITIVE_INFINITY;
  #retryAtMs = Number.POSITIVE_INFINITY;
  #lastReason = "";
  #failure: string | undefined;

  constructor(state: PeerState, leaderSid: number) {
    this.#state = state;
    this.#leaderSid = leaderSid;
    this.#targets = targetsOf(state, leaderSid);
  }

  get nextDeadline(): number {
    return Math.min(this.#retryAtMs, this.#giveUpAtMs);
  }

  /** Why it was given up; undefined as long as it was not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The server that was tried last: when that succeeded, the one that this server learns from. */
  get triedSid(): number {
    return this.#triedSid;
  }

  start(): void {
    const { nowMs, tickMs, ensemble } = this.#state;
    this.#tries = 0;
    this.#eagerTries = 0;
    this.#failure = undefined;
    this.#giveUpAtMs = nowMs + ensemble.connectLimitTicks * tickMs;
    if (this.#targets.length === 0) this.#giveUp("it is in no configuration that is known here");
    else this.#try();
  }

  #try(): void {
    const { nowMs, out } = this.#state;
    const { sid, host, port } = this.#targets[this.#tries % this.#targets.length]!;
    this.#triedSid = sid;
    this.#tries++;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    this.#link = this.#state.nextLink();
    out.dial({ link: this.#link, host, port, timeoutMs: this.#giveUpAtMs - nowMs });
  }

  /** Whether that was the dial that is waited for. */
  opened(link: LinkId): boolean {
    if (link !== this.#link) return false;
    this.#retryAtMs = this.#giveUpAtMs = Number.POSITIVE_INFINITY;
    this.#link = 0;
    return true;
  }

  failed(link: LinkId, reason: string): void {
    if (link !== this.#link) return;
    this.#link = 0;
    this.#lastReason = reason;
    const eagerPauseMs = EAGER_PAUSES_MS[this.#eagerTries];
    const { nowMs, ensemble } = this.#state;
    if (eagerPauseMs !== undefined && eagerPauseMs < ensemble.connectRetryDelayMs) {
      this.#eagerTries++;
      this.#tries--;
      this.#retryAtMs = nowMs + eagerPauseMs;
    } else if (this.#tries >= TRIES_MAX * this.#targets.length) this.#giveUp(reason);
    else this.#retryAtMs = nowMs + ensemble.connectRetryDelayMs;
  }

  tick(): void {
    const { nowMs } = this.#state;
    if (nowMs >= this.#giveUpAtMs) this.#giveUp(this.#lastReason || "no answer");
    else if (nowMs >= this.#retryAtMs) this.#try();
  }

  #giveUp(reason: string): void {
    this.stop();
    this.#failure = `cannot connect to leader ${this.#leaderSid}: ${reason}`;
  }

  /** Nothing is tried any more. */
  stop(): void {
    if (this.#link !== 0) this.#state.out.close(this.#link);
    this.#link = 0;
    this.#retryAtMs = this.#giveUpAtMs = Number.POSITIVE_INFINITY;
  }
}

function targetsOf({ view, ensemble, learnerType, options, sid }: PeerState, leaderSid: number): Target[] {
  const { committed, lastSeen } = view;
  if (learnerType === "observer" && ensemble.observerMasterPort > 0) {
    const { voters } = quorumSystemOf(committed);
    const masters = committed.servers.filter(({ id }) => voters.has(id) && id !== sid);
    const endpoints = masters.map(({ id, addresses }) => ({
      sid: id,
      host: addresses[0]!.host,
      port: ensemble.observerMasterPort,
    }));
    return shuffled(endpoints, (bound) => options.rng.below(bound));
  }
  const leader =
    memberOf(committed, leaderSid) ?? (lastSeen === null ? undefined : memberOf(lastSeen, leaderSid));
  return leader?.addresses.map(({ host, quorumPort }) => ({ sid: leaderSid, host, port: quorumPort })) ?? [];
}

function shuffled<T>(items: T[], below: (bound: number) => number): T[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [items[at], items[other]] = [items[other]!, items[at]!];
  }
  return items;
}
