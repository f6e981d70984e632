import type { Member } from "../../support/ensemble.ts";

export type SyncMode = "DIFF" | "TRUNC" | "SNAP";

/** What Apache's servers say of a synchronisation, as leader and as learner; the last one counts. */
const WORDS: readonly (readonly [SyncMode, RegExp])[] = [
  ["DIFF", /Sending DIFF|Getting a diff from the leader/],
  ["TRUNC", /Sending TRUNC|Truncating log to get in sync with the leader/],
  ["SNAP", /Sending snapshot|Getting a snapshot from leader/],
];

/** Brings a member up and tells how the leader brought it up to date; one of the two must be Apache's, whose log tells. */
export async function syncModeOf(
  learner: Member,
  leader: Member,
  start: () => Promise<void>,
): Promise<SyncMode> {
  const witness = learner.kind === "menagerie" ? leader : learner;
  const before = witness.log().length;
  await start();
  let last: SyncMode | undefined;
  for (const line of witness.log().slice(before).split("\n")) {
    for (const [mode, words] of WORDS) if (words.test(line)) last = mode;
  }
  if (last === undefined)
    throw new Error(
      `server ${witness.sid} says nothing of a synchronisation\n${witness.log().slice(before)}`,
    );
  return last;
}
