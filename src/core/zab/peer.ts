import { unreachable } from "../../base/invariant.ts";
import type { Instant } from "../../base/ports.ts";
import { ZXID_NONE, type Zxid } from "../../protocol/zxid.ts";
import { type ElectionOutput, FastLeaderElection } from "../election/fast-leader-election.ts";
import type { PeerState as PeerStateName, Vote } from "../election/vote.ts";
import { readOnlyChain } from "../pipeline/chains.ts";
import type { ServerMachine } from "../pipeline/server-machine.ts";
import type { ServerStats } from "../pipeline/server-stats.ts";
import { type Membership, memberOf, sameAddresses, sameMembers } from "../quorum/membership.ts";
import type { QuorumView } from "../quorum/quorum-view.ts";
import type { ConnectionOutput, LogEntry } from "../ready.ts";
import type { Database } from "../tree/database.ts";
import { Leader } from "./leader/leader.ts";
import { Learner } from "./learner/learner.ts";
import type { JobDone, PeerInput, PeerReady } from "./peer-face.ts";
import type { PeerOptions } from "./peer-options.ts";
import { PeerState } from "./peer-state.ts";
import type { PeerStats } from "./peer-stats.ts";
import type { Role, RoleEnd } from "./role.ts";
import { UnservedClients } from "./unserved-clients.ts";

/** How long a backed vote waits for a better one, in ms (FastLeaderElection's finalizeWait). */
const FINALIZE_WAIT_MS = 200;
/** The least that is waited in LOOKING before a read-only server starts, in ms (quorum-protocol 4.8). */
const READ_ONLY_DELAY_MIN_MS = 2000;

/**
 * A server that cannot join, be it that the leader refuses it or that it must not follow, tries again at once, then after this
 * long, twice that, and so on up to the limit: it must not keep the others busy for ever.
 */
const REJOIN_DELAY_MS = 100;
const REJOIN_DELAY_MAX_MS = 1000;
const REJOINS_AT_ONCE = 2;

const NEVER = Number.POSITIVE_INFINITY;

/** What a member does when its role has ended. */
interface Next {
  readonly state: PeerStateName;
  readonly vote: Vote;
}

/**
 * A member of an ensemble (quorum-protocol 0.1): it looks for a leader, leads, follows or observes, and looks again. Pure,
 * synchronous and deterministic, as all of the core.
 *
 * Between two roles everything that was appended gets to the disk and into the tree: a server votes with what it has
 * logged, whether that is committed or not (ZOOKEEPER-2845).
 */
export class Peer {
  readonly #state: PeerState;
  readonly #election: FastLeaderElection;
  readonly #unserved: UnservedClients;
  #role: Role | null = null;
  /** What the role before has appended and not applied; null while there was none to end. */
  #tail: readonly LogEntry[] | null = [];
  #next: Next | undefined;
  #reason = "";
  #vote: Vote | undefined;
  #readOnlyAtMs = NEVER;
  #lookAtMs = NEVER;
  #lookingSinceMs: number | undefined;
  #isReloading = false;
  /** Roles in a row that ended before they served. */
  #failedJoins = 0;

  constructor(options: PeerOptions) {
    this.#state = new PeerState(options);
    this.#unserved = new UnservedClients(options.server.sessionlessConnectionTimeoutMs);
    const { sid, notificationIntervalMinMs, notificationIntervalMaxMs, rules } = options.ensemble;
    this.#election = new FastLeaderElection({
      sid,
      minIntervalMs: notificationIntervalMinMs,
      maxIntervalMs: notificationIntervalMaxMs,
      finalizeWaitMs: FINALIZE_WAIT_MS,
      rules,
    });
  }

  get database(): Database {
    return this.#state.database;
  }

  /** Serves clients; null while there is nobody to serve them. */
  get server(): ServerMachine | null {
    return this.#state.server;
  }

  get stats(): ServerStats {
    return this.#state.stats;
  }

  /** What this member counts beside its server. */
  get peerStats(): PeerStats {
    return this.#state.peerStats;
  }

  get role(): Role | null {
    return this.#role;
  }

  /** As on the wire: looking until an election is over, then what came of it. */
  get state(): PeerStateName {
    return this.#role?.state ?? "looking";
  }

  get isServing(): boolean {
    return this.#role?.isServing ?? false;
  }

  get leaderSid(): number | undefined {
    return this.#role?.leaderSid;
  }

  /** What this server tells those who look for a leader. */
  get vote(): Vote | undefined {
    return this.#vote;
  }

  get view(): QuorumView {
    return this.#state.view;
  }

  get acceptedEpoch(): number {
    return this.#state.acceptedEpoch;
  }

  get currentEpoch(): number {
    return this.#state.currentEpoch;
  }

  get lastZxid(): Zxid {
    return this.#state.lastZxid;
  }

  get sid(): number {
    return this.#state.sid;
  }

  /** Takes one input. `now` must never go back. Nothing is done outside: see {@link takeReady}. */
  step(input: PeerInput, now: Instant): void {
    const state = this.#state;
    state.turn.set(now);
    state.server?.at(now);
    this.#handle(input, now);
    this.#settle();
  }

  takeReady(): PeerReady {
    return this.#state.out.take(this.#state.outbox.take());
  }

  reuse(output: ConnectionOutput): void {
    this.#state.outbox.reuse(output);
  }

  get nextDeadline(): number {
    return Math.min(
      this.#state.server?.nextDeadline ?? NEVER,
      this.#role?.nextDeadline ?? NEVER,
      this.#election.nextDeadline,
      this.#unserved.nextDeadline,
      this.#readOnlyAtMs,
      this.#isDiskAwaited ? NEVER : this.#lookAtMs,
    );
  }

  /** Between two roles nothing goes on before the disk has everything, whatever time it is: a deadline would be asked for again and again. */
  get #isDiskAwaited(): boolean {
    return !this.#state.isQuiet || this.#isReloading;
  }

  #handle(input: PeerInput, now: Instant): void {
    const state = this.#state;
    switch (input.kind) {
      case "connectionOpened":
        if (state.server === null || !this.#takesClients)
          this.#unserved.opened(input.connection, state.nowMs);
        else state.server.step(input, now);
        break;
      case "frame":
      case "closeConnection":
        if (this.#unserved.take(input.connection)) state.outbox.refuse(input.connection);
        else state.server?.step(input, now);
        break;
      case "connectionClosed":
        if (!this.#unserved.take(input.connection)) state.server?.step(input, now);
        break;
      case "outputTaken":
        state.server?.step(input, now);
        break;
      case "persisted":
        state.persisted(input.zxid);
        state.server?.step(input, now);
        this.#role?.persisted();
        break;
      case "tick":
        this.#tick(now);
        break;
      case "notification":
        this.#election.receive(input.from, input.payload, state.nowMs);
        break;
      case "peerUnreachable":
        this.#election.unreachable(input.peer, state.nowMs);
        break;
      case "linkAccepted":
        if (this.#role === null) state.out.close(input.link);
        else this.#role.linkAccepted(input);
        break;
      case "linkUp":
        if (this.#role === null) state.out.close(input.link);
        else this.#role.linkUp(input.link);
        break;
      case "linkDown":
        this.#role?.linkDown(input.link, input.reason);
        break;
      case "linkProgress":
        this.#role?.linkProgress(input.link);
        break;
      case "packet":
        this.#role?.packet(input.link, input.packet);
        break;
      case "snapshotReceived":
        this.#role?.snapshotReceived?.(input);
        break;
      case "snapshotSent":
        this.#role?.snapshotSent?.(input.link);
        break;
      case "logSurveyed":
        this.#role?.logSurveyed?.(input);
        break;
      case "epochsStored":
        state.stored();
        this.#role?.epochsStored(input.current);
        break;
      case "snapshotInstalled":
        state.jobDone(input.zxid);
        this.#jobDone(input);
        break;
      case "recovered":
        state.jobDone(input.lastZxid);
        this.#jobDone(input);
        break;
      case "truncateRefused":
        state.jobDone(undefined);
        this.#jobDone(input);
        break;
      default:
        unreachable(input, "input");
    }
  }

  get #takesClients(): boolean {
    return this.#role?.state !== "leading" || this.#state.ensemble.leaderServes;
  }

  /** The role may have ended before its job: then what came of it is for the next one. */
  #jobDone(done: JobDone): void {
    const state = this.#state;
    if (this.#role !== null) {
      this.#role.jobDone?.(done);
    } else if (done.kind === "recovered") {
      state.database = done.database;
      state.isDatabaseLost = false;
      state.hasUnlogged = false;
    } else if (done.kind === "snapshotInstalled") {
      state.isDatabaseLost = false;
      state.hasUnlogged = false;
    }
    this.#isReloading = false;
  }

  #tick(now: Instant): void {
    const state = this.#state;
    this.#election.tick(state.nowMs);
    this.#role?.tick();
    state.server?.step({ kind: "tick" }, now);
    for (const connection of this.#unserved.takeSilent(state.nowMs)) state.outbox.refuse(connection);
    if (state.nowMs >= this.#readOnlyAtMs) this.#startReadOnly();
  }

  /** What the input has led to beyond the role. */
  #settle(): void {
    for (;;) {
      if (this.#tail !== null) this.#betweenRoles();
      const output = this.#election.take();
      for (const message of output.malformed)
        this.#state.notice("warn", `malformed notification of ${message}`);
      for (const { from, reason } of output.nonsense) this.#state.out.endElectionLink(from, reason);
      if (output.disloyalVoters.length > 0) this.#role?.disloyal?.();
      const hasChanged = this.#elected(output);
      // Behind the change: a role that begins forgets what was to be said in the search.
      if (output.send.length > 0 && this.#tail === null) this.#state.out.notify(output.send);
      if (!hasChanged) return;
    }
  }

  /** Whether something has changed that has to be looked at again. */
  #elected({ adoptConfig, decided }: ElectionOutput): boolean {
    if (adoptConfig !== undefined) this.#adopt(adoptConfig);
    // One notification can bring both: the last vote that was missing, and a configuration with a newer version.
    const isDecided = decided !== undefined && !this.#election.isLooking && this.#tail === null;
    if (isDecided) this.#enter(decided.state, decided.vote);
    return isDecided || adoptConfig !== undefined;
  }

  // Looking

  /** It has become a voter, and what it has applied as an observer is not on its disk. */
  get #mustInstall(): boolean {
    return this.#state.hasUnlogged && this.#state.learnerType === "participant";
  }

  /** Waits until the disk has everything, brings the tree to it, and looks for a leader. */
  #betweenRoles(): void {
    const state = this.#state;
    if (this.#isDiskAwaited) return;
    if (state.isDatabaseLost) {
      this.#isReloading = true;
      state.job({ kind: "reload" });
      return;
    }
    if (this.#mustInstall) {
      this.#isReloading = true;
      state.job({ kind: "installSnapshot", zxid: state.lastZxid, database: state.database });
      return;
    }
    for (const { bytes } of this.#tail ?? []) state.database.replay(bytes);
    state.noteLoggedReconfig();
    this.#tail = [];
    if (this.#lookAtMs !== NEVER && state.nowMs < this.#lookAtMs) return;
    this.#tail = null;
    this.#lookAtMs = NEVER;
    const next = this.#next;
    this.#next = undefined;
    if (next === undefined) this.#look();
    else {
      this.#election.setServing(next.state, next.vote);
      this.#enter(next.state, next.vote);
      // That role may have ended at once.
      if (this.#tail !== null) this.#betweenRoles();
    }
  }

  #look(): void {
    const state = this.#state;
    state.peerStats.counters.looking_count++;
    this.#lookingSinceMs = state.nowMs;
    const { lastZxid: zxid, currentEpoch: epoch } = state;
    state.event({
      kind: "roleChanged",
      state: "looking",
      leader: undefined,
      reason: this.#reason,
      zxid,
      epoch,
    });
    this.#reason = "";
    state.out.forgetNotifications();
    this.#vote = undefined;
    if (state.ensemble.isReadOnlyEnabled) {
      this.#readOnlyAtMs = state.nowMs + Math.max(READ_ONLY_DELAY_MIN_MS, state.tickMs);
    }
    this.#startElection();
  }

  #startElection(): void {
    const state = this.#state;
    this.#election.start(
      {
        sid: state.sid,
        view: state.view,
        learnerType: state.learnerType,
        lastZxid: state.mayVote ? state.lastZxid : ZXID_NONE,
        currentEpoch: state.currentEpoch,
        isReconfigEnabled: state.options.server.reconfigEnabled,
      },
      state.nowMs,
    );
  }

  /** A newer configuration of a peer that this server did not know (quorum-protocol 2.4). */
  #adopt(membership: Membership): void {
    const state = this.#state;
    const { committed, lastSeen } = state.view;
    if (!state.setCommitted(membership)) return;
    state.notice("info", `adopted configuration ${membership.version.toString(16)} from a peer`);
    this.#election.setView(state.view);
    if (this.#role !== null || this.#tail !== null) return;
    if (this.#mustInstall) {
      state.stopServer();
      this.#election.stop();
      this.#tail = [];
    } else if (!sameMembers(committed, membership) || lastSeen !== state.view.lastSeen) {
      // Also when the same servers vote: a proposal that came to nothing needs no quorum any more.
      this.#startElection();
    }
  }

  #startReadOnly(): void {
    const state = this.#state;
    this.#readOnlyAtMs = NEVER;
    if (this.#role !== null || this.#tail !== null || !state.mayVote) return;
    state.showConfiguration();
    state.startServer(readOnlyChain, {});
    state.event({ kind: "serving", state: "read-only", epoch: state.currentEpoch });
  }

  // Roles

  #enter(name: PeerStateName, vote: Vote): void {
    const state = this.#state;
    this.#readOnlyAtMs = NEVER;
    state.stopServer();
    state.out.forgetNotifications();
    if (this.#lookingSinceMs !== undefined)
      state.peerStats.summaries.election_time.add(state.nowMs - this.#lookingSinceMs);
    this.#lookingSinceMs = undefined;
    this.#vote = { ...vote, state: name };
    const { leader, zxid, peerEpoch: epoch } = vote;
    state.event({ kind: "roleChanged", state: name, leader, reason: "", zxid, epoch });
    const end = this.#endOf();
    this.#role = name === "leading" ? new Leader(state, end) : new Learner(state, end, vote.leader);
    if (this.#tail !== null) this.#role = null;
  }

  /** What the next role tells this peer; after its end nothing that it says counts. */
  #endOf(): RoleEnd {
    let isOver = false;
    return {
      ended: (reason) => {
        if (isOver) return;
        isOver = true;
        this.#endRole(reason, undefined);
      },
      established: (epoch) => {
        if (isOver || this.#vote === undefined) return;
        this.#failedJoins = 0;
        this.#vote = { ...this.#vote, peerEpoch: epoch };
        // A leader has committed what was proposed before it.
        this.#election.setView(this.#state.view);
        this.#election.setEstablished(this.#vote.state, this.#vote);
      },
      reconfigured: (membership, leader) => {
        if (isOver) return false;
        const next = this.#reconfigured(membership, leader);
        if (next === null) return true;
        isOver = true;
        this.#endRole("the configuration has changed", next);
        return false;
      },
    };
  }

  /**
   * A configuration is committed (quorum-protocol 5.6). Null: the role goes on. Undefined: an election has to follow. Otherwise the
   * role that follows without one.
   */
  #reconfigured(membership: Membership, leader: number | undefined): Next | undefined | null {
    const state = this.#state;
    const typeBefore = state.learnerType;
    const { committed: before } = state.view;
    if (!state.setCommitted(membership)) return null;
    state.notice("info", `configuration ${membership.version.toString(16)} is committed`);
    state.showConfiguration();
    this.#election.setView(state.view);
    const vote = this.#vote;
    if (vote === undefined) return undefined;
    const isSameType = typeBefore === state.learnerType;
    if (leader === undefined) {
      const old = memberOf(before, vote.leader);
      const now = memberOf(membership, vote.leader);
      const isReachable = now !== undefined && (old === undefined || sameAddresses(old, now));
      if (!isReachable) return undefined;
      return isSameType ? null : this.#nextUnder(vote);
    }
    if (leader === vote.leader && isSameType) return null;
    return this.#nextUnder(leader === vote.leader ? vote : { ...vote, leader, zxid: membership.version });
  }

  #nextUnder(vote: Vote): Next {
    if (vote.leader === this.#state.sid) return { state: "leading", vote };
    return { state: this.#state.learnerType === "observer" ? "observing" : "following", vote };
  }

  #endRole(reason: string, next: Next | undefined): void {
    const state = this.#state;
    const role = this.#role;
    const wasObserving = role?.state === "observing";
    this.#role = null;
    this.#reason = reason;
    this.#next = next;
    // A role that ends while it is being made has nothing to give back yet.
    this.#tail = role?.stop() ?? [];
    state.stopServer();
    if (next !== undefined) return;
    // It may be long until it looks for a leader: its disk may be slow.
    this.#election.stop();
    const waitMs = Math.max(this.#rejoinDelayMs(), wasObserving ? this.#observerDelayMs() : 0);
    if (waitMs > 0) this.#lookAtMs = state.nowMs + waitMs;
  }

  #rejoinDelayMs(): number {
    const again = this.#failedJoins++ - REJOINS_AT_ONCE;
    return again < 0 ? 0 : Math.min(REJOIN_DELAY_MS * 2 ** Math.min(again, 10), REJOIN_DELAY_MAX_MS);
  }

  /** So that not all observers come at once (quorum-protocol 0.1). */
  #observerDelayMs(): number {
    const { ensemble, rng } = this.#state.options;
    return ensemble.observerElectionDelayMs > 0 ? rng.below(ensemble.observerElectionDelayMs) : 0;
  }
}
