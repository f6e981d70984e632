import { machineBusySeconds, processCpuSeconds } from "../proc.ts";
import type { LoadResult } from "./jobs.ts";
import type { LatencyHistogram } from "./latency-histogram.ts";

/** A measured interval: remembers clocks at its start and gives the differences at its end. */
export class Interval {
  readonly #serverPids: readonly number[];
  readonly #startedAt: number = performance.now();
  readonly #serverCpu: number;
  readonly #loadCpu: number;
  readonly #machineCpu: number;

  constructor(serverPids: readonly number[]) {
    this.#serverPids = serverPids;
    this.#serverCpu = cpuSecondsOf(serverPids);
    this.#loadCpu = ownCpuSeconds();
    this.#machineCpu = machineBusySeconds();
  }

  /** @param count what was completed since the start */
  end(count: number, histogram: LatencyHistogram): LoadResult {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const serverCpu = cpuSecondsOf(this.#serverPids) - this.#serverCpu;
    const loadCpu = ownCpuSeconds() - this.#loadCpu;
    const otherCpu = Math.max(0, machineBusySeconds() - this.#machineCpu - serverCpu - loadCpu);
    const latency = {
      p50Us: histogram.percentileUs(0.5),
      p99Us: histogram.percentileUs(0.99),
      p999Us: histogram.percentileUs(0.999),
      maxUs: histogram.maxUs,
    };
    return { count, seconds, latency, serverCpu, loadCpu, otherCpu };
  }
}

function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processCpuSeconds(pid), 0);
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
