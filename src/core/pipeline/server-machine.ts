import { InvariantViolation, unreachable } from "../../base/invariant.ts";
import type { Instant } from "../../base/ports.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { LoggedTxn } from "../../protocol/txn.ts";
import { counterOf, type Zxid } from "../../protocol/zxid.ts";
import { AclAuthority } from "../auth/acl.ts";
import { authSchemes } from "../auth/auth-schemes.ts";
import { type Authorization, authorize, type Caller } from "../auth/authorize.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { ConnectionOutput, Input, LogEntry, Ready } from "../ready.ts";
import { timeoutBounds } from "../session/session-timeout.ts";
import { SessionTracker } from "../session/session-tracker.ts";
import { ContainerReaper } from "../tree/container-ttl.ts";
import type { Database } from "../tree/database.ts";
import type { WatchManager } from "../watch/watch-manager.ts";
import { Admission } from "./admission.ts";
import { Answers } from "./answers.ts";
import { AuditTrail } from "./audit-trail.ts";
import { BackPressure } from "./back-pressure.ts";
import type { Broadcast } from "./broadcast.ts";
import { type ChainPlan, standaloneChain } from "./chains.ts";
import { Commits } from "./commits.ts";
import type { Connection } from "./connection.ts";
import { ConnectionThrottle } from "./connection-throttle.ts";
import { Connections } from "./connections.ts";
import { Followed } from "./followed.ts";
import { Handshakes } from "./handshakes.ts";
import { Housekeeping } from "./housekeeping.ts";
import { LeaderSide } from "./leader-side.ts";
import { LearnerSide } from "./learner-side.ts";
import { Notifications } from "./notifications.ts";
import { Outbox } from "./outbox.ts";
import { Prep } from "./prep.ts";
import { Reads } from "./reads.ts";
import { Replies } from "./replies.ts";
import { RequestFlow } from "./request-flow.ts";
import { RequestThrottler } from "./request-throttler.ts";
import type { ServerMachineOptions } from "./server-options.ts";
import { ServerStats } from "./server-stats.ts";
import { SessionOrder } from "./session-order.ts";
import { Turn } from "./turn.ts";

/**
 * The deciding core of a server (ARCHITECTURE.md): inputs in by {@link step}, work out by {@link takeReady}. Pure, synchronous
 * and deterministic: the same inputs at the same instants give the same Readys.
 */
export class ServerMachine {
  readonly database: Database;
  readonly sessions: SessionTracker;
  readonly connections: ReadonlyMap<ConnectionId, Connection>;
  readonly authority: AclAuthority;
  readonly watches: WatchManager;
  readonly stats: ServerStats;
  readonly connectionThrottle: ConnectionThrottle;
  readonly role: ChainPlan["role"];

  /** What it does for its leader; in effect on a learner only. */
  readonly learnerSide: LearnerSide;
  /** What it does for its learners; in effect on a leader only. */
  readonly leaderSide: LeaderSide;

  readonly #turn = new Turn();
  readonly #outbox: Outbox;
  readonly #connections: Connections;
  readonly #broadcast: Broadcast;
  readonly #prep: Prep;
  readonly #commits: Commits;
  readonly #pressure: BackPressure;
  readonly #throttler: RequestThrottler;
  readonly #admission: Admission;
  readonly #flow: RequestFlow;
  readonly #housekeeping: Housekeeping;
  readonly #handshakes: Handshakes;
  readonly #isPreparing: boolean;

  /**
   * Standalone, ephemerals whose sessions the database does not know are removed at once: take the Ready, then snapshot. A
   * leader proposes the end of such sessions, so that every server does the same.
   */
  constructor(options: ServerMachineOptions, plan: ChainPlan = standaloneChain) {
    const { server, database, rng, startedAt, reconfigDesk, askLeader } = options;
    const turn = this.#turn;
    const outbox = options.outbox ?? new Outbox();
    this.#outbox = outbox;
    const stats = options.stats ?? new ServerStats();
    this.stats = stats;
    turn.set(startedAt);
    this.database = database;
    this.role = plan.role;
    this.authority = new AclAuthority(authSchemes(server.auth, stats.counters), server.auth.skipACL);
    this.sessions = new SessionTracker({
      tickTimeMs: server.tickTimeMs,
      serverId: server.serverId,
      startedAtElapsedMs: startedAt.elapsedMs,
      expiresGlobal: plan.isPreparing,
    });
    const { authority, sessions } = this;
    const byId = new Map<ConnectionId, Connection>();
    this.connections = byId;
    const replies = new Replies(outbox, stats);
    const notifications = new Notifications(database.tree, authority, byId, replies, stats);
    this.watches = notifications.watches;
    const order = new SessionOrder((request) => this.#flow.runQueued(request));
    this.#connections = new Connections(
      byId,
      server.sessionlessConnectionTimeoutMs,
      authority,
      this.watches,
      order,
      outbox,
      stats,
      turn,
    );
    const connections = this.#connections;
    this.#pressure = new BackPressure(server.limits, outbox);
    const pressure = this.#pressure;
    this.connectionThrottle = new ConnectionThrottle(server.connectionThrottle, rng, startedAt.elapsedMs);
    const last = options.epochZxid ?? database.lastProcessedZxid;
    this.#isPreparing = plan.isPreparing;
    this.#broadcast = plan.broadcast(outbox, last);
    this.#prep = new Prep(server, database, authority, sessions, stats, turn, last, reconfigDesk);
    const answers = new Answers(database, replies, stats, turn);
    const isReadOnly = plan.role === "read-only";
    const handshakes = new Handshakes({
      database,
      sessions,
      connections,
      order,
      throttle: this.connectionThrottle,
      replies,
      outbox,
      stats,
      turn,
      timeouts: timeoutBounds(server.tickTimeMs, server.minSessionTimeoutMs, server.maxSessionTimeoutMs),
      fieldBytesMax: server.fieldBytesMax,
      makesLocalSessions: isReadOnly || (server.localSessionsEnabled && plan.hasLocalSessions),
      askLeader,
      isReadOnly,
      completeBeforeEpoch: options.completeBeforeEpoch,
      submit: (request) => this.#flow.proposeSession(request),
      frame: (connection, bytes) => this.#admission.openFrame(connection, bytes),
    });
    this.#commits = new Commits({
      database,
      broadcast: this.#broadcast,
      prep: this.#prep,
      sessions,
      connections,
      notifications,
      handshakes,
      answers,
      order,
      pressure,
      audit: new AuditTrail(server.auditEnabled, authority, outbox),
      outbox,
      stats,
      turn,
      keepsCommitted: plan.role !== "standalone",
    });
    this.#handshakes = handshakes;
    this.learnerSide = new LearnerSide({ commits: this.#commits, sessions, connections, order, pressure });
    this.#flow = new RequestFlow({
      sessions,
      connections,
      order,
      pressure,
      reads: new Reads(database, authority, notifications, replies, stats, server.fieldBytesMax),
      answers,
      replies,
      prep: this.#prep,
      outbox,
      stats,
      turn,
      chain: plan.connect({ prep: this.#prep, broadcast: this.#broadcast, commits: this.#commits }),
      isReadOnly,
      isPreparing: plan.isPreparing,
      upgradesLocalSessions: server.localSessionsUpgradingEnabled,
    });
    this.leaderSide = new LeaderSide({ database, sessions, flow: this.#flow, turn });
    this.#throttler = new RequestThrottler(
      server.limits,
      pressure,
      stats,
      outbox,
      turn,
      (request) => this.#flow.submit(request),
      (connection) => connections.close(connection),
    );
    this.#admission = new Admission({
      options: server,
      authority,
      connections,
      handshakes,
      throttler: this.#throttler,
      pressure,
      replies,
      outbox,
      stats,
      turn,
      submit: (request) => this.#flow.submit(request),
    });
    const { checkIntervalMs, deletesPerMinuteMax, neverUsedIntervalMs } = server.containers;
    const reaper = new ContainerReaper(
      database.tree,
      { checkIntervalMs, maxPerMinute: deletesPerMinuteMax, maxNeverUsedIntervalMs: neverUsedIntervalMs },
      startedAt,
    );
    this.#housekeeping = new Housekeeping({
      sessions,
      connections,
      reaper: plan.isPreparing ? reaper : undefined,
      flow: this.#flow,
      turn,
    });
    for (const { id, timeoutMs } of database.sessions.values()) {
      sessions.trackRecovered(id, timeoutMs, startedAt.elapsedMs);
    }
    if (plan.role === "standalone") this.#removeDeadEphemerals();
    else if (plan.isPreparing) this.#flow.closeDeadSessions(database.deadSessions());
  }

  /** Ephemerals of sessions that do not exist go. */
  #removeDeadEphemerals(): void {
    for (const { session, paths } of this.database.removeDeadEphemerals()) {
      this.#outbox.event({ kind: "orphanedEphemeralsRemoved", session, paths });
    }
  }

  /** Takes one input. `now` must never go back. Nothing is done outside: see {@link takeReady}. */
  step(input: Input, now: Instant): void {
    this.#turn.set(now);
    switch (input.kind) {
      case "frame": {
        const connection = this.connections.get(input.connection);
        if (connection !== undefined) this.#admission.frame(connection, input.bytes);
        break;
      }
      case "persisted":
        this.#broadcast.persisted(input.zxid);
        this.commitsAdvanced();
        break;
      case "connectionOpened":
        this.#connections.open(input);
        break;
      case "connectionClosed": {
        const connection = this.connections.get(input.connection);
        if (connection !== undefined) this.#connections.forget(connection);
        break;
      }
      case "outputTaken": {
        const connection = this.connections.get(input.connection);
        if (connection !== undefined) this.#flow.outputTaken(connection);
        break;
      }
      case "closeConnection": {
        const connection = this.connections.get(input.connection);
        if (connection !== undefined) this.#connections.close(connection);
        break;
      }
      case "tick":
        this.#housekeeping.tick();
        break;
      default:
        unreachable(input, "input");
    }
    this.#assertInvariants();
  }

  /** The moment of what follows, for whoever calls its sides without a {@link step}. `now` must never go back. */
  at(now: Instant): void {
    this.#turn.set(now);
  }

  /** More may be committed: applies it. */
  commitsAdvanced(): void {
    this.#commits.applyCommitted();
    this.#throttler.drain();
  }

  /** On a learner: the leader has committed `txn`, the next one in order. */
  applyCommitted(txn: LoggedTxn, entry: LogEntry): void {
    if (this.#broadcast instanceof Followed) this.#broadcast.commit(txn.header.zxid);
    this.learnerSide.apply(txn, entry);
    this.#throttler.drain();
  }

  /** On a learner: the leader's word about a session that a client wants to continue. */
  revalidated(session: SessionId, isValid: boolean): void {
    this.#handshakes.revalidated(session, isValid);
  }

  /** On a leader whose epoch has changed while it served: txns begin behind `zxid`. Nothing may be outstanding. */
  startEpoch(zxid: Zxid): void {
    this.#prep.startEpoch(zxid);
  }

  /** The last zxid stamped here. */
  get preparedZxid(): Zxid {
    return this.#prep.zxid;
  }

  /** This server's role has ended: all its connections are closed, behind what they were sent. */
  closeConnections(): void {
    for (const connection of [...this.connections.values()]) this.#connections.close(connection);
  }

  /** What has to be done since the last call. */
  takeReady(): Ready {
    return this.#outbox.take();
  }

  /** The host is done with the bytes of an output that {@link takeReady} gave it. Optional, and once for each. */
  reuse(output: ConnectionOutput): void {
    this.#outbox.reuse(output);
  }

  /** `Instant.elapsedMs` at which a tick is due; Infinity = none. */
  get nextDeadline(): number {
    return this.#housekeeping.nextDeadline;
  }

  /** Requests accepted and not answered. */
  get outstandingRequests(): number {
    return this.#pressure.inProcess;
  }

  /** Connections by when their silence ends, for `dump`. */
  get silentConnections(): Connections["silent"] {
    return this.#connections.silent;
  }

  /** Whether someone without a session (an admin request) has all of `perms` on the znode at `path`. */
  authorize(caller: Caller, perms: number, path: string): Authorization {
    return authorize(this.authority, this.database.tree, caller, perms, path);
  }

  /**
   * Truths across the parts, checked after every step, in production too. It runs for every frame, so a
   * message is only made for a violation.
   */
  #assertInvariants(): void {
    const applied = this.database.lastProcessedZxid;
    const { committed, proposed } = this.#broadcast;
    const { pending } = this.#commits;
    if (applied > committed) violated(`applied ${applied} is beyond committed ${committed}`);
    if (committed > proposed) violated(`committed ${committed} is beyond logged ${proposed}`);
    if (!this.#isPreparing) return;
    if (this.#prep.zxid !== proposed) {
      violated(`prepared ${this.#prep.zxid} is not the last proposed ${proposed}`);
    }
    const changes = this.#prep.changes.length;
    if (pending === 0 && ((applied !== proposed && counterOf(proposed) !== 0) || changes !== 0)) {
      violated(`nothing is pending, but applied is ${applied}, proposed ${proposed}, changes ${changes}`);
    }
    if (this.#pressure.total < pending) violated("fewer requests in process than proposals");
  }
}

function violated(message: string): never {
  throw new InvariantViolation(message);
}
