import {
  ackBeforeFsync,
  ackEpochBeforeStored,
  epochBeforeLog,
  newLeaderAckBeforeLog,
  ownAckBeforeFsync,
} from "./early-acks.ts";
import {
  acceptedEpochLedAgain,
  actsOnProposedConfiguration,
  epochLedTwice,
  observerEpochBeforeLog,
  voteNotUpdated,
} from "./epochs.ts";
import { ackCountedTwice, epochCountsTwice, staleVote } from "./false-words.ts";
import type { KnownBug } from "./known-bug.ts";

/** What servers tell each other before it is so, or when it is not. */
export const BUGS_OF_WORDS: readonly KnownBug[] = [
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
    seed: 2,
    mutate: ownAckBeforeFsync,
  },
  { name: "stale-vote", source: "ZOOKEEPER-2845, -2678", rings: ["votes"], seed: 1, mutate: staleVote },
  { name: "epoch-counts-twice", source: "S12", rings: ["ack-epoch"], seed: 2, mutate: epochCountsTwice },
  { name: "ack-counted-twice", source: "S15", rings: ["commit-quorum"], seed: 1, mutate: ackCountedTwice },
  {
    name: "vote-not-updated",
    source: "ZOOKEEPER-1732, -1818",
    rings: ["votes", "liveness"],
    seed: 3,
    mutate: voteNotUpdated,
  },
  {
    name: "epoch-led-twice",
    source: "S1, S12",
    rings: ["one-leader"],
    seed: 2,
    mutate: epochLedTwice,
    patch: acceptedEpochLedAgain,
  },
  {
    name: "observer-epoch-before-log",
    source: "F67, 3.15",
    rings: ["newleader-ack"],
    seed: 2,
    mutate: observerEpochBeforeLog,
  },
  {
    name: "acts-on-proposed-configuration",
    source: "S23",
    rings: ["membership", "commit-quorum"],
    seed: 3,
    mutate: actsOnProposedConfiguration,
  },
];
