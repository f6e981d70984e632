import { describe, expect, it } from "vitest";
import type { SubjectKind } from "../../support/apache.ts";
import { EnsembleProcesses } from "../../support/ensemble/ensemble.ts";
import { verdict } from "../../support/ensemble/ensemble-verdict.ts";
import { freePort } from "../../support/free-port.ts";
import { Workload } from "../../support/history/history-workload.ts";
import { until } from "../../support/until.ts";
import { APACHE_KINDS, SUBJECT } from "../support/suite.ts";

/** Server 1 feeds the observers, server 3 leads. */
interface Mix {
  readonly master: SubjectKind;
  readonly leader: SubjectKind;
}

const MIXES = APACHE_KINDS.flatMap((apache): Mix[] => [
  { master: SUBJECT, leader: apache },
  { master: apache, leader: SUBJECT },
]);

describe.each(MIXES)("observers are fed by $master, $leader leads", ({ master, leader }) => {
  it("under load, and when their master goes and comes back", async () => {
    // A master of Apache's drops commits of what was proposed while it joined; observers of ours notice, Apache's do not.
    const kinds: readonly SubjectKind[] = master === SUBJECT ? [SUBJECT, leader] : [SUBJECT];
    const config = { observerMasterPort: await freePort() };
    await using ensemble = await EnsembleProcesses.start(
      {
        members: [
          { kind: master, config },
          leader,
          leader,
          ...kinds.map((kind) => ({ kind, role: "observer", config }) as const),
        ],
      },
      3,
    );
    const fed = (sid: number): Promise<string | undefined> =>
      ensemble.member(sid).monitored("zk_synced_observers");
    const areFed = (): Promise<unknown> =>
      until("they are fed by server 1", async () => (await fed(1)) === `${kinds.length}`, 20_000);
    await areFed();
    expect(await fed(3)).toBe("0");

    await using workload = await Workload.start({ servers: ensemble.members.map(({ address }) => address) });
    await workload.acknowledged(200);
    await ensemble.kill(1);
    await workload.acknowledged(100);
    await ensemble.startMembers(1);
    await ensemble.awaitServing();
    // Observers of ours that found no master in half of the limit are at the leader, and stay there as long as it feeds them.
    await until(
      "all of them are fed",
      async () => Number(await fed(1)) + Number(await fed(3)) === kinds.length,
      20_000,
    );
    await workload.acknowledged(100);
    for (const { sid } of ensemble.members.filter(({ role }) => role === "observer")) {
      await ensemble.stop(sid);
      await ensemble.startMembers(sid);
    }
    await areFed();
    await workload.acknowledged(100);
    expect(await fed(3)).toBe("0");
    expect(workload.expired.map(({ id }) => id)).toEqual([]);
    expect((await verdict(ensemble, workload)).slice(0, 20)).toEqual([]);
  });
});
