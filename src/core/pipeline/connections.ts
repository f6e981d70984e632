import type { AclAuthority } from "../auth/acl.ts";
import { mergeIds } from "../auth/auth-scheme.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { ConnectionOpened } from "../ready.ts";
import { ExpiryBuckets } from "../session/expiry-buckets.ts";
import type { WatchManager } from "../watch/watch-manager.ts";
import { Connection } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import type { ServerStats } from "./server-stats.ts";
import type { SessionOrder } from "./session-order.ts";
import type { Turn } from "./turn.ts";

/** The open connections. What a connection owns (watches, identities, its place in queues) ends here with it. */
export class Connections {
  /** In order of opening. */
  readonly byId: Map<ConnectionId, Connection>;
  /** Connections by when their silence ends (client-protocol 2.5). */
  readonly silent: ExpiryBuckets<Connection>;
  readonly #sessionlessTimeoutMs: number;
  readonly #authority: AclAuthority;
  readonly #watches: WatchManager;
  readonly #order: SessionOrder;
  readonly #outbox: Outbox;
  readonly #stats: ServerStats;
  readonly #turn: Turn;

  constructor(
    byId: Map<ConnectionId, Connection>,
    sessionlessTimeoutMs: number,
    authority: AclAuthority,
    watches: WatchManager,
    order: SessionOrder,
    outbox: Outbox,
    stats: ServerStats,
    turn: Turn,
  ) {
    this.byId = byId;
    this.silent = new ExpiryBuckets(sessionlessTimeoutMs);
    this.#sessionlessTimeoutMs = sessionlessTimeoutMs;
    this.#authority = authority;
    this.#watches = watches;
    this.#order = order;
    this.#outbox = outbox;
    this.#stats = stats;
    this.#turn = turn;
  }

  open(opened: ConnectionOpened): void {
    const connection = new Connection(opened, this.#sessionlessTimeoutMs, this.#turn.wallMs);
    for (const scheme of this.#authority.schemes()) {
      connection.ids = mergeIds(connection.ids, scheme.idsAtAccept(connection));
    }
    this.byId.set(connection.id, connection);
    this.touch(connection);
  }

  /** Something came from the connection. */
  touch(connection: Connection): void {
    this.silent.touch(connection, connection.silenceLimitMs, this.#turn.elapsedMs);
  }

  /** Closes a connection behind what it has been sent so far. */
  close(connection: Connection): void {
    if (connection.phase === "closed") return;
    this.#outbox.close(connection);
    this.forget(connection);
  }

  /** The connection is no more: its watches go, its session lives on. */
  forget(connection: Connection): void {
    if (connection.phase === "closed") return;
    connection.phase = "closed";
    connection.held = [];
    this.byId.delete(connection.id);
    this.silent.remove(connection);
    this.#watches.removeConnection(connection.id);
    const { session } = connection;
    if (session !== null && session.connection === connection.id) {
      session.connection = 0;
      this.#order.abandon(session, connection.queue);
    }
  }

  /** Closes those that were silent for too long. */
  closeSilent(): void {
    for (const connection of this.silent.takeExpired(this.#turn.elapsedMs)) {
      this.#stats.counters.sessionless_connections_expired++;
      this.#outbox.event({
        kind: "connectionExpired",
        connection: connection.id,
        peerAddress: connection.peerAddress,
        session: connection.sessionId,
        reason: `nothing was received for more than ${connection.silenceLimitMs} ms`,
      });
      this.close(connection);
    }
  }
}
