import { type Library, type LibraryName, openLibrary } from "./libraries.ts";
import type { MeasureOrder, Slice } from "./orders.ts";

/**
 * One library in a process of its own, forked as `measure.mjs LIBRARY ADDRESS NPM-DIRECTORY`: measures what it is told, one slice at a
 * time, so that the three libraries can take turns within each workload.
 */
const [name, address, npmDirectory] = process.argv.slice(2);
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

/** `inFlight` loops that each await their own call, for `ms`. */
async function slice(run: (n: number) => Promise<unknown>, inFlight: number, ms: number): Promise<Slice> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  let count = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      await run(made++);
      count++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const perSecond = (count * 1000) / (performance.now() - startedAt);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond, cpuMicros: (user + system) / count };
}

/** Memory after the same number of operations for everybody: a faster library would else be measured after more work. */
async function residentAfterFixedWork(library: Library, base: string): Promise<number> {
  for (let n = 0; n < FIXED_WORK; n += PIPELINE) {
    await Promise.all(Array.from({ length: PIPELINE / 2 }, () => library.get(base)));
    await Promise.all(Array.from({ length: PIPELINE / 2 }, () => library.list(`${base}/list`)));
  }
  return process.memoryUsage().rss / 1e6;
}

async function main(): Promise<void> {
  const library = await openLibrary(name as LibraryName, address!, npmDirectory!);
  const base = `/bench-${name}-${process.pid}`;
  for (const path of [base, `${base}/list`, `${base}/made`]) await library.create(path, data);
  for (let i = 0; i < CHILDREN; i++) await library.create(`${base}/list/child-${i}`, data);
  process.send!({ residentMb: await residentAfterFixedWork(library, base) });
  process.on("message", async ({ operation, inFlight, ms }: MeasureOrder) => {
    const once = (n: number): Promise<unknown> => OPERATIONS[operation]!(library, base, n);
    process.send!(await slice(once, inFlight === "many" ? PIPELINE : 1, ms));
  });
  process.once("disconnect", () => process.exit(0));
}

await main();
