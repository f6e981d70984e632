import type { LoadResult, MeasuringJob, PlanName } from "./load/jobs.ts";
import type { Better } from "./statistics.ts";

/** What a workload measures, as a column of the table. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
}

/** Which machinery runs it: load on a server that is up, starting servers, or a server with a big tree. */
export type WorkloadKind = "load" | "start" | "tree";

export interface Workload {
  readonly name: string;
  readonly group: string;
  readonly title: string;
  readonly kind: WorkloadKind;
  readonly metrics: readonly Metric[];
}

export interface LoadTarget {
  readonly ports: readonly number[];
  readonly serverPids: readonly number[];
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface LoadWorkload extends Workload {
  readonly kind: "load";
  job(target: LoadTarget): MeasuringJob;
  /** One figure per metric, in their order. */
  figures(result: LoadResult): number[];
}

export const perSecond = ({ count, seconds }: LoadResult): number => count / seconds;

export const RATE: Metric = { name: "rate", unit: "/s", better: "higher" };
export const P99: Metric = { name: "p99", unit: "ms", better: "lower" };
/** CPU time of the server (or of all three of an ensemble) for one request: noise of other programs moves it less than it moves a rate. */
export const CPU_COST: Metric = { name: "CPU", unit: "µs/op", better: "lower" };
export const cpuMicroseconds = ({ serverCpu, count }: LoadResult): number => (serverCpu / count) * 1_000_000;

function throughput(
  name: string,
  group: string,
  title: string,
  plan: PlanName,
  shape: { readonly connections: number; readonly depth: number },
): LoadWorkload {
  return {
    name,
    group,
    title,
    kind: "load",
    metrics: [RATE, P99, CPU_COST],
    job: (target) => ({ kind: "throughput", plan, ...shape, ...target }),
    figures: (result) => [perSecond(result), result.latency.p99Us / 1000, cpuMicroseconds(result)],
  };
}

function latency(name: string, title: string, plan: PlanName): LoadWorkload {
  const metric = (percentile: string): Metric => ({ name: percentile, unit: "µs", better: "lower" });
  return {
    name,
    group: "latency",
    title,
    kind: "load",
    metrics: [metric("p50"), metric("p99"), metric("p99.9")],
    job: (target) => ({ kind: "throughput", plan, connections: 1, depth: 1, ...target }),
    figures: ({ latency: { p50Us, p99Us, p999Us } }) => [p50Us, p99Us, p999Us],
  };
}

export const MANY = { connections: 50, depth: 1 };
export const DEEP = { connections: 8, depth: 32 };
const WATCHERS = 1000;
const CONNECTING = 50;

const LOAD_WORKLOADS: readonly LoadWorkload[] = [
  throughput("get-50x1", "get", "get 1 KiB, 50 connections x 1 in flight", "get", MANY),
  throughput("get-8x32", "get", "get 1 KiB, 8 connections x 32 in flight", "get", DEEP),
  throughput("set-50x1", "set", "set 1 KiB, 50 x 1", "set", MANY),
  throughput("set-8x32", "set", "set 1 KiB, 8 x 32", "set", DEEP),
  throughput("mix-8x32", "mix", "90 % get, 10 % set, 1 KiB, 8 x 32", "mix", DEEP),
  throughput(
    "create-delete",
    "create-delete",
    "create 100 B and delete it again, 8 x 32",
    "createDelete",
    DEEP,
  ),
  throughput("multi", "multi", "multi of ten sets of 100 B, 8 x 32", "multi", DEEP),
  latency("latency-get", "get 1 KiB, one connection, 1 in flight", "get"),
  latency("latency-set", "set 1 KiB, one connection, 1 in flight", "set"),
  {
    name: "watchers",
    group: "watchers",
    title: "one write, until the last of 1,000 watchers has its event",
    kind: "load",
    metrics: [{ name: "p50", unit: "ms", better: "lower" }, P99],
    job: (target) => ({ kind: "watchers", watchers: WATCHERS, ...target }),
    figures: ({ latency: { p50Us, p99Us } }) => [p50Us / 1000, p99Us / 1000],
  },
  {
    name: "connect",
    group: "connect",
    title: "connect, open a session, close it, 50 at a time",
    kind: "load",
    metrics: [RATE, P99, CPU_COST],
    job: (target) => ({ kind: "connect", concurrency: CONNECTING, ...target }),
    figures: (result) => [perSecond(result), result.latency.p99Us / 1000, cpuMicroseconds(result)],
  },
];

const START: Workload = {
  name: "start",
  group: "start",
  title: "start on an empty directory until the first session is open",
  kind: "start",
  metrics: [
    { name: "ready", unit: "ms", better: "lower" },
    { name: "RSS", unit: "MiB", better: "lower" },
  ],
};

const TREE: Workload = {
  name: "tree",
  group: "tree",
  title: "restart, memory and writes during snapshots with the big tree (1,000,000 znodes of 100 B)",
  kind: "tree",
  metrics: [
    { name: "ready", unit: "s", better: "lower" },
    { name: "RSS ready", unit: "MiB", better: "lower" },
    { name: "set 8 x 32", unit: "/s", better: "higher" },
    { name: "set p99", unit: "ms", better: "lower" },
    { name: "set longest", unit: "ms", better: "lower" },
    { name: "RSS loaded", unit: "MiB", better: "lower" },
    { name: "RSS peak", unit: "MiB", better: "lower" },
  ],
};

/** All workloads, in the order of the table. */
export const WORKLOADS: readonly (Workload | LoadWorkload)[] = [...LOAD_WORKLOADS, START, TREE];

export function isLoadWorkload(workload: Workload): workload is LoadWorkload {
  return workload.kind === "load";
}
