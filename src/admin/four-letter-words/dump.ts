import type { AdminView, ExpiryListing, SessionListing } from "../admin-view.ts";
import { javaDate } from "../java-date.ts";
import { slashedAddress } from "../socket-address.ts";
import type { Answer } from "./word.ts";

/** `dump`: sessions by expiry, ephemeral znodes by session, connections by expiry. */
export function* dump(view: AdminView): Answer {
  const { elapsedMs, wallMs } = view.now();
  const dateOf = (expiresAtElapsedMs: number) => javaDate(expiresAtElapsedMs - elapsedMs + wallMs);
  yield "SessionTracker dump:\n";
  yield* sessions(view.sessions(), dateOf);
  yield "ephemeral nodes dump:\n";
  yield* ephemerals(view);
  yield "Connections dump:\n";
  yield "Connections ";
  yield* expirySets(view.connectionExpiry(), dateOf, ({ remoteHost, remotePort, sessionId }) => {
    return `ip: ${slashedAddress(remoteHost, remotePort)} sessionId: ${sessionId}`;
  });
}

function* sessions({ local, global }: SessionListing, dateOf: (elapsedMs: number) => string): Answer {
  if (local !== null) {
    yield "Local Session ";
    yield* expirySets(local, dateOf, String);
  }
  if (global.kind === "learner") {
    yield `Global Sessions(${global.count}):\n`;
    for (const session of global.sessions) yield `${session.id}\t${session.timeoutMs}ms\n`;
  } else {
    yield local !== null ? "Global Session " : "Session ";
    yield* expirySets(global, dateOf, String);
  }
}

function* ephemerals(view: AdminView): Answer {
  const listing = view.ephemerals();
  yield `Sessions with Ephemerals (${listing.sessionCount}):\n`;
  for (const { sessionId, paths } of listing.sessions) {
    yield `${sessionId}:\n`;
    for (const path of paths) yield `\t${path}\n`;
  }
}

function* expirySets<E>(
  listing: ExpiryListing<E>,
  dateOf: (elapsedMs: number) => string,
  textOf: (element: E) => string,
): Answer {
  yield `Sets (${listing.bucketCount})/(${listing.elementCount}):\n`;
  for (const bucket of listing.buckets) {
    yield `${bucket.size} expire at ${dateOf(bucket.expiresAtElapsedMs)}:\n`;
    for (const element of bucket.elements) yield `\t${textOf(element)}\n`;
  }
}
