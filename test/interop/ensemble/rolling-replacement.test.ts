import { describe, expect, it } from "vitest";
import type { SubjectKind } from "../../support/apache.ts";
import { EnsembleProcesses } from "../../support/ensemble/ensemble.ts";
import { verdict } from "../../support/ensemble/ensemble-verdict.ts";
import { Workload } from "../../support/history/history-workload.ts";
import { APACHE_KINDS, SUBJECT } from "../support/suite.ts";

/** Writes that are acknowledged before the next server is replaced. */
const BETWEEN = 100;

/** One server after the other, the leader last, each on its data directory, until all are of this kind. */
async function replaceAll(ensemble: EnsembleProcesses, workload: Workload, kind: SubjectKind): Promise<void> {
  const leader = await ensemble.leader();
  const followers = ensemble.members.filter((member) => member !== leader);
  for (const { sid } of [...followers, leader]) {
    await ensemble.replaceKind(sid, kind);
    await workload.acknowledged(BETWEEN);
  }
}

describe("three servers are replaced one by one under load, and back", () => {
  it.each(APACHE_KINDS)("from %s and back: no write is lost, no session expires", async (apache) => {
    await using ensemble = await EnsembleProcesses.start({ members: [apache, apache, apache] });
    const servers = ensemble.members.map(({ address }) => address);
    await using workload = await Workload.start({ servers, sessions: 6 });
    await workload.acknowledged(BETWEEN);
    await replaceAll(ensemble, workload, SUBJECT);
    await workload.acknowledged(BETWEEN);
    await replaceAll(ensemble, workload, apache);
    expect(workload.expired.map(({ id }) => id)).toEqual([]);
    expect((await verdict(ensemble, workload)).slice(0, 20)).toEqual([]);
    expect(workload.history.totals).toMatchObject({ pending: 0 });
  });
});
