import { parseArgs } from "node:util";
import { type EnsembleRun, type PlantedBug, runEnsemble } from "./ensemble-run.ts";
import { KNOWN_BUGS, type KnownBug, PLANTED_BUGS } from "./planted-bugs.ts";

/** Bundled and run by scripts/sim.mjs; docs/simulation.md tells what it does. */

const USAGE = `npm run sim -- [options]
  --seed N       one run with a readable trace
  --seeds N      runs of N seeds, from --from (default 1) on; default 100
  --from N       the first seed of --seeds
  --servers N    voting servers: 3 (default) or 5
  --faults S     seconds of faults, default 20
  --bug NAME     with a planted bug: ${[...PLANTED_BUGS.keys()].join(", ")}
  --bug all      for each of them the first of --seeds seeds that a checker rings at
  --outcomes     only checkers of what clients and histories show, not of each step that leads there
  --quiet        --seed without its trace`;

/** What a user would notice, or what no repair undoes. */
const OUTCOMES: ReadonlySet<string> = new Set([
  "committed-order",
  "leader-completeness",
  "one-leader",
  "startable",
  "alive",
  "digest",
  "sessions",
  "expiry",
  "session-order",
  "own-writes",
  "watch-order",
  "same-trees",
  "acknowledged-writes",
  // Without it there is no history to look at; it rings on logs that no common history explains.
  "log-agreement",
]);

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    servers: { type: "string", default: "3" },
    faults: { type: "string", default: "20" },
    bug: { type: "string" },
    outcomes: { type: "boolean", default: false },
    quiet: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

function number(name: "seed" | "seeds" | "from" | "servers" | "faults"): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} ${values[name]} must be a whole number above 0`);
  return value;
}

function bugOf(name: string): PlantedBug {
  const bug = PLANTED_BUGS.get(name);
  if (bug === undefined)
    throw new Error(`no bug is called ${name}; there are ${[...PLANTED_BUGS.keys()].join(", ")}`);
  return bug;
}

async function run(seed: number, isTraced: boolean, bug = values.bug): Promise<EnsembleRun> {
  return await runEnsemble({
    seed,
    servers: number("servers"),
    faultsMs: number("faults") * 1000,
    ...(values.outcomes ? { checks: (name: string) => OUTCOMES.has(name) } : {}),
    ...(bug === undefined ? {} : { bug: bugOf(bug) }),
    ...(isTraced ? { write: (line: string) => void process.stdout.write(`${line}\n`) } : {}),
  });
}

function report({ seed, alarm, hash }: EnsembleRun): void {
  if (alarm === undefined) return;
  const extra = [
    values.servers === "3" ? "" : ` --servers ${values.servers}`,
    values.faults === "20" ? "" : ` --faults ${values.faults}`,
    values.outcomes ? " --outcomes" : "",
    values.bug === undefined ? "" : ` --bug ${values.bug}`,
  ];
  console.log(
    `seed ${seed}: ${alarm.checker} rang after ${(alarm.atMs / 1000).toFixed(3)} s: ${alarm.message}`,
  );
  console.log(`  trace ${hash}; again: npm run sim -- --seed ${seed}${extra.join("")}`);
}

/** Until a checker rings, at most `--seeds` runs. */
async function ringBug({ name, source }: KnownBug): Promise<boolean> {
  const count = number("seeds");
  for (let seed = number("from"); seed < number("from") + count; seed++) {
    const { alarm } = await run(seed, false, name);
    if (alarm === undefined) continue;
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

function addAll(to: Map<string, number>, from: ReadonlyMap<string, number>): void {
  for (const [name, times] of from) to.set(name, (to.get(name) ?? 0) + times);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, times]) => `${name} ${times}`).join(", ");
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.bug === "all") return await ringAll();
  const beganMs = performance.now();
  const isOne = values.seed !== undefined;
  const first = number(isOne ? "seed" : "from");
  const count = isOne ? 1 : number("seeds");
  const faults = new Map<string, number>();
  const syncs = new Map<string, number>();
  const sum = { simulatedMs: 0, acknowledged: 0, committed: 0, epochs: 0, alarms: 0 };
  for (let seed = first; seed < first + count; seed++) {
    const done = await run(seed, isOne && !values.quiet);
    report(done);
    sum.simulatedMs += done.simulatedMs;
    sum.acknowledged += done.acknowledged;
    sum.committed += done.committed;
    sum.epochs += done.epochs;
    if (done.alarm !== undefined) sum.alarms++;
    addAll(faults, done.faults);
    addAll(syncs, done.syncs);
    if ((seed - first + 1) % 500 === 0) console.log(`${seed - first + 1} seeds, ${sum.alarms} with an alarm`);
    if (isOne) console.log(`trace ${done.hash}, ${done.events} events`);
  }
  const elapsedMs = performance.now() - beganMs;
  const total = [...faults.values()].reduce((all, times) => all + times, 0);
  console.log(
    `${count} seeds in ${(elapsedMs / 1000).toFixed(1)} s: ${((count / elapsedMs) * 60_000).toFixed(0)} seeds per minute, ` +
      `${(sum.simulatedMs / elapsedMs).toFixed(0)} s simulated per second; ${sum.acknowledged} writes acknowledged, ` +
      `${sum.committed} txns committed, ${sum.epochs} epochs`,
  );
  console.log(`${total} faults: ${listed(faults)}; learners brought up to date: ${listed(syncs)}`);
  console.log(`${sum.alarms} of ${count} seeds with an alarm`);
  return sum.alarms === 0 ? 0 : 1;
}

process.exitCode = await main();
