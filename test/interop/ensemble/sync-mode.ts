import type { Member } from "../../support/ensemble/ensemble.ts";

export type SyncMode = "DIFF" | "TRUNC" | "SNAP";

/** What a learner says of its synchronisation, Apache's or ours; the last one counts. */
const WORDS: readonly (readonly [SyncMode, RegExp])[] = [
  ["DIFF", /Getting a diff from the leader|leader \d+ sends DIFF/],
  ["TRUNC", /Truncating log to get in sync with the leader|leader \d+ sends TRUNC/],
  ["SNAP", /Getting a snapshot from leader|leader \d+ sends SNAP/],
];

/** Brings a member up and tells how the leader brought it up to date. */
export async function syncModeOf(learner: Member, start: () => Promise<void>): Promise<SyncMode> {
  const before = learner.log().length;
  await start();
  let last: SyncMode | undefined;
  const said = learner.log().slice(before);
  for (const line of said.split("\n")) {
    for (const [mode, words] of WORDS) if (words.test(line)) last = mode;
  }
  if (last === undefined) throw new Error(`server ${learner.sid} says nothing of a synchronisation\n${said}`);
  return last;
}
