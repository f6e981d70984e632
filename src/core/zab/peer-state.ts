import { invariant } from "../../base/invariant.ts";
import type { Instant } from "../../base/ports.ts";
import type { LoggedTxn } from "../../protocol/txn.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { MachineEvent } from "../machine-event.ts";
import type { ChainPlan } from "../pipeline/chains.ts";
import { Outbox } from "../pipeline/outbox.ts";
import { ServerMachine } from "../pipeline/server-machine.ts";
import type { ServerMachineOptions } from "../pipeline/server-options.ts";
import { ServerStats } from "../pipeline/server-stats.ts";
import { Turn } from "../pipeline/turn.ts";
import { type Membership, MembershipError, memberOf, type PeerType } from "../quorum/membership.ts";
import { formatMembership, parseMembershipText } from "../quorum/membership-text.ts";
import type { QuorumView } from "../quorum/quorum-view.ts";
import type { LogEntry } from "../ready.ts";
import type { Database } from "../tree/database.ts";
import { CONFIG_PATH } from "../tree/path.ts";
import { NO_CHANGE_SINK } from "../tree/tree-types.ts";
import type { StorageJob } from "./peer-face.ts";
import type { EnsembleOptions, PeerOptions } from "./peer-options.ts";
import { PeerOutbox } from "./peer-outbox.ts";
import { PeerStats } from "./peer-stats.ts";

/** A txn with the bytes that stand in the log. */
export interface LoggedEntry {
  readonly txn: LoggedTxn;
  readonly entry: LogEntry;
}

/**
 * What outlives a role: the database, the epochs, the configurations, and how far the disk is. A role reads it and changes it
 * through these methods; there is only one role at a time.
 */
export class PeerState {
  readonly options: PeerOptions;
  readonly ensemble: EnsembleOptions;
  readonly sid: number;
  readonly turn = new Turn();
  readonly out = new PeerOutbox();
  readonly outbox = new Outbox();
  readonly stats: ServerStats;
  readonly peerStats = new PeerStats();
  /** All that is committed, as far as this server knows; the log behind it is in the role. */
  database: Database;
  /** What is in memory is not what is on disk: to be recovered before anything else. */
  isDatabaseLost = false;
  mayVote: boolean;
  acceptedEpoch: number;
  currentEpoch: number;
  view: QuorumView;
  /** Serves clients; null in between. */
  server: ServerMachine | null = null;
  /** An observer that keeps no log has applied txns that are not on its disk. */
  hasUnlogged = false;
  #appended: Zxid;
  #durable: Zxid;
  #jobsPending = 0;
  #storesPending = 0;
  #links = 0;
  /** Since when nobody is served here; undefined while somebody is, and before the first time. */
  #unservedSinceMs: number | undefined;

  constructor(options: PeerOptions) {
    this.options = options;
    this.ensemble = options.ensemble;
    this.sid = options.ensemble.sid;
    this.database = options.database;
    this.mayVote = options.mayVote;
    this.acceptedEpoch = options.acceptedEpoch;
    this.currentEpoch = options.currentEpoch;
    // A file of a proposal that is older than what has been committed since: a crash has kept it from being removed.
    const { committed, lastSeen } = options.view;
    const isProposed = lastSeen !== null && lastSeen.version > committed.version;
    this.view = { committed, lastSeen: isProposed ? lastSeen : null };
    this.#appended = this.#durable = options.lastZxid;
    this.stats = options.stats ?? new ServerStats();
    this.turn.set(options.startedAt);
  }

  get tickMs(): number {
    return this.options.server.tickTimeMs;
  }

  /** How long joining may take, and each step of it. */
  get initLimitMs(): number {
    return this.ensemble.initLimitTicks * this.tickMs;
  }

  /** How long leader and learner may hear nothing of each other. */
  get syncLimitMs(): number {
    return this.ensemble.syncLimitTicks * this.tickMs;
  }

  get nowMs(): number {
    return this.turn.elapsedMs;
  }

  get now(): Instant {
    return this.turn;
  }

  /** The last txn in the tree; with a drained log, the last one on disk. */
  get lastZxid(): Zxid {
    return this.database.lastProcessedZxid;
  }

  /** Everything up to here is on disk. */
  get durable(): Zxid {
    return this.#durable;
  }

  /** Nothing is on its way to the disk. */
  get isQuiet(): boolean {
    return this.#durable >= this.#appended && this.#jobsPending === 0 && this.#storesPending === 0;
  }

  /** By the committed configuration; a server that is not in it follows without a vote. */
  get learnerType(): PeerType {
    return memberOf(this.view.committed, this.sid)?.peerType ?? "participant";
  }

  nextLink(): number {
    return --this.#links;
  }

  event(event: MachineEvent): void {
    this.outbox.event(event);
  }

  notice(level: "debug" | "info" | "warn", message: string): void {
    this.event({ kind: "peerNotice", level, message });
  }

  append(entry: LogEntry): void {
    invariant(entry.zxid > this.#appended, () => `append of ${entry.zxid} behind ${this.#appended}`);
    invariant(this.#jobsPending === 0, "append while the log is being changed");
    this.#appended = entry.zxid;
    this.outbox.append(entry);
  }

  persisted(zxid: Zxid): void {
    invariant(
      zxid <= this.#appended,
      () => `persisted(${zxid}) before it was appended (last is ${this.#appended})`,
    );
    if (zxid > this.#durable) this.#durable = zxid;
  }

  storeAccepted(epoch: number): void {
    invariant(epoch >= this.acceptedEpoch, `acceptedEpoch ${epoch} after ${this.acceptedEpoch}`);
    this.acceptedEpoch = epoch;
    this.#willStore();
    this.out.storeAccepted(epoch);
  }

  storeCurrent(epoch: number): void {
    invariant(epoch >= this.currentEpoch, `currentEpoch ${epoch} after ${this.currentEpoch}`);
    invariant(epoch <= this.acceptedEpoch, `currentEpoch ${epoch} above acceptedEpoch ${this.acceptedEpoch}`);
    this.currentEpoch = epoch;
    this.#willStore();
    this.out.storeCurrent(epoch);
  }

  #willStore(): void {
    if (!this.out.storesEpochs) this.#storesPending++;
  }

  /** One Ready's epochs and memberships are durable. */
  stored(): void {
    invariant(this.#storesPending > 0, "epochs stored that nobody asked for");
    this.#storesPending--;
  }

  job(job: StorageJob): void {
    this.#jobsPending++;
    this.out.job(job);
  }

  /** A job has been done; `zxid` is where the log ends now. */
  jobDone(zxid: Zxid | undefined): void {
    invariant(this.#jobsPending > 0, "a storage job was done that nobody asked for");
    this.#jobsPending--;
    if (zxid !== undefined) this.#appended = this.#durable = zxid;
  }

  /** Applies a txn without anybody to tell: no client is served. */
  apply({ txn, entry }: LoggedEntry): void {
    const { database } = this;
    const previous = database.lastProcessedZxid;
    database.applyTxn(txn, NO_CHANGE_SINK);
    database.committed.appendOwned(entry.zxid, entry.bytes, previous);
  }

  startServer(plan: ChainPlan, extra: Partial<ServerMachineOptions>): ServerMachine {
    const { server, rng } = this.options;
    const { database, stats, outbox, turn } = this;
    const startedAt: Instant = { elapsedMs: turn.elapsedMs, wallMs: turn.wallMs };
    const machine = new ServerMachine({ server, database, rng, startedAt, stats, outbox, ...extra }, plan);
    this.server = machine;
    if (plan.role !== "read-only") this.#countUnserved(plan.role === "leader");
    return machine;
  }

  #countUnserved(isLeading: boolean): void {
    if (this.#unservedSinceMs === undefined) return;
    const unservedMs = this.nowMs - this.#unservedSinceMs;
    this.#unservedSinceMs = undefined;
    const { unavailable_time, leader_unavailable_time } = this.peerStats.summaries;
    unavailable_time.add(unservedMs);
    if (isLeading) leader_unavailable_time.add(unservedMs);
  }

  stopServer(): void {
    if (this.server !== null && this.server.role !== "read-only") this.#unservedSinceMs = this.nowMs;
    this.server?.closeConnections();
    this.server = null;
  }

  /** The configuration whose text a txn, a packet or a node holds. @throws MembershipError when it is none */
  parseMembership(data: Uint8Array | null): Membership {
    return parseMembershipText(new TextDecoder().decode(data ?? new Uint8Array(0)), this.ensemble.rules);
  }

  /** Takes over a proposed configuration; null takes it back. */
  setLastSeen(lastSeen: Membership | null): void {
    this.#setView({ committed: this.view.committed, lastSeen });
  }

  /**
   * The log can hold a reconfig whose configuration did not reach its file before a crash: it is proposed all the same, and
   * whoever leads with it needs its quorum too (quorum-protocol 5.4, F46).
   */
  noteLoggedReconfig(): void {
    const { committed, lastSeen } = this.view;
    if (!this.options.server.reconfigEnabled) return;
    const { tree } = this.database;
    const node = tree.lookup(CONFIG_PATH);
    const data = node < 0 ? null : tree.data(node);
    if (data === null || data.length === 0) return;
    try {
      const logged = this.parseMembership(data);
      // Only a reconfig gives the node its own version for mzxid; whoever may write there with setData cannot.
      if (logged.version !== tree.mzxid(node)) return;
      if (logged.version > Math.max(committed.version, lastSeen?.version ?? 0)) this.setLastSeen(logged);
    } catch (error) {
      // Nobody's configuration: what an operator may have written there long ago.
      if (!(error instanceof MembershipError)) throw error;
    }
  }

  /** Takes over a committed configuration; false when it is not newer than what is committed here. */
  setCommitted(membership: Membership): boolean {
    const { committed, lastSeen } = this.view;
    if (membership.version <= committed.version) return false;
    const isStillProposed = lastSeen !== null && lastSeen.version > membership.version;
    this.#setView({ committed: membership, lastSeen: isStillProposed ? lastSeen : null });
    return true;
  }

  #setView(view: QuorumView): void {
    this.view = view;
    if (!this.options.server.reconfigEnabled) return;
    this.#willStore();
    this.out.storeMemberships({ committed: view.committed, lastSeen: view.lastSeen });
  }

  /**
   * The committed configuration, as clients read it: local, without a txn, where no reconfig has written it (5.2). One that is proposed
   * and in the log stays, though it is read-only clients who see it: whoever gets this tree as a snapshot has it for his own (F46).
   */
  showConfiguration(): void {
    const { committed, lastSeen } = this.view;
    const { tree } = this.database;
    const text = formatMembership(committed);
    const node = tree.lookup(CONFIG_PATH);
    if (node >= 0 && lastSeen !== null && tree.mzxid(node) === lastSeen.version) return;
    if (node >= 0 && tree.mzxid(node) === committed.version) {
      const shown = new TextDecoder().decode(tree.data(node) ?? new Uint8Array(0));
      if (shown === text) return;
    }
    tree.setConfiguration(new TextEncoder().encode(text), committed.version, this.turn.wallMs);
  }
}
