import { describe, expect, it } from "vitest";
import type { SubjectKind } from "../../support/apache.ts";
import { EnsembleProcesses, type MemberOptions } from "../../support/ensemble/ensemble.ts";
import { verdict } from "../../support/ensemble/ensemble-verdict.ts";
import { Workload } from "../../support/history/history-workload.ts";
import { APACHE_KINDS, SUBJECT } from "../support/suite.ts";

interface Mix {
  readonly name: string;
  /** In the order of their sids: the last participant leads. */
  readonly members: (apache: SubjectKind) => readonly (SubjectKind | MemberOptions)[];
  readonly releases?: readonly SubjectKind[];
}

const observer = (kind: SubjectKind): MemberOptions => ({ kind, role: "observer" });

const MIXES: readonly Mix[] = [
  { name: "ours leads two of Apache's", members: (apache) => [apache, apache, SUBJECT] },
  {
    name: "ours leads one of Apache's and one of ours",
    members: (apache) => [apache, SUBJECT, SUBJECT],
    releases: ["apache-3.9"],
  },
  { name: "Apache's leads two of ours", members: (apache) => [SUBJECT, SUBJECT, apache] },
  {
    name: "Apache's leads one of ours and one of its own",
    members: (apache) => [SUBJECT, apache, apache],
    releases: ["apache-3.9"],
  },
  {
    name: "ours leads, with observers of both kinds",
    members: (apache) => [apache, apache, SUBJECT, observer(apache), observer(SUBJECT)],
  },
  {
    name: "Apache's leads, with observers of both kinds",
    members: (apache) => [SUBJECT, SUBJECT, apache, observer(SUBJECT), observer(apache)],
  },
];

/** Load on all members; the leader is killed and comes back, then a follower; then all must agree. */
async function lifeOf(members: readonly (SubjectKind | MemberOptions)[]): Promise<void> {
  const last = members.findLastIndex((member) => typeof member === "string");
  await using ensemble = await EnsembleProcesses.start({ members }, last + 1);
  await using workload = await Workload.start({ servers: ensemble.members.map(({ address }) => address) });
  await workload.acknowledged(200);
  const first = await ensemble.leader();
  await first.kill();
  await ensemble.leaderOtherThan(first.sid);
  await workload.acknowledged(100);
  await ensemble.startMembers(first.sid);
  await workload.acknowledged(50);
  const leader = await ensemble.leader();
  const follower = ensemble.participants.find((each) => each !== leader)!;
  await follower.kill();
  await workload.acknowledged(100);
  await ensemble.startMembers(follower.sid);
  await workload.acknowledged(50);
  expect(workload.expired.map(({ id }) => id)).toEqual([]);
  expect((await verdict(ensemble, workload)).slice(0, 20)).toEqual([]);
}

describe.each(APACHE_KINDS)("mixed with %s, under load and failover", (apache) => {
  it.each(MIXES.filter(({ releases }) => releases?.includes(apache) ?? true))("$name", ({ members }) =>
    lifeOf(members(apache)),
  );
});
