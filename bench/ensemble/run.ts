import { mkdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { BenchStage } from "../bench-run.ts";
import type { LoadResult, ThroughputJob } from "../load/jobs.ts";
import type { SubjectName } from "../options.ts";
import { type Figures, metricReports, type WorkloadReport } from "../report.ts";
import { turnOrder } from "../run-workloads.ts";
import { Ensemble } from "./ensemble.ts";
import type { EnsembleBenchOptions } from "./options.ts";
import type { EnsembleWorkload } from "./workloads.ts";

export interface EnsembleContext extends BenchStage {
  readonly options: EnsembleBenchOptions;
  /** Command line of a server with this configuration file. */
  readonly commandOf: (name: SubjectName, configFile: string) => string[];
}

/** The load that is on an ensemble when its leader is killed. */
const FAILOVER_LOAD = { connections: 12, depth: 4, warmupMs: 1000 };
/** Before an interval is measured: connections are open, and the load is even. */
const RUN_IN_MS = 500;

function start(context: EnsembleContext, name: SubjectName, tickTimeMs: number): Promise<Ensemble> {
  const directory = join(context.scratch, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const command = (configFile: string): string[] => context.commandOf(name, configFile);
  return Ensemble.start({ name, directory, tickTimeMs, command });
}

/** Starts both sides, lets `work` measure one while the other has nothing to do, and stops them. */
async function withEnsembles<T>(
  context: EnsembleContext,
  tickTimeMs: number,
  work: (ensembles: ReadonlyMap<SubjectName, Ensemble>) => Promise<T>,
): Promise<T> {
  const ensembles = new Map<SubjectName, Ensemble>();
  try {
    for (const name of context.options.subjects) {
      const ensemble = await start(context, name, tickTimeMs);
      ensembles.set(name, ensemble);
      await context.load.run({ kind: "prepare", port: ensemble.ports[0]! });
    }
    return await work(ensembles);
  } finally {
    for (const ensemble of ensembles.values()) await ensemble.stop();
  }
}

function sayFigure({ say }: EnsembleContext, name: SubjectName, figure: readonly number[]): void {
  say(`  ${name}: ${figure.map((each) => each.toFixed(2)).join(" ")}`);
}

async function runLoad(
  context: EnsembleContext,
  workload: EnsembleWorkload & { kind: "load" },
): Promise<WorkloadReport> {
  const { options, load } = context;
  const figures: Record<SubjectName, number[][]> = { apache: [], menagerie: [] };
  let loadCpuShare = 0;
  let otherCpuShare = 0;
  const measure = async (ensemble: Ensemble, warmupMs: number, measureMs: number): Promise<LoadResult> => {
    const { plan, shape } = workload;
    const target = { ports: ensemble.ports, serverPids: ensemble.pids, warmupMs, measureMs };
    const job: ThroughputJob = { kind: "throughput", plan, ...shape, ...target };
    const result = await load.measure(job);
    await ensemble.settle();
    return result;
  };
  await withEnsembles(context, options.tick, async (ensembles) => {
    for (const ensemble of ensembles.values()) await measure(ensemble, 100, options.warmup * 1000);
    for (let round = 0; round < options.rounds; round++) {
      for (const name of turnOrder(options.subjects, round)) {
        const ensemble = ensembles.get(name)!;
        const result = await measure(ensemble, RUN_IN_MS, options.seconds * 1000);
        const figure = [...workload.figures(result), ensemble.residentMib];
        figures[name].push(figure);
        loadCpuShare = Math.max(loadCpuShare, result.loadCpu / result.seconds);
        otherCpuShare = Math.max(otherCpuShare, result.otherCpu / result.seconds / cpus().length);
        sayFigure(context, name, figure);
      }
    }
  });
  return { ...reportOf(context, workload, figures), loadCpuShare, otherCpuShare };
}

/** One kill of a leader after the other; the server comes back in between. The first kill of each side is not counted. */
async function runFailover(context: EnsembleContext, workload: EnsembleWorkload): Promise<WorkloadReport> {
  const { options, load } = context;
  const figures: Record<SubjectName, number[][]> = { apache: [], menagerie: [] };
  await withEnsembles(context, options.failoverTick, async (ensembles) => {
    for (let round = -1; round < options.kills; round++) {
      for (const name of turnOrder(options.subjects, Math.max(0, round))) {
        const ensemble = ensembles.get(name)!;
        const leader = await ensemble.leader();
        const result = await load.failover({
          kind: "failover",
          ports: ensemble.ports,
          leader,
          ...FAILOVER_LOAD,
        });
        await ensemble.restore();
        await ensemble.settle();
        if (round < 0) continue;
        const figure = [result.firstWriteMs, result.allServedMs];
        figures[name].push(figure);
        sayFigure(context, name, figure);
      }
    }
  });
  return reportOf(context, workload, figures);
}

function reportOf(
  { options }: EnsembleContext,
  { name, title, metrics }: EnsembleWorkload,
  figures: Record<SubjectName, number[][]>,
): WorkloadReport {
  const chosen: Figures = Object.fromEntries(options.subjects.map((subject) => [subject, figures[subject]]));
  return { name, title, metrics: metricReports(metrics, chosen) };
}

export function runEnsembleWorkload(
  context: EnsembleContext,
  workload: EnsembleWorkload,
): Promise<WorkloadReport> {
  return workload.kind === "load" ? runLoad(context, workload) : runFailover(context, workload);
}
