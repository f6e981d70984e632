import { Buffer } from "node:buffer";
import { JuteError } from "../../protocol/jute-reader.ts";
import { ZXID_ZERO } from "../../protocol/zxid.ts";
import type { MembershipRules } from "../quorum/build-membership.ts";
import { type Membership, MembershipError, sameMembers } from "../quorum/membership.ts";
import { formatMembership, parseMembershipText } from "../quorum/membership-text.ts";
import { type QuorumView, votersOf } from "../quorum/quorum-view.ts";
import { type Answer, AnswerLimit } from "./answer-limit.ts";
import { ElectionRound, type ElectionSelf } from "./election-round.ts";
import { decodeNotification, encodeNotification, type Notification } from "./notification.ts";
import type { PeerState, Vote } from "./vote.ts";

export interface ElectionOptions {
  readonly sid: number;
  /** `fastleader.minNotificationInterval`: first wait before the proposal is repeated. */
  readonly minIntervalMs: number;
  /** `fastleader.maxNotificationInterval`: the wait doubles up to this. */
  readonly maxIntervalMs: number;
  /** How long a backed proposal waits for a better one: 200. */
  readonly finalizeWaitMs: number;
  /** How configurations of peers are read; by default with several addresses, and without an oracle. */
  readonly rules?: MembershipRules;
}

/** What is to be done after a step of the election. */
export interface ElectionOutput {
  /** Payloads of notifications; a later one for the same peer replaces one that has not left. */
  readonly send: readonly { readonly to: number; readonly payload: Uint8Array }[];
  /** The search is over. The machine takes itself for a server of this state from now on. */
  readonly decided: { readonly state: PeerState; readonly vote: Vote } | undefined;
  /**
   * A newer committed configuration of a peer, to be processed (quorum-protocol 5.6). When its members differ from those before,
   * the election has to be started anew; in any case the machine must be told of the new view.
   */
  readonly adoptConfig: Membership | undefined;
  /** Voters that look for a leader while this server leads (quorum-protocol 3.2 step 8). */
  readonly disloyalVoters: readonly number[];
  /** Configurations in notifications that could not be read, one line for each. */
  readonly malformed: readonly string[];
  /** Peers that have sent what is no notification, and why: their links are to be closed. */
  readonly nonsense: readonly { readonly from: number; readonly reason: string }[];
}

const NOTHING: ElectionOutput = Object.freeze({
  send: Object.freeze([]),
  decided: undefined,
  adoptConfig: undefined,
  disloyalVoters: Object.freeze([]),
  malformed: Object.freeze([]),
  nonsense: Object.freeze([]),
});

/** How long after a vain try at a peer the next one comes, while a leader is looked for. */
const RETRY_MS = 1000;
/** Strangers may ask too; more than an ensemble has. */
const ASKED_MAX = 1024;
const LENIENT: MembershipRules = { allowsSeveralAddresses: true, hasOracle: false };

/**
 * Fast leader election (quorum-protocol 2) as a machine without waiting: what arrives goes into `receive`, time into `tick`, and
 * what has to be done comes out of `take`. It answers peers that look for a leader also while this server has one.
 */
export class FastLeaderElection {
  readonly #options: ElectionOptions;
  readonly #answers: AnswerLimit;
  #self: ElectionSelf | undefined;
  #config: Uint8Array = new Uint8Array(0);
  /** The search; null while this server has a leader. */
  #search: ElectionRound | null = null;
  /** What this server tells while it has a leader. */
  #serving: Vote | undefined;
  /** Voters that were heard of at any time. */
  readonly #known = new Set<number>();
  /** Those of them that cannot be reached, and were not heard of in this search. */
  readonly #gone = new Set<number>();
  /** Peers that the last notification could not be brought to: see {@link unreachable}. */
  readonly #unreached = new Set<number>();
  /** Peers that have looked for a leader since {@link setEstablished}, and have not said since that they have one. */
  readonly #asked = new Set<number>();
  /** Survives searches: Apache's logical clock. */
  #round = 0;
  #intervalMs = 0;
  #repeatAtMs = Number.POSITIVE_INFINITY;
  #retryAtMs = Number.POSITIVE_INFINITY;
  #finishAtMs = Number.POSITIVE_INFINITY;

  #send: { to: number; payload: Uint8Array }[] = [];
  #decided: ElectionOutput["decided"];
  #adoptConfig: Membership | undefined;
  readonly #disloyalVoters = new Set<number>();
  #malformed: string[] = [];
  #nonsense: { from: number; reason: string }[] = [];

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#answers = new AnswerLimit(options.minIntervalMs);
  }

  /** LOOKING is entered, or goes on with another configuration: a new round begins. */
  start(self: ElectionSelf, nowMs: number): void {
    this.#adopt(self);
    this.#decided = undefined;
    this.#serving = undefined;
    this.#search = new ElectionRound(self, this.#round + 1);
    this.#round = this.#search.round;
    this.#intervalMs = this.#options.minIntervalMs;
    this.#gone.clear();
    this.#broadcast(this.#search, nowMs);
    this.#watchForQuorum(this.#search, nowMs);
  }

  /**
   * This server has a leader, or is one, and says `vote` to those who look: when it has decided, and when a reconfiguration has
   * named a leader without an election.
   */
  setServing(state: PeerState, vote: Vote): void {
    this.#endSearch();
    this.#serving = { ...vote, state };
  }

  /**
   * The leader serves: after the sync, when the epoch is new (quorum-protocol 2.7). Whoever has looked for one since the last time is
   * told unasked. It may have asked too early, or too late: when this server did not know yet that the leader before was gone. An
   * observer hears of an election only what it asks for, and would ask again when its wait is over, which has doubled up to a minute.
   */
  setEstablished(state: PeerState, vote: Vote): void {
    this.setServing(state, vote);
    this.#tellServing(this.#asked, { ...vote, state });
    this.#asked.clear();
  }

  /**
   * This server has lost its leader, or leads no more, and does not look for one yet: it answers nobody until {@link start} or
   * {@link setServing}, so that no peer is sent after a leader that is gone.
   */
  stop(): void {
    this.#endSearch();
    this.#serving = undefined;
    this.#send = [];
  }

  /** The configuration has changed. A search goes on with the one that it was started with. */
  setView(view: QuorumView): void {
    if (this.#self !== undefined) this.#adopt({ ...this.#self, view });
  }

  /** The round of the current or last search; 0 before the first. */
  get round(): number {
    return this.#round;
  }

  get isLooking(): boolean {
    return this.#search !== null;
  }

  /** When `tick` has to be called; Infinity while nothing is waited for. */
  get nextDeadline(): number {
    return Math.min(this.#repeatAtMs, this.#retryAtMs, this.#finishAtMs);
  }

  /** A notification of a peer; `payload` is looked at only during the call. One that cannot be read changes nothing. */
  receive(fromSid: number, payload: Uint8Array, nowMs: number): void {
    const self = this.#self;
    if (self === undefined || fromSid === self.sid) return;
    const notification = this.#decode(fromSid, payload);
    if (notification === undefined) return;
    this.#noteAsking(fromSid, notification.state);
    this.#gone.delete(fromSid);
    const search = this.#search;
    const voters = search?.voters ?? votersOf(self.view);
    if (voters.has(fromSid)) this.#known.add(fromSid);
    if (search !== null && this.#offersOtherMembers(fromSid, notification, self)) return;
    if (!voters.has(fromSid)) {
      this.#answerNonVoter(fromSid, notification, nowMs);
    } else if (search !== null) {
      this.#count(search, fromSid, notification, nowMs);
    } else if (this.#serving !== undefined && notification.state === "looking") {
      if (this.#serving.state === "leading") this.#disloyalVoters.add(fromSid);
      this.#answer(fromSid, notification, this.#serving, nowMs);
    }
  }

  /**
   * Nobody answers at the election address of a peer. When it was there before, a search does not wait for its vote: the wait
   * behind a backed proposal (quorum-protocol 2.5) is for votes that may still come. One that was never heard of may be about to
   * start, and is waited for. Either way it is tried again soon: the wait between two notifications, which doubles up to a minute,
   * spares those who have got one.
   */
  unreachable(sid: number, nowMs: number): void {
    const search = this.#search;
    if (search === null) return;
    if (search.voters.has(sid)) {
      this.#unreached.add(sid);
      this.#retryAtMs = Math.min(this.#retryAtMs, nowMs + RETRY_MS);
    }
    if (!this.#known.has(sid)) return;
    this.#gone.add(sid);
    this.#watchForQuorum(search, nowMs);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    const search = this.#search;
    if (search === null) return;
    if (nowMs >= this.#finishAtMs) {
      this.#decide(search, search.finish());
    } else if (nowMs >= this.#repeatAtMs) {
      this.#intervalMs = Math.min(2 * this.#intervalMs, this.#options.maxIntervalMs);
      this.#broadcast(search, nowMs);
    } else if (nowMs >= this.#retryAtMs) {
      this.#tell(search, this.#unreached);
    }
  }

  /** What has to be done since the last call. */
  take(): ElectionOutput {
    if (this.#isSilent) return NOTHING;
    const output: ElectionOutput = {
      send: this.#send,
      decided: this.#decided,
      adoptConfig: this.#adoptConfig,
      disloyalVoters: [...this.#disloyalVoters],
      malformed: this.#malformed,
      nonsense: this.#nonsense,
    };
    this.#send = [];
    this.#decided = undefined;
    this.#adoptConfig = undefined;
    this.#disloyalVoters.clear();
    this.#malformed = [];
    this.#nonsense = [];
    return output;
  }

  get #isSilent(): boolean {
    if (this.#send.length > 0 || this.#decided !== undefined || this.#adoptConfig !== undefined) return false;
    return this.#disloyalVoters.size + this.#malformed.length + this.#nonsense.length === 0;
  }

  /** Servers without reconfig announce version 0, else peers would restart their election for ever (quorum-protocol 2.4). */
  #adopt(self: ElectionSelf): void {
    this.#self = self;
    const { committed } = self.view;
    const announced = self.isReconfigEnabled ? committed : { ...committed, version: ZXID_ZERO };
    this.#config = Buffer.from(formatMembership(announced));
    this.#answers.reset();
  }

  #decode(fromSid: number, payload: Uint8Array): Notification | undefined {
    try {
      return decodeNotification(payload);
    } catch (error) {
      if (!(error instanceof JuteError || error instanceof RangeError)) throw error;
      this.#nonsense.push({ from: fromSid, reason: error.message });
      return undefined;
    }
  }

  /** True: the notification brings another configuration than the search is about, and has no further use. */
  #offersOtherMembers(fromSid: number, { config }: Notification, self: ElectionSelf): boolean {
    if (config === null || !self.isReconfigEnabled) return false;
    const { committed } = self.view;
    try {
      const offered = parseMembershipText(config, this.#options.rules ?? LENIENT);
      if (offered.version <= (this.#adoptConfig ?? committed).version) return false;
      this.#adoptConfig = offered;
      return !sameMembers(offered, committed);
    } catch (error) {
      if (!(error instanceof MembershipError)) throw error;
      this.#malformed.push(`server ${fromSid}: the configuration in its notification: ${error.message}`);
      return false;
    }
  }

  #noteAsking(sid: number, state: PeerState): void {
    if (state !== "looking") this.#asked.delete(sid);
    else if (this.#asked.size < ASKED_MAX) this.#asked.add(sid);
  }

  /** Observers and strangers hear at once whom this server has or wants; their votes count nowhere. */
  #answerNonVoter(to: number, question: Notification, nowMs: number): void {
    if (question.state !== "looking") return;
    const vote = this.#search?.vote ?? this.#serving;
    if (vote !== undefined) this.#answer(to, question, { ...vote, electionEpoch: this.#round }, nowMs);
  }

  #count(search: ElectionRound, from: number, notification: Notification, nowMs: number): void {
    const isLate = notification.state === "looking" && notification.electionEpoch < search.round;
    const result = search.count(from, notification);
    this.#round = search.round;
    if (typeof result === "object") {
      this.#decide(search, result);
      return;
    }
    if (result === "proposal") this.#broadcast(search, nowMs);
    // Only voters answer voters: to others an answer would come back at once, and so on.
    else if ((isLate || result === "beaten") && search.voters.has(search.self.sid)) {
      this.#answer(from, notification, search.vote, nowMs);
    }
    if (result === "proposal") this.#finishAtMs = Number.POSITIVE_INFINITY;
    this.#watchForQuorum(search, nowMs);
  }

  #watchForQuorum(search: ElectionRound, nowMs: number): void {
    if (!search.isBacked) this.#finishAtMs = Number.POSITIVE_INFINITY;
    else if (this.#gone.size > 0 && search.isAgreedWithout(this.#gone)) this.#decide(search, search.finish());
    else this.#finishAtMs = Math.min(this.#finishAtMs, nowMs + this.#options.finalizeWaitMs);
  }

  /**
   * Votes that have not left are about a search that is over. Those who wait for them hear its result instead: the vote that makes this
   * server's quorum complete is often the one that a peer lacks for its own.
   */
  #decide(search: ElectionRound, vote: Vote): void {
    this.#round = search.round;
    this.setServing(vote.state, vote);
    this.#decided = { state: vote.state, vote };
    const waiting = new Set(this.#send.map(({ to }) => to).filter((to) => this.#asked.has(to)));
    this.#send = [];
    this.#tellServing(waiting, vote);
  }

  #broadcast(search: ElectionRound, nowMs: number): void {
    this.#repeatAtMs = nowMs + this.#intervalMs;
    this.#tell(search, search.voters);
  }

  #tell(search: ElectionRound, peers: ReadonlySet<number>): void {
    const payload = encodeNotification(search.vote, this.#config);
    for (const to of peers) if (to !== search.self.sid) this.#send.push({ to, payload });
    this.#unreached.clear();
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  #tellServing(peers: ReadonlySet<number>, vote: Vote): void {
    const self = this.#self;
    if (self === undefined || peers.size === 0) return;
    const voters = votersOf(self.view);
    const forVoters = encodeNotification(vote, this.#config);
    const forOthers = encodeNotification({ ...vote, electionEpoch: this.#round }, this.#config);
    for (const to of peers) this.#send.push({ to, payload: voters.has(to) ? forVoters : forOthers });
  }

  #endSearch(): void {
    this.#search = null;
    this.#unreached.clear();
    this.#repeatAtMs = this.#retryAtMs = this.#finishAtMs = Number.POSITIVE_INFINITY;
  }

  #answer(to: number, question: Notification, vote: Vote, nowMs: number): void {
    const answer: Answer = { to, question, vote };
    if (!this.#answers.allows(answer, nowMs)) return;
    this.#send.push({ to, payload: encodeNotification(vote, this.#config) });
  }
}
