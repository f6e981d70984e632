import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { LoadProcess } from "../load-process.ts";
import { describeMachine, ensureApache, isInstalled } from "../machine.ts";
import type { SubjectName } from "../options.ts";
import { type BenchReport, renderTable, type WorkloadReport } from "../report.ts";
import { writeResults } from "../results.ts";
import { APACHE_CLASS_PATH, APACHE_MAIN } from "../subject.ts";
import { type EnsembleBenchOptions, parseEnsembleOptions } from "./options.ts";
import { type EnsembleContext, runEnsembleWorkload } from "./run.ts";
import { ENSEMBLE_WORKLOADS } from "./workloads.ts";

/** Entry point of `npm run bench -- ensemble`. */

const repository = process.cwd();
const say = (text: string): void => console.error(text);

/** Of Apache 3.9: what `npm run test:interop -- --install-only` got from Maven. It has no logging back end either. */
function mavenClassPath(): string {
  const directory = join(repository, ".cache/interop/maven");
  if (!existsSync(directory)) {
    throw new Error("Apache 3.9 is not there; run: npm run test:interop -- --install-only");
  }
  const jars = readdirSync(directory).filter((name) => name.endsWith(".jar"));
  return jars
    .filter((name) => !/^(slf4j-simple|logback)/.test(name))
    .map((name) => join(directory, name))
    .join(":");
}

function commands({ apache, cpuProfile, subjects }: EnsembleBenchOptions): EnsembleContext["commandOf"] {
  if (subjects.includes("apache") && apache === "3.8") ensureApache(say);
  const program = join(repository, "dist/bin/zk-server.js");
  const profile = cpuProfile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${resolve(cpuProfile)}`];
  const classPath = apache === "3.8" ? () => APACHE_CLASS_PATH : mavenClassPath;
  return (name: SubjectName, configFile: string) =>
    name === "apache"
      ? ["java", "-cp", classPath(), APACHE_MAIN, configFile]
      : [process.execPath, ...profile, program, "start-foreground", configFile];
}

async function runAll(context: EnsembleContext): Promise<WorkloadReport[]> {
  const reports: WorkloadReport[] = [];
  for (const workload of ENSEMBLE_WORKLOADS) {
    if (!context.options.workloads.includes(workload.name)) continue;
    say(workload.title);
    reports.push(await runEnsembleWorkload(context, workload));
  }
  return reports;
}

async function main(): Promise<void> {
  const options = parseEnsembleOptions(process.argv.slice(2));
  const commandOf = commands(options);
  const cache = resolve(options.directory ?? join(repository, ".cache/bench"));
  const scratch = join(cache, `run-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const isPinned = availableParallelism() > 1 && isInstalled("taskset");
  const machine = { ...describeMachine(isPinned), "apache zookeeper": options.apache };
  const load = new LoadProcess(join(repository, ".cache/bench/dist/load.mjs"), isPinned);
  try {
    const workloads = await runAll({ options, scratch, load, say, commandOf });
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
  console.error(`bench ensemble: ${error.message}`);
  process.exitCode = 1;
});
