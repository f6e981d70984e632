import { closesBeforeCreate, closingSessionsWrite } from "./closing-sessions.ts";
import { outlivesLeader, ownTimeInTxns, revalidatesByItself, touchesLost } from "./false-words.ts";
import type { KnownBug } from "./known-bug.ts";
import { lateWatchEvents } from "./late-watch-events.ts";
import { several } from "./several.ts";

/** What clients would notice. */
export const BUGS_OF_SERVICE: readonly KnownBug[] = [
  {
    name: "revalidates-by-itself",
    source: "S22, L4, 3.12",
    rings: ["session-order", "own-writes"],
    seed: 1,
    mutate: () => several(revalidatesByItself, outlivesLeader),
  },
  { name: "touches-lost", source: "3.12", rings: ["expiry"], seed: 1, mutate: touchesLost },
  { name: "own-time-in-txns", source: "4.1, S20", rings: ["log-agreement"], seed: 1, mutate: ownTimeInTxns },
  {
    name: "late-watch-events",
    source: "client-protocol",
    rings: ["watch-order"],
    seed: 1,
    mutate: lateWatchEvents,
  },
  {
    name: "closing-session-writes",
    source: "S21, F43",
    rings: ["sessions"],
    seed: 1,
    mutate: closesBeforeCreate,
    patch: closingSessionsWrite,
  },
];
