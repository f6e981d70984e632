import type { Endpoint } from "../../../base/ports.ts";
import { memberOf } from "../../quorum/membership.ts";
import { quorumSystemOf } from "../../quorum/quorum-system.ts";
import type { LinkId } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";

/** Tries per address (quorum-protocol 1.9). */
const TRIES_MAX = 5;
/**
 * The first pauses between tries that are refused, in ms. The leader has been elected this moment and is about to open its port: these
 * tries come in front of those that count.
 */
const EAGER_PAUSES_MS: readonly number[] = [5, 10, 20, 40];

/** An address of a server. */
interface Target extends Endpoint {
  readonly sid: number;
}

/**
 * Connecting to the leader, or, as an observer with `observerMasterPort`, to any of the voters that follow it; to the leader itself
 * when none of those answers, or when there is none (F54): a leader that is a quorum alone has no followers.
 */
export class LeaderDial {
  readonly #state: PeerState;
  /** In the order of the tries. */
  readonly #targets: readonly Target[];
  readonly #leaderSid: number;
  #link: LinkId = 0;
  #tries = 0;
  #eagerTries = 0;
  #triedAtMs = 0;
  #triedSid = 0;
  #giveUpAtMs = Number.POSITIVE_INFINITY;
  /** From then on only the leader is tried, whoever was to be tried before it. */
  #leaderAtMs = Number.POSITIVE_INFINITY;
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
    const limitMs = ensemble.connectLimitTicks * tickMs;
    this.#giveUpAtMs = nowMs + limitMs;
    if (this.#targets.at(-1)?.sid === this.#leaderSid) this.#leaderAtMs = nowMs + limitMs / 2;
    if (this.#targets.length === 0) this.#giveUp("it is in no configuration that is known here");
    else this.#try();
  }

  #try(): void {
    const { nowMs, out } = this.#state;
    while (nowMs >= this.#leaderAtMs && this.#targets[this.#tries]!.sid !== this.#leaderSid) this.#tries++;
    const { sid, host, port } = this.#targets[this.#tries]!;
    this.#triedSid = sid;
    this.#triedAtMs = nowMs;
    this.#tries++;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    this.#link = this.#state.nextLink();
    out.dial({ link: this.#link, host, port, timeoutMs: this.#timeoutMs(sid, this.#giveUpAtMs - nowMs) });
  }

  /** An address that does not answer must leave time for the others: for those of the masters half of it, for the leader's the rest. */
  #timeoutMs(sid: number, leftMs: number): number {
    const { tickMs, ensemble } = this.#state;
    const isLeader = sid === this.#leaderSid;
    const alike = this.#targets.filter((target) => (target.sid === this.#leaderSid) === isLeader);
    const count = new Set(alike.map(({ host, port }) => `${host}:${port}`)).size;
    if (isLeader && count === 1) return leftMs;
    const isAll = alike.length === this.#targets.length;
    return Math.min(leftMs, Math.ceil((ensemble.connectLimitTicks * tickMs) / (isAll ? 1 : 2) / count));
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
    // A machine that does not answer at all is not about to open its port.
    const isRefused = nowMs - this.#triedAtMs < ensemble.connectRetryDelayMs;
    if (isRefused && eagerPauseMs !== undefined && eagerPauseMs < ensemble.connectRetryDelayMs) {
      this.#eagerTries++;
      this.#tries--;
      this.#retryAtMs = nowMs + eagerPauseMs;
    } else if (this.#tries >= this.#targets.length) this.#giveUp(reason);
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

function targetsOf(state: PeerState, leaderSid: number): Target[] {
  const { view, ensemble, learnerType } = state;
  const { committed, lastSeen } = view;
  const spec =
    memberOf(committed, leaderSid) ?? (lastSeen === null ? undefined : memberOf(lastSeen, leaderSid));
  const leader =
    spec?.addresses.map(({ host, quorumPort }) => ({ sid: leaderSid, host, port: quorumPort })) ?? [];
  const isFed = learnerType === "observer" && ensemble.observerMasterPort > 0;
  const masters = isFed ? mastersOf(state, leaderSid) : [];
  if (masters.length === 0) return repeated(leader, TRIES_MAX);
  // The leader comes when the others had their time: they may be about to follow it and to open that port.
  return [...repeated(masters, TRIES_MAX), ...leader];
}

/** The voters that may feed this observer, in an order of its own. */
function mastersOf({ view, ensemble, options, sid }: PeerState, leaderSid: number): Target[] {
  const { committed } = view;
  const { voters } = quorumSystemOf(committed);
  const masters = committed.servers.filter(({ id }) => voters.has(id) && id !== sid && id !== leaderSid);
  const targets = masters.map(({ id, addresses }) => ({
    sid: id,
    host: addresses[0]!.host,
    port: ensemble.observerMasterPort,
  }));
  return shuffled(targets, (bound) => options.rng.below(bound));
}

function repeated<T>(items: readonly T[], times: number): T[] {
  return Array.from({ length: times }, () => items).flat();
}

function shuffled<T>(items: T[], below: (bound: number) => number): T[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [items[at], items[other]] = [items[other]!, items[at]!];
  }
  return items;
}
