import { revalidatesByItself } from "./false-words.ts";
import { type KnownBug, UNCUT } from "./known-bug.ts";
import { commitLostInDiff, holeInLog, servesBeforeUpToDate, snapshotNotInstalled } from "./lost-in-sync.ts";
import { newLeaderAckNotAwaited, newLeaderBeforeSnapshotEnds, proposalAckFirst } from "./newleader-order.ts";
import { several } from "./several.ts";
import {
  falseTrunc,
  interruptedTruncKeepsMemory,
  truncCutsNothing,
  truncKeepsLaterEpoch,
  truncKeepsNext,
} from "./wrong-cuts.ts";
import { holeInCommittedLog } from "./wrong-memory.ts";

/** While a learner is brought to what its leader has. */
export const BUGS_OF_SYNC: readonly KnownBug[] = [
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
  { name: "trunc-cuts-nothing", source: "F29, F64", rings: UNCUT, seed: 1, mutate: truncCutsNothing },
  {
    name: "snapshot-not-installed",
    source: "ZOOKEEPER-3642",
    rings: ["newleader-ack"],
    seed: 3,
    mutate: snapshotNotInstalled,
  },
  {
    name: "serves-before-uptodate",
    source: "S24",
    rings: ["service"],
    seed: 2,
    mutate: () => several(servesBeforeUpToDate, revalidatesByItself),
  },
  {
    name: "hole-in-committed-log",
    source: "ZOOKEEPER-4925, F39",
    rings: ["link-order", "truncation"],
    seed: 1,
    mutate: holeInCommittedLog,
  },
  {
    name: "proposal-ack-first",
    source: "ZOOKEEPER-4685",
    rings: ["newleader-ack"],
    seed: 2,
    mutate: proposalAckFirst,
  },
  {
    name: "newleader-ack-not-awaited",
    source: "ZOOKEEPER-4685, F20",
    rings: ["service"],
    seed: 1,
    mutate: newLeaderAckNotAwaited,
  },
  {
    name: "newleader-before-snapshot-ends",
    source: "ZOOKEEPER-3104",
    rings: ["link-order"],
    seed: 19,
    mutate: newLeaderBeforeSnapshotEnds,
  },
  {
    name: "false-trunc",
    source: "ZOOKEEPER-3526, S19",
    rings: ["truncation"],
    seed: 1,
    mutate: falseTrunc,
  },
  {
    name: "trunc-keeps-next",
    source: "F64",
    rings: UNCUT,
    seed: 6,
    mutate: truncKeepsNext,
  },
  {
    name: "trunc-keeps-later-epoch",
    source: "F65",
    rings: UNCUT,
    seed: 66,
    mutate: truncKeepsLaterEpoch,
  },
  {
    name: "interrupted-trunc-keeps-memory",
    source: "ZOOKEEPER-5094, F26",
    rings: ["votes", "ack-epoch"],
    seed: 6,
    mutate: interruptedTruncKeepsMemory,
  },
];
