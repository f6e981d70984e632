import { leaderGivesUpAtEpochEnd, nextEpochAckedBeforeStored } from "../bugs/epoch-ends.ts";
import { revalidatesByItself } from "../bugs/false-words.ts";
import type { KnownBug } from "../bugs/known-bug.ts";
import {
  readOnlyAcceptsEpoch,
  readOnlyAnswersWrites,
  readOnlySessionLivesOn,
  readOnlyShowsPast,
  readOnlyUninvited,
} from "../bugs/read-only.ts";
import { sessionsNeverExpire } from "../bugs/sessions-never-expire.ts";
import { upgradeWithoutTxn } from "../bugs/upgrade-without-txn.ts";

/** Bugs that a mode brings to light. */
export const MODE_BUGS: readonly KnownBug[] = [
  {
    name: "read-only-answers-writes",
    source: "S24, 4.8",
    rings: ["read-only"],
    seed: 1,
    mode: "read-only",
    mutate: readOnlyAnswersWrites,
  },
  {
    name: "read-only-uninvited",
    source: "client-protocol 2.2",
    rings: ["read-only"],
    seed: 3,
    mode: "read-only",
    mutate: readOnlyUninvited,
  },
  {
    name: "read-only-shows-past",
    source: "client-protocol 2.2, S22",
    rings: ["client-order"],
    seed: 3,
    mode: "read-only",
    mutate: readOnlyShowsPast,
  },
  {
    name: "read-only-accepts-epoch",
    source: "S24",
    rings: ["read-only"],
    seed: 2,
    mode: "read-only",
    mutate: readOnlyAcceptsEpoch,
  },
  {
    name: "read-only-session-lives-on",
    source: "client-protocol 8.4",
    rings: ["read-only"],
    seed: 4,
    mode: "read-only",
    mutate: readOnlySessionLivesOn,
  },
  {
    name: "local-session-anywhere",
    source: "4.7",
    rings: ["local-sessions"],
    seed: 1,
    mode: "local-sessions",
    mutate: () => revalidatesByItself(),
  },
  {
    name: "upgrade-without-txn",
    source: "4.7, S21",
    rings: ["local-sessions", "sessions"],
    seed: 1,
    mode: "local-sessions",
    mutate: upgradeWithoutTxn,
  },
  {
    name: "sessions-never-expire",
    source: "L5",
    rings: ["phantoms"],
    seed: 1,
    mutate: sessionsNeverExpire,
  },
  {
    name: "leader-gives-up-at-epoch-end",
    source: "3.14",
    rings: ["steady"],
    seed: 2,
    mode: "epoch-ends",
    mutate: leaderGivesUpAtEpochEnd,
  },
  {
    name: "next-epoch-acked-before-stored",
    source: "S13, 3.14",
    rings: ["newleader-ack"],
    seed: 1,
    mode: "epoch-ends",
    mutate: nextEpochAckedBeforeStored,
  },
];
