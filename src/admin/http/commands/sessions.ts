import type { SessionId } from "../../../protocol/session-id.ts";
import type { AdminView, ExpiryListing, SessionPaths } from "../../admin-view.ts";
import { getCommand, reply } from "../command.ts";
import { JsonList, JsonMap, type JsonValue } from "../json.ts";

/** Session ids are decimal here, unlike in the four-letter words. Followers know no expiry times: an empty map. */
export const dump = getCommand([], ({ view }) => {
  return reply({
    expiry_time_to_session_ids: new JsonMap(expiryTimes(view)),
    session_id_to_ephemeral_paths: pathsBySession(view.ephemerals().sessions),
  });
});

/** `{ session id: [paths] }`. */
export function pathsBySession(sessions: Iterable<SessionPaths>): JsonMap {
  const entries = function* () {
    for (const { sessionId, paths } of sessions) {
      yield [String(sessionId.toBigInt()), new JsonList(paths)] as const;
    }
  };
  return new JsonMap(entries());
}

export function* decimalIds(sessionIds: Iterable<SessionId>): Iterable<bigint> {
  for (const sessionId of sessionIds) yield sessionId.toBigInt();
}

function* expiryTimes(view: AdminView): Iterable<readonly [string, JsonValue]> {
  const { local, global } = view.sessions();
  if (global.kind === "learner") return;
  if (local === null) yield* bucketEntries(global);
  else yield* mergedEntries(local, global);
}

function* bucketEntries(listing: ExpiryListing<SessionId>): Iterable<readonly [string, JsonValue]> {
  for (const bucket of listing.buckets) {
    yield [String(bucket.expiresAtElapsedMs), new JsonList(decimalIds(bucket.elements))];
  }
}

/** Local and global buckets end at the same times, but a JSON object must name each time once. */
function mergedEntries(...listings: ExpiryListing<SessionId>[]): Iterable<readonly [string, JsonValue]> {
  const idsByTime = new Map<number, bigint[]>();
  for (const bucket of listings.flatMap((listing) => [...listing.buckets])) {
    const ids = idsByTime.get(bucket.expiresAtElapsedMs) ?? [];
    ids.push(...decimalIds(bucket.elements));
    idsByTime.set(bucket.expiresAtElapsedMs, ids);
  }
  return [...idsByTime].sort(([a], [b]) => a - b).map(([time, ids]) => [String(time), ids] as const);
}
