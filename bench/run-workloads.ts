import { mkdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { BenchStage } from "./bench-run.ts";
import { bigTreeDirectory, copyTree, TREE_DATA_BYTES } from "./big-tree.ts";
import type { LoadResult } from "./load/jobs.ts";
import type { BenchOptions, SubjectName } from "./options.ts";
import { metricReports, type WorkloadReport } from "./report.ts";
import { Subject } from "./subject.ts";
import { isLoadWorkload, type LoadWorkload, type Workload } from "./workloads.ts";

export interface BenchContext extends BenchStage {
  readonly options: BenchOptions;
  readonly repository: string;
}

const MIB = 1024 * 1024;
/** Long enough for several snapshots: one is due about every 100,000 transactions. */
const TREE_LOAD_MS = 10_000;

type RoundFigures = Record<SubjectName, number[][]>;

/** Servers in turn, the other one first in every second round: A B, B A, A B … */
export function turnOrder(subjects: readonly SubjectName[], round: number): readonly SubjectName[] {
  return round % 2 === 0 ? subjects : [...subjects].reverse();
}

function directoryFor(context: BenchContext, name: SubjectName): string {
  const directory = join(context.scratch, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

function start(context: BenchContext, name: SubjectName, directory: string): Promise<Subject> {
  const { repository, options } = context;
  return Subject.start({ name, directory, repository, cpuProfile: options.cpuProfile });
}

function chosen(figures: RoundFigures, subjects: readonly SubjectName[]): Partial<RoundFigures> {
  return Object.fromEntries(subjects.map((name) => [name, figures[name]]));
}

/** Both servers are up, each with a fresh directory; one works while the other has nothing to do. */
async function runLoadWorkload(context: BenchContext, workload: LoadWorkload): Promise<WorkloadReport> {
  const { options, load } = context;
  const figures: RoundFigures = { apache: [], menagerie: [] };
  const servers = new Map<SubjectName, Subject>();
  let loadCpuShare = 0;
  let otherCpuShare = 0;
  const measure = async (subject: Subject, warmupMs: number, measureMs: number): Promise<LoadResult> => {
    const target = { ports: [subject.port], serverPids: [subject.pid], warmupMs, measureMs };
    const result = await load.measure(workload.job(target));
    await subject.settle();
    return result;
  };
  try {
    for (const name of options.subjects) {
      const subject = await start(context, name, directoryFor(context, name));
      servers.set(name, subject);
      await load.run({ kind: "prepare", port: subject.port });
      await measure(subject, 100, options.warmup * 1000);
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const name of turnOrder(options.subjects, round)) {
        const result = await measure(servers.get(name)!, 500, options.seconds * 1000);
        figures[name].push(workload.figures(result));
        loadCpuShare = Math.max(loadCpuShare, result.loadCpu / result.seconds);
        otherCpuShare = Math.max(otherCpuShare, result.otherCpu / result.seconds / cpus().length);
        context.say(
          `  ${name}: ${workload
            .figures(result)
            .map((f) => f.toFixed(2))
            .join(" ")}`,
        );
      }
    }
  } finally {
    for (const subject of servers.values()) await subject.stop();
  }
  const metrics = metricReports(workload.metrics, chosen(figures, options.subjects));
  return { name: workload.name, title: workload.title, metrics, loadCpuShare, otherCpuShare };
}

/** Each start is a new process on an empty directory; the first one of each server only fills the page cache. */
async function runStart(context: BenchContext, workload: Workload): Promise<WorkloadReport> {
  const figures: RoundFigures = { apache: [], menagerie: [] };
  const rounds = Math.max(2, context.options.rounds * 2);
  for (let round = -1; round < rounds; round++) {
    for (const name of turnOrder(context.options.subjects, Math.max(0, round))) {
      const subject = await start(context, name, directoryFor(context, name));
      await subject.settle();
      const figure = [subject.startMs, subject.memory().rssBytes / MIB];
      await subject.stop();
      if (round < 0) continue;
      figures[name].push(figure);
      context.say(`  ${name}: ${figure.map((f) => f.toFixed(1)).join(" ")}`);
    }
  }
  const metrics = metricReports(workload.metrics, chosen(figures, context.options.subjects));
  return { name: workload.name, title: workload.title, metrics };
}

/** Opens a copy of the big tree, looks at memory, writes to it while snapshots are taken, looks again. */
async function runTree(context: BenchContext, workload: Workload): Promise<WorkloadReport> {
  const { options, load, cache, repository, say } = context;
  const { znodes } = options;
  const builder = options.subjects.includes("apache") ? "apache" : "menagerie";
  const original = await bigTreeDirectory({ cache, znodes, builder, repository, load, say });
  const figures: RoundFigures = { apache: [], menagerie: [] };
  for (let round = 0; round < Math.min(options.rounds, 3); round++) {
    for (const name of turnOrder(options.subjects, round)) {
      const directory = directoryFor(context, name);
      copyTree(original, join(directory, "data"));
      const figure = await measureTree(context, await start(context, name, directory));
      figures[name].push(figure);
      say(`  ${name}: ${figure.map((f) => f.toFixed(1)).join(" ")}`);
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const metrics = metricReports(workload.metrics, chosen(figures, options.subjects));
  const title = `restart, memory and writes during snapshots with ${znodes.toLocaleString("en-US")} znodes of ${TREE_DATA_BYTES} B`;
  return { name: workload.name, title, metrics };
}

async function measureTree(context: BenchContext, subject: Subject): Promise<number[]> {
  const { load, options } = context;
  const { port, pid } = subject;
  try {
    await load.run({ kind: "verifyTree", port, znodes: options.znodes, dataBytes: TREE_DATA_BYTES });
    await subject.settle();
    const ready = subject.memory();
    await load.run({ kind: "prepare", port });
    const shape = { connections: 8, depth: 32, warmupMs: 0, measureMs: TREE_LOAD_MS };
    const writes = await load.measure({
      kind: "throughput",
      plan: "set",
      ports: [port],
      serverPids: [pid],
      ...shape,
    });
    await subject.settle();
    const loaded = subject.memory();
    const [readyMib, loadedMib, peakMib] = [ready.rssBytes, loaded.rssBytes, loaded.peakRssBytes].map(
      (bytes) => bytes / MIB,
    );
    const { p99Us, maxUs } = writes.latency;
    const rate = writes.count / writes.seconds;
    return [subject.startMs / 1000, readyMib!, rate, p99Us / 1000, maxUs / 1000, loadedMib!, peakMib!];
  } finally {
    await subject.stop();
  }
}

export function runWorkload(context: BenchContext, workload: Workload): Promise<WorkloadReport> {
  if (isLoadWorkload(workload)) return runLoadWorkload(context, workload);
  return workload.kind === "start" ? runStart(context, workload) : runTree(context, workload);
}
