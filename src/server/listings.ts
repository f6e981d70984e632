import type {
  EphemeralListing,
  ExpiringConnection,
  ExpiryBucket,
  ExpiryListing,
  PathSessions,
  SessionListing,
  SessionPaths,
} from "../admin/admin-view.ts";
import type { ConnectionId } from "../core/connection-id.ts";
import type { ServerRole } from "../core/pipeline/chains.ts";
import type { Connection } from "../core/pipeline/connection.ts";
import type { Expiring, ExpiryBuckets } from "../core/session/expiry-buckets.ts";
import type { SessionTracker, TrackedSession } from "../core/session/session-tracker.ts";
import type { DataTree } from "../core/tree/data-tree.ts";
import type { WatchManager } from "../core/watch/watch-manager.ts";
import type { SessionId } from "../protocol/session-id.ts";

/**
 * The listings behind `dump`, `wchc` and `wchp`. Each is read over several turns while the server goes on, so nothing here
 * trusts that what it saw a moment ago is still there.
 */

/** The elements of an expiry queue, none twice: one that is touched meanwhile moves to a later bucket. */
function expiryListing<T extends Expiring, E>(
  queue: ExpiryBuckets<T>,
  show: (element: T) => E,
): ExpiryListing<E> {
  const seen = new Set<T>();
  function* elements(bucket: ReadonlySet<T>): Iterable<E> {
    for (const element of bucket) {
      if (seen.has(element)) continue;
      seen.add(element);
      yield show(element);
    }
  }
  function* buckets(): Iterable<ExpiryBucket<E>> {
    for (const { expiresAtMs, elements: bucket } of queue.list()) {
      yield { expiresAtElapsedMs: expiresAtMs, size: bucket.size, elements: elements(bucket) };
    }
  }
  return { bucketCount: queue.bucketCount, elementCount: queue.elementCount, buckets: buckets() };
}

/**
 * The sessions of a server in `role`: only a standalone server and a leader know when global ones expire.
 *
 * @param areLocalEnabled `localSessionsEnabled`: then local ones are listed beside the global ones
 */
export function sessionsOf(
  sessions: SessionTracker,
  role: ServerRole,
  areLocalEnabled: boolean,
): SessionListing {
  const show = (session: TrackedSession): SessionId => session.id;
  const hasLocal = areLocalEnabled && role !== "standalone";
  const local = hasLocal ? expiryListing(sessions.local, show) : null;
  if (role === "standalone" || role === "leader")
    return { local, global: { kind: "expiry", ...expiryListing(sessions.global, show) } };
  const global = [...sessions.sessions()]
    .filter(({ isLocal }) => !isLocal)
    .map(({ id, timeoutMs }) => ({ id, timeoutMs }))
    .sort((a, b) => a.id.hi - b.id.hi || (a.id.lo >>> 0) - (b.id.lo >>> 0));
  return { local, global: { kind: "learner", count: global.length, sessions: global } };
}

export function connectionExpiryOf(silent: ExpiryBuckets<Connection>): ExpiryListing<ExpiringConnection> {
  return expiryListing(silent, (connection) => ({
    remoteHost: connection.peerAddress,
    remotePort: connection.peerPort,
    sessionId: connection.sessionId,
  }));
}

export function ephemeralsOf(tree: DataTree): EphemeralListing {
  const owners = [...tree.ephemeralOwners()];
  function* sessions(): Iterable<SessionPaths> {
    for (const sessionId of owners) {
      const paths = tree.ephemeralsOf(sessionId);
      if (paths.length > 0) yield { sessionId, paths };
    }
  }
  return { sessionCount: owners.length, sessions: sessions() };
}

type ConnectionTable = ReadonlyMap<ConnectionId, Connection>;

export function* watchesBySessionOf(
  watches: WatchManager,
  connections: ConnectionTable,
): Iterable<SessionPaths> {
  for (const [id, paths] of watches.byConnection()) {
    const connection = connections.get(id);
    if (connection !== undefined) yield { sessionId: connection.sessionId, paths };
  }
}

export function* watchesByPathOf(
  watches: WatchManager,
  connections: ConnectionTable,
): Iterable<PathSessions> {
  for (const [path, ids] of watches.byPath()) {
    const watchers = ids.map((id) => connections.get(id)).filter((connection) => connection !== undefined);
    if (watchers.length > 0) yield { path, sessionIds: watchers.map((connection) => connection.sessionId) };
  }
}
