import { isMainThread } from "node:worker_threads";
import type { EnsembleRun } from "./ensemble-run.ts";
import { KNOWN_BUGS, type KnownBug } from "./planted-bugs.ts";
import { number, run, USAGE, values } from "./run-options.ts";
import { runInThreads, serveSeeds } from "./seed-threads.ts";
import { Tally } from "./tally.ts";

/** Bundled and run by scripts/sim.mjs; docs/simulation.md tells what it does. */

function report({ seed, alarm, hash }: EnsembleRun): void {
  if (alarm === undefined) return;
  const extra = [
    values.servers === "3" ? "" : ` --servers ${values.servers}`,
    values.shape === undefined ? "" : ` --shape ${values.shape}`,
    values.faults === "20" ? "" : ` --faults ${values.faults}`,
    values.mode === undefined ? "" : ` --mode ${values.mode}`,
    values.outcomes ? " --outcomes" : "",
    values.bug === undefined ? "" : ` --bug ${values.bug}`,
  ];
  console.log(
    `seed ${seed}: ${alarm.checker} rang after ${(alarm.atMs / 1000).toFixed(3)} s: ${alarm.message}`,
  );
  console.log(`  trace ${hash}; again: npm run sim -- --seed ${seed}${extra.join("")}`);
}

/** Until a checker of the bug's rings, at most `--seeds` runs. */
async function ringBug({ name, source, rings }: KnownBug): Promise<boolean> {
  const count = number("seeds");
  for (let seed = number("from"); seed < number("from") + count; seed++) {
    const { alarm } = await run(seed, false, name);
    if (alarm === undefined || !(values.outcomes || rings.includes(alarm.checker))) continue;
    console.log(`${name} (${source}): ${alarm.checker}, seed ${seed}: ${alarm.message}`);
    return true;
  }
  console.log(`${name} (${source}): NOT CAUGHT in ${count} seeds`);
  return false;
}

async function ringAll(): Promise<number> {
  let missed = 0;
  for (const bug of KNOWN_BUGS) if (!(await ringBug(bug))) missed++;
  console.log(`${KNOWN_BUGS.length - missed} of ${KNOWN_BUGS.length} bugs caught`);
  return missed === 0 ? 0 : 1;
}

/** Runs `count` seeds from `first` on; every alarm is reported when it rings. */
async function runMany(first: number, count: number): Promise<number> {
  const tally = new Tally();
  const take = (done: EnsembleRun): void => {
    report(done);
    tally.add(done);
    if (tally.seeds % 500 === 0) console.log(`${tally.seeds} seeds, ${tally.alarms} with an alarm`);
  };
  const jobs = Math.min(number("jobs"), count);
  if (jobs > 1) await runInThreads(first, count, jobs, take);
  else for (let seed = first; seed < first + count; seed++) take(await run(seed, false));
  for (const line of tally.lines()) console.log(line);
  return tally.alarms === 0 ? 0 : 1;
}

async function runOne(seed: number): Promise<number> {
  const tally = new Tally();
  const done = await run(seed, !values.quiet);
  report(done);
  tally.add(done);
  console.log(`trace ${done.hash}, ${done.events} events`);
  for (const line of tally.lines()) console.log(line);
  return done.alarm === undefined ? 0 : 1;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.bug === "all") return await ringAll();
  if (values.seed !== undefined) return await runOne(number("seed"));
  return await runMany(number("from"), number("seeds"));
}

if (isMainThread) process.exitCode = await main();
else serveSeeds();
