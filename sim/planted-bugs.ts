import {
  ackBeforeFsync,
  ackEpochBeforeStored,
  epochBeforeLog,
  newLeaderAckBeforeLog,
  ownAckBeforeFsync,
} from "./bugs/early-acks.ts";
import {
  ackCountedTwice,
  epochCountsTwice,
  ownTimeInTxns,
  revalidatesByItself,
  staleVote,
  touchesLost,
} from "./bugs/false-words.ts";
import { lateWatchEvents } from "./bugs/late-watch-events.ts";
import {
  commitLostInDiff,
  holeInLog,
  servesBeforeUpToDate,
  snapshotNotInstalled,
  snapshotOfUncommitted,
  truncCutsNothing,
} from "./bugs/lost-in-sync.ts";
import { lyingDisk } from "./bugs/lying-disk.ts";
import { several } from "./bugs/several.ts";
import type { PlantedBug } from "./ensemble-run.ts";
import type { PeerMutation } from "./peer-hooks.ts";

/** A bug that was once somebody's, to see that the checkers notice. */
export interface KnownBug extends PlantedBug {
  readonly name: string;
  /** ZOOKEEPER-nnnn, or the clause of quorum-protocol that it breaks. */
  readonly source: string;
}

function everywhere(name: string, source: string, mutate: () => PeerMutation): KnownBug {
  return { name, source, mutate };
}

/** Each is planted on all servers. */
export const KNOWN_BUGS: readonly KnownBug[] = [
  everywhere("ack-before-fsync", "ZOOKEEPER-4646", ackBeforeFsync),
  everywhere("newleader-ack-before-log", "ZOOKEEPER-3911, -3023", newLeaderAckBeforeLog),
  everywhere("ackepoch-before-stored", "S12, F14", ackEpochBeforeStored),
  everywhere("epoch-before-log", "ZOOKEEPER-4643, -4785", epochBeforeLog),
  everywhere("own-ack-before-fsync", "S15, F37", ownAckBeforeFsync),
  everywhere("commit-lost-in-diff", "ZOOKEEPER-4394", commitLostInDiff),
  everywhere("hole-in-log", "ZOOKEEPER-4925", holeInLog),
  everywhere("trunc-cuts-nothing", "F29, F64", truncCutsNothing),
  everywhere("snapshot-not-installed", "ZOOKEEPER-3642", snapshotNotInstalled),
  everywhere("serves-before-uptodate", "S24", () => several(servesBeforeUpToDate, revalidatesByItself)),
  everywhere("stale-vote", "ZOOKEEPER-2845, -2678", staleVote),
  everywhere("epoch-counts-twice", "S12", epochCountsTwice),
  everywhere("ack-counted-twice", "S15", ackCountedTwice),
  everywhere("revalidates-by-itself", "S22, 3.12", revalidatesByItself),
  everywhere("touches-lost", "3.12", touchesLost),
  everywhere("own-time-in-txns", "4.1, S20", ownTimeInTxns),
  everywhere("late-watch-events", "client-protocol", lateWatchEvents),
  {
    name: "log-not-synced",
    source: "forceSync=no, S14",
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.includes("/log.") }),
  },
  {
    name: "accepted-epoch-not-synced",
    source: "S10, F13",
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.includes("/acceptedEpoch") }),
  },
  {
    name: "trunc-keeps-snapshots",
    source: "ZOOKEEPER-4837, -1549",
    mutate: snapshotOfUncommitted,
    wrapDisk: (disk) => lyingDisk(disk, { remove: (path) => /\/snapshot\.[0-9a-f]+$/.test(path) }),
  },
];

/** By name. */
export const PLANTED_BUGS: ReadonlyMap<string, KnownBug> = new Map(KNOWN_BUGS.map((bug) => [bug.name, bug]));
