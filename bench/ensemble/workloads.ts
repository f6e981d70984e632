import type { LoadResult, PlanName } from "../load/jobs.ts";
import { CPU_COST, cpuMicroseconds, DEEP, MANY, type Metric, P99, perSecond, RATE } from "../workloads.ts";

/** Loads all three servers with a plan, or kills their leader again and again. */
export type EnsembleWorkload = {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
} & (
  | {
      readonly kind: "load";
      readonly plan: PlanName;
      readonly shape: { readonly connections: number; readonly depth: number; readonly rate?: number };
      /** One figure for each metric but the last, which is the memory. */
      readonly figures: (result: LoadResult) => number[];
    }
  | { readonly kind: "failover" }
);

const P999: Metric = { name: "p99.9", unit: "ms", better: "lower" };
/** Well below what either side can do: how long a write takes when there is room. */
const PACED_RATE = 5000;
/** Resident memory of the three servers together. */
const RESIDENT: Metric = { name: "RSS", unit: "MiB", better: "lower" };

function load(name: string, title: string, plan: PlanName, shape: typeof MANY): EnsembleWorkload {
  const metrics = [RATE, P99, CPU_COST, RESIDENT];
  const figures = (result: LoadResult): number[] => [
    perSecond(result),
    result.latency.p99Us / 1000,
    cpuMicroseconds(result),
  ];
  return { name, title, metrics, kind: "load", plan, shape, figures };
}

/** All workloads, in the order of the table. */
export const ENSEMBLE_WORKLOADS: readonly EnsembleWorkload[] = [
  load("set-50x1", "set 1 KiB, 50 connections x 1 in flight", "set", MANY),
  load("set-8x32", "set 1 KiB, 8 connections x 32 in flight", "set", DEEP),
  load("mix-8x32", "90 % get, 10 % set, 1 KiB, 8 x 32", "mix", DEEP),
  load("get-50x1", "get 1 KiB, 50 x 1", "get", MANY),
  load("get-8x32", "get 1 KiB, 8 x 32", "get", DEEP),
  {
    name: "latency-set",
    title: "set 1 KiB, one connection to each server, 1 in flight",
    metrics: [{ name: "p50", unit: "ms", better: "lower" }, P99, CPU_COST, RESIDENT],
    kind: "load",
    plan: "set",
    shape: { connections: 3, depth: 1 },
    figures: (result) => [result.latency.p50Us / 1000, result.latency.p99Us / 1000, cpuMicroseconds(result)],
  },
  {
    name: "paced-set",
    title: `set 1 KiB, ${PACED_RATE} per second offered, 48 connections`,
    metrics: [{ name: "p50", unit: "ms", better: "lower" }, P99, P999, CPU_COST, RESIDENT],
    kind: "load",
    plan: "set",
    shape: { connections: 48, depth: 64, rate: PACED_RATE },
    figures: (result) => [
      result.latency.p50Us / 1000,
      result.latency.p99Us / 1000,
      result.latency.p999Us / 1000,
      cpuMicroseconds(result),
    ],
  },
  {
    name: "failover",
    title: "kill -9 of the leader under load",
    kind: "failover",
    metrics: [
      { name: "first write", unit: "ms", better: "lower" },
      { name: "all served", unit: "ms", better: "lower" },
    ],
  },
];
