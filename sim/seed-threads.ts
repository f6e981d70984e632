import { fileURLToPath } from "node:url";
import { parentPort, Worker } from "node:worker_threads";
import type { EnsembleRun } from "./ensemble-run.ts";
import { run } from "./run-options.ts";

/**
 * Runs `count` seeds from `first` on in `jobs` threads of this program; each takes the next seed when it has ended one.
 * `take` gets the runs in the order in which they end. Rejects with what a thread failed with.
 */
export async function runInThreads(
  first: number,
  count: number,
  jobs: number,
  take: (done: EnsembleRun) => void,
): Promise<void> {
  let next = first;
  const serve = async (): Promise<void> => {
    const worker = new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) });
    try {
      while (next < first + count) take(await answerTo(worker, next++));
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: jobs }, serve));
}

function answerTo(worker: Worker, seed: number): Promise<EnsembleRun> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread of seed ${seed} ended with ${code}`)));
    worker.postMessage(seed);
  });
}

/** What a thread does: it runs the seeds it is told. */
export function serveSeeds(): void {
  const parent = parentPort!;
  parent.on("message", (seed: number) => {
    void run(seed, false).then((done) => parent.postMessage(done));
  });
}
