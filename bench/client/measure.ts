import { type Library, type LibraryName, openLibrary } from "./libraries.ts";

/**
 * One library in a process of its own: `measure.mjs LIBRARY ADDRESS SECONDS NPM-DIRECTORY`. Prints one line of JSON with
 * operations per second by workload, and the resident memory in MB after a fixed amount of work.
 */
const [name, address, seconds, npmDirectory] = process.argv.slice(2);
const PIPELINE = 100;
const CHILDREN = 20;
const FIXED_WORK = 40_000;
const data = Buffer.alloc(100, 1);

type Operation = (library: Library, base: string, n: number) => Promise<unknown>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  get: (library, base) => library.get(base),
  set: (library, base) => library.set(base, data),
  list: (library, base) => library.list(`${base}/list`),
  create: (library, base, n) => library.create(`${base}/made/${n}`, data),
};

let made = 0;

/** Operations per second with `inFlight` loops that each await their own. */
async function rate(run: (n: number) => Promise<unknown>, inFlight: number, ms: number): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      await run(made++);
      count++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return (count * 1000) / (performance.now() - startedAt);
}

/** Memory after the same number of operations for everybody: a faster library would else be measured after more work. */
async function residentAfterFixedWork(): Promise<number> {
  for (let n = 0; n < FIXED_WORK; n += PIPELINE) {
    await Promise.all(Array.from({ length: PIPELINE / 2 }, () => library.get(base)));
    await Promise.all(Array.from({ length: PIPELINE / 2 }, () => library.list(`${base}/list`)));
  }
  return process.memoryUsage().rss / 1e6;
}

const library = await openLibrary(name as LibraryName, address!, npmDirectory!);
const base = `/bench-${name}-${process.pid}`;
for (const path of [base, `${base}/list`, `${base}/made`]) await library.create(path, data);
for (let i = 0; i < CHILDREN; i++) await library.create(`${base}/list/child-${i}`, data);
const results: Record<string, number> = {};
results["resident MB"] = await residentAfterFixedWork();
for (const [operation, run] of Object.entries(OPERATIONS)) {
  for (const [shape, inFlight] of [
    ["pipelined", PIPELINE],
    ["sequential", 1],
  ] as const) {
    const once = (n: number): Promise<unknown> => run(library, base, n);
    await rate(once, inFlight, Number(seconds) * 300);
    results[`${operation} ${shape}`] = await rate(once, inFlight, Number(seconds) * 1000);
  }
}
console.log(JSON.stringify(results));
await library.close();
process.exit(0);
