import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SubjectKind } from "../apache.ts";
import { Workload } from "../history/history-workload.ts";
import { type EnsembleOptions, EnsembleProcesses } from "./ensemble.ts";
import type { FaultStory } from "./ensemble-faults.ts";
import { verdict } from "./ensemble-verdict.ts";

export interface FaultSuiteOptions {
  readonly kinds: readonly SubjectKind[];
  readonly faults: readonly FaultStory[];
  /** Bundle of our server; called before the ensemble is made. */
  readonly program?: () => Promise<string>;
  /** Further keys of every zoo.cfg. */
  readonly config?: EnsembleOptions["config"];
  /** Per story, ms. */
  readonly timeoutMs?: number;
}

/**
 * One ensemble and one load; the faults come one after the other, and at the end every server's tree is held against what was
 * acknowledged.
 */
export function defineFaultSuite(title: string, options: FaultSuiteOptions): void {
  const { kinds, faults, timeoutMs = 60_000 } = options;
  describe(title, () => {
    let ensemble: EnsembleProcesses;
    let workload: Workload;

    beforeAll(async () => {
      const program = await options.program?.();
      ensemble = await EnsembleProcesses.start({
        members: kinds,
        links: "proxied",
        ...(options.config === undefined ? {} : { config: options.config }),
        ...(program === undefined ? {} : { program }),
      });
      workload = await Workload.start({ servers: ensemble.members.map(({ address }) => address) });
      await workload.acknowledged(50);
    }, timeoutMs);

    afterAll(async () => {
      await workload?.close();
      await ensemble?.dispose();
    }, timeoutMs);

    for (const fault of faults) {
      it(fault.name, () => fault.run(ensemble, workload), timeoutMs);
    }

    it(
      "every acknowledged write is on every server, in one order, and no session was lost",
      async () => {
        expect(workload.expired.map(({ id }) => id)).toEqual([]);
        expect((await verdict(ensemble, workload)).slice(0, 20)).toEqual([]);
        expect(workload.history.totals).toMatchObject({ pending: 0 });
      },
      timeoutMs,
    );
  });
}
