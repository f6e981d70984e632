import { churn, sumOfVersions } from "./bench-tree.ts";
import { Interval, wait } from "./interval.ts";
import type { LoadResult, ThroughputJob } from "./jobs.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { LoadConnection, type LoadCounters, type Pace } from "./load-connection.ts";
import { planTemplates } from "./plans.ts";

/** How often it is looked for what is due. */
const PACER_MS = 1;

/** Resolves when `count` calls of `one` have been made; rejects with the first `fail`. */
class Gathering {
  readonly done: Promise<void>;
  #left: number;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(count: number) {
    this.#left = count;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {}); // it is awaited later, or another one failed first
  }

  one(): void {
    if (--this.#left === 0) this.#resolve();
  }

  fail(error: Error): void {
    this.#reject(error);
  }
}

/** Runs a plan on all connections, measures the middle, and looks afterwards whether the server really did the work. */
export async function runThroughput(job: ThroughputJob): Promise<LoadResult> {
  const before = await stateOf(job);
  const counters: LoadCounters = { replies: 0, sets: 0, histogram: undefined };
  const opened = new Gathering(job.connections);
  const drained = new Gathering(job.connections);
  const failed = new Gathering(1);
  const listener = {
    opened: () => opened.one(),
    drained: () => drained.one(),
    failed: (error: Error) => failed.fail(error),
  };
  const connections: LoadConnection[] = [];
  for (let i = 0; i < job.connections; i++) {
    const templates = planTemplates(job.plan, i);
    const unit = job.plan === "createDelete" ? 2 : 1;
    const port = job.ports[i % job.ports.length]!;
    connections.push(
      new LoadConnection(port, templates, job.depth, counters, listener, unit, paceOf(job, i)),
    );
  }
  const orFailure = <T>(promise: Promise<T>): Promise<T> =>
    Promise.race([promise, failed.done as Promise<never>]);
  let pacer: NodeJS.Timeout | undefined;
  try {
    await orFailure(opened.done);
    for (const connection of connections) connection.start();
    if (job.rate !== undefined) {
      pacer = setInterval(() => {
        for (const connection of connections) connection.sendDue();
      }, PACER_MS);
    }
    await orFailure(wait(job.warmupMs));
    const result = await orFailure(measure(job, counters));
    for (const connection of connections) connection.stop();
    await orFailure(drained.done);
    await verify(job, counters, before);
    return result;
  } finally {
    clearInterval(pacer);
    for (const connection of connections) connection.close();
  }
}

/** The connections take turns, so that what is offered is even. */
function paceOf({ rate, connections }: ThroughputJob, index: number): Pace | undefined {
  if (rate === undefined) return undefined;
  return { everyMs: (1000 * connections) / rate, offsetMs: (1000 * index) / rate };
}

async function measure(job: ThroughputJob, counters: LoadCounters): Promise<LoadResult> {
  const histogram = new LatencyHistogram();
  const interval = new Interval(job.serverPids);
  const repliesBefore = counters.replies;
  counters.histogram = histogram;
  await wait(job.measureMs);
  counters.histogram = undefined;
  return interval.end(counters.replies - repliesBefore, histogram);
}

async function stateOf(job: ThroughputJob): Promise<{ sets: number; changes: number }> {
  const { changes } = await churn(job.ports[0]!);
  return { sets: await sumOfVersions(job.ports[0]!), changes };
}

/** The znodes themselves must show every write that was answered, and no other. */
async function verify(
  job: ThroughputJob,
  counters: LoadCounters,
  before: { sets: number; changes: number },
): Promise<void> {
  const sets = (await sumOfVersions(job.ports[0]!)) - before.sets;
  if (sets !== counters.sets) {
    throw new Error(`${counters.sets} setData were answered, but the versions grew by ${sets}`);
  }
  if (job.plan !== "createDelete") return;
  const { changes, left } = await churn(job.ports[0]!);
  if (changes - before.changes !== counters.replies) {
    throw new Error(
      `${counters.replies} creates and deletes were answered, but cversion grew by ${changes - before.changes}`,
    );
  }
  if (left > job.connections)
    throw new Error(`${left} znodes are left where at most ${job.connections} may be`);
}
