import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { LoadProcess } from "./load-process.ts";
import { describeMachine, isInstalled } from "./machine.ts";
import { type BenchReport, renderTable, type WorkloadReport } from "./report.ts";
import { writeResults } from "./results.ts";

/** The entry points of bench/ run in the repository's root. */
export const REPOSITORY = process.cwd();
export const say = (text: string): void => console.error(text);

/** What all workloads of a run share. */
export interface BenchStage {
  /** Is kept: what was built once for many runs. */
  readonly cache: string;
  /** Is removed at the end; on the disk that is measured. */
  readonly scratch: string;
  readonly load: LoadProcess;
  readonly say: typeof say;
}

/**
 * Runs the chosen workloads in turn, prints the table and writes it down.
 *
 * @param facts what the report says about the machine beside what can be seen of it
 */
export async function runBench<T extends { readonly name: string; readonly title: string }>(
  options: { readonly workloads: readonly string[]; readonly directory: string | undefined },
  known: readonly T[],
  run: (stage: BenchStage, workload: T) => Promise<WorkloadReport>,
  facts: Readonly<Record<string, string>> = {},
): Promise<void> {
  const cache = resolve(options.directory ?? join(REPOSITORY, ".cache/bench"));
  const scratch = join(cache, `run-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const isPinned = availableParallelism() > 1 && isInstalled("taskset");
  const machine = { ...describeMachine(isPinned), ...facts };
  const load = new LoadProcess(join(REPOSITORY, ".cache/bench/dist/load.mjs"), isPinned);
  try {
    const workloads: WorkloadReport[] = [];
    for (const workload of known.filter(({ name }) => options.workloads.includes(name))) {
      say(workload.title);
      workloads.push(await run({ cache, scratch, load, say }, workload));
    }
    const report: BenchReport = { at: new Date().toISOString(), machine, options: { ...options }, workloads };
    const table = renderTable(report);
    console.log(`\n${table}`);
    console.log(`written to ${writeResults(REPOSITORY, report, table)}`);
  } finally {
    load.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs an entry point; what goes wrong is one line. */
export function start(name: string, main: () => Promise<void>): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  main().catch((error: Error) => {
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  });
}
