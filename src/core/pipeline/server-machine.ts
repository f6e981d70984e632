import { InvariantViolation, unreachable } from "../../base/invariant.ts";
import type { Instant } from "../../base/ports.ts";
import { AclAuthority } from "../auth/acl.ts";
import { authSchemes } from "../auth/auth-schemes.ts";
import { type Authorization, authorize, type Caller } from "../auth/authorize.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { ConnectionOutput, Input, Ready } from "../ready.ts";
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
import { Handshakes } from "./handshakes.ts";
import { Housekeeping } from "./housekeeping.ts";
import { Notifications } from "./notifications.ts";
import { Outbox } from "./outbox.ts";
import { Prep } from "./prep.ts";
import { QuorumOfOne } from "./quorum-of-one.ts";
import { Reads } from "./reads.ts";
import { Replies } from "./replies.ts";
import { RequestFlow } from "./request-flow.ts";
import { RequestThrottler } from "./request-throttler.ts";
import type { ServerMachineOptions } from "./server-options.ts";
import { ServerStats } from "./server-stats.ts";
import { SessionOrder } from "./session-order.ts";
import { Turn } from "./turn.ts";

/**
 * The deciding core of a server (design.md 5): inputs in by {@link step}, work out by {@link takeReady}. Pure, synchronous
 * and deterministic: the same inputs at the same instants give the same Readys.
 */
export class ServerMachine {
  readonly database: Database;
  readonly sessions: SessionTracker;
  readonly connections: ReadonlyMap<ConnectionId, Connection>;
  readonly authority: AclAuthority;
  readonly watches: WatchManager;
  readonly stats = new ServerStats();
  readonly connectionThrottle: ConnectionThrottle;
  readonly role: ChainPlan["role"];

  readonly #turn = new Turn();
  readonly #outbox = new Outbox();
  readonly #connections: Connections;
  readonly #broadcast: Broadcast;
  readonly #prep: Prep;
  readonly #commits: Commits;
  readonly #pressure: BackPressure;
  readonly #throttler: RequestThrottler;
  readonly #admission: Admission;
  readonly #flow: RequestFlow;
  readonly #housekeeping: Housekeeping;

  /** Ephemerals whose sessions the database does not know are removed at once: take the Ready, then snapshot. */
  constructor(options: ServerMachineOptions, plan: ChainPlan = standaloneChain) {
    const { server, database, rng, startedAt } = options;
    const turn = this.#turn;
    const outbox = this.#outbox;
    const { stats } = this;
    turn.set(startedAt);
    this.database = database;
    this.role = plan.role;
    this.authority = new AclAuthority(authSchemes(server.auth, stats.counters), server.auth.skipACL);
    this.sessions = new SessionTracker({
      tickTimeMs: server.tickTimeMs,
      serverId: server.serverId,
      startedAtElapsedMs: startedAt.elapsedMs,
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
    const last = database.lastProcessedZxid;
    this.#broadcast = new QuorumOfOne(outbox, last);
    this.#prep = new Prep(server, database, authority, sessions, stats, turn, last);
    const answers = new Answers(database, replies, stats, turn);
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
      makesLocalSessions: server.localSessionsEnabled && plan.hasLocalSessions,
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
    });
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
      submitWrite: plan.connect({ prep: this.#prep, broadcast: this.#broadcast, commits: this.#commits }),
      upgradesLocalSessions: server.localSessionsUpgradingEnabled,
    });
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
    this.#housekeeping = new Housekeeping({ sessions, connections, reaper, flow: this.#flow, turn });
    this.#takeOver(startedAt);
  }

  /** The recovered sessions begin with a full timeout; ephemerals of other sessions go. */
  #takeOver(startedAt: Instant): void {
    for (const { id, timeoutMs } of this.database.sessions.values()) {
      this.sessions.trackGlobal(id, timeoutMs, startedAt.elapsedMs);
    }
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
        this.#commits.applyCommitted();
        this.#throttler.drain();
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
   * Truths across the parts, checked after every step, in production too (design.md 5). It runs for every frame, so a
   * message is only made for a violation.
   */
  #assertInvariants(): void {
    const applied = this.database.lastProcessedZxid;
    const { committed, proposed } = this.#broadcast;
    const { pending } = this.#commits;
    if (applied > committed) violated(`applied ${applied} is beyond committed ${committed}`);
    if (committed > proposed) violated(`committed ${committed} is beyond logged ${proposed}`);
    if (this.#prep.zxid !== proposed) {
      violated(`prepared ${this.#prep.zxid} is not the last proposed ${proposed}`);
    }
    const changes = this.#prep.changes.length;
    if (pending === 0 && (applied !== proposed || changes !== 0)) {
      violated(`nothing is pending, but applied is ${applied}, proposed ${proposed}, changes ${changes}`);
    }
    if (this.#pressure.inProcess < pending) violated("fewer requests in process than proposals");
  }
}

function violated(message: string): never {
  throw new InvariantViolation(message);
}
