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
  outlivesLeader,
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
import { MODE_BUGS } from "./modes/mode-bugs.ts";

/** A bug that was once somebody's, to see that the checkers notice. */
export interface KnownBug extends PlantedBug {
  readonly name: string;
  /** ZOOKEEPER-nnnn, or the clause of quorum-protocol that it breaks. */
  readonly source: string;
  /** The checkers that may notice first. */
  readonly rings: readonly string[];
  /** A seed at which one does. */
  readonly seed: number;
}

/** What of a history that should have been cut is noticed first depends on what comes behind it. */
const UNCUT = ["digest", "log-agreement", "contiguous-log", "votes", "ack-epoch"];

/** Each is planted on all servers. */
export const KNOWN_BUGS: readonly KnownBug[] = [
  {
    name: "ack-before-fsync",
    source: "ZOOKEEPER-4646",
    rings: ["proposal-ack"],
    seed: 1,
    mutate: ackBeforeFsync,
  },
  {
    name: "newleader-ack-before-log",
    source: "ZOOKEEPER-3911, -3023",
    rings: ["newleader-ack"],
    seed: 1,
    mutate: newLeaderAckBeforeLog,
  },
  {
    name: "ackepoch-before-stored",
    source: "S12, F14",
    rings: ["ack-epoch"],
    seed: 1,
    mutate: ackEpochBeforeStored,
  },
  {
    name: "epoch-before-log",
    source: "ZOOKEEPER-4643, -4785",
    rings: ["newleader-ack"],
    seed: 1,
    mutate: epochBeforeLog,
  },
  {
    name: "own-ack-before-fsync",
    source: "S15, F37",
    rings: ["commit-quorum"],
    seed: 1,
    mutate: ownAckBeforeFsync,
  },
  {
    name: "commit-lost-in-diff",
    source: "ZOOKEEPER-4394",
    rings: ["link-order"],
    seed: 1,
    mutate: commitLostInDiff,
  },
  {
    name: "hole-in-log",
    source: "ZOOKEEPER-4925",
    rings: ["contiguous-log", "log-agreement"],
    seed: 1,
    mutate: holeInLog,
  },
  { name: "trunc-cuts-nothing", source: "F29, F64", rings: UNCUT, seed: 3, mutate: truncCutsNothing },
  {
    name: "snapshot-not-installed",
    source: "ZOOKEEPER-3642",
    rings: ["newleader-ack"],
    seed: 1,
    mutate: snapshotNotInstalled,
  },
  {
    name: "serves-before-uptodate",
    source: "S24",
    rings: ["service"],
    seed: 4,
    mutate: () => several(servesBeforeUpToDate, revalidatesByItself),
  },
  { name: "stale-vote", source: "ZOOKEEPER-2845, -2678", rings: ["votes"], seed: 1, mutate: staleVote },
  { name: "epoch-counts-twice", source: "S12", rings: ["ack-epoch"], seed: 2, mutate: epochCountsTwice },
  { name: "ack-counted-twice", source: "S15", rings: ["commit-quorum"], seed: 1, mutate: ackCountedTwice },
  {
    name: "revalidates-by-itself",
    source: "S22, L4, 3.12",
    rings: ["session-order", "own-writes"],
    seed: 5,
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
    name: "log-not-synced",
    source: "forceSync=no, S14",
    rings: ["proposal-ack"],
    seed: 1,
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.includes("/log.") }),
  },
  {
    name: "accepted-epoch-not-synced",
    source: "S10, F13",
    rings: ["ack-epoch"],
    seed: 1,
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.includes("/acceptedEpoch") }),
  },
  {
    name: "trunc-keeps-snapshots",
    source: "ZOOKEEPER-4837, -1549",
    rings: UNCUT,
    seed: 34,
    mutate: snapshotOfUncommitted,
    wrapDisk: (disk) => lyingDisk(disk, { remove: (path) => /\/snapshot\.[0-9a-f]+$/.test(path) }),
  },
  ...MODE_BUGS,
];

/** By name. */
export const PLANTED_BUGS: ReadonlyMap<string, KnownBug> = new Map(KNOWN_BUGS.map((bug) => [bug.name, bug]));
