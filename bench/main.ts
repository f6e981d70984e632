import { existsSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { LoadProcess } from "./load-process.ts";
import { describeMachine, ensureApache, isInstalled } from "./machine.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import { type BenchReport, renderTable, type WorkloadReport } from "./report.ts";
import { writeResults } from "./results.ts";
import { type BenchContext, runWorkload } from "./run-workloads.ts";
import { WORKLOADS } from "./workloads.ts";

/** Entry point of `npm run bench`; scripts/bench.mjs bundles it and runs it in the repository's root. */

const repository = process.cwd();
const say = (text: string): void => console.error(text);

function checkSubjects(options: BenchOptions): void {
  if (options.subjects.includes("apache")) ensureApache(say);
  const program = join(repository, "dist/bin/zk-server.js");
  if (options.subjects.includes("menagerie") && !existsSync(program)) {
    throw new Error(`${program} is not there; run: npm run build`);
  }
}

async function runAll(context: BenchContext): Promise<WorkloadReport[]> {
  const reports: WorkloadReport[] = [];
  for (const workload of WORKLOADS.filter(({ name }) => context.options.workloads.includes(name))) {
    say(workload.title);
    reports.push(await runWorkload(context, workload));
  }
  return reports;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  checkSubjects(options);
  const cache = resolve(options.directory ?? join(repository, ".cache/bench"));
  const scratch = join(cache, `run-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const isPinned = availableParallelism() > 1 && isInstalled("taskset");
  const machine = describeMachine(isPinned);
  const load = new LoadProcess(join(repository, ".cache/bench/dist/load.mjs"), isPinned);
  try {
    const workloads = await runAll({ options, repository, cache, scratch, load, say });
    const report: BenchReport = { at: new Date().toISOString(), machine, options: { ...options }, workloads };
    const table = renderTable(report);
    console.log(`\n${table}`);
    console.log(`written to ${writeResults(repository, report, table)}`);
  } finally {
    load.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
