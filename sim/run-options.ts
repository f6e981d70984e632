import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type EnsembleRun, type PlantedBug, runEnsemble } from "./ensemble-run.ts";
import { MODE_NAMES, type ModeName } from "./modes/mode.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import { SHAPE_NAMES, type ShapeName } from "./shapes/shape.ts";

/** What `--help` prints. */
export const USAGE = `npm run sim -- [options]
  --seed N       one run with a readable trace
  --seeds N      runs of N seeds, from --from (default 1) on; default 100
  --from N       the first seed of --seeds
  --jobs N       threads that run seeds of --seeds side by side, default one per processor
  --servers N    voting servers: 3 (default) or 5
  --shape NAME   how the ensemble is set up, instead of the seed's choice: ${SHAPE_NAMES.join(", ")}
  --faults S     seconds of faults, default 20
  --mode NAME    instead of the one that the seed chooses: ${MODE_NAMES.join(", ")}
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
  "read-only",
  "local-sessions",
  "client-order",
  "steady",
  "phantoms",
  "same-trees",
  "acknowledged-writes",
  // Without it there is no history to look at; it rings on logs that no common history explains.
  "log-agreement",
]);

/** The options as given. */
export const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    jobs: { type: "string", default: String(availableParallelism()) },
    servers: { type: "string", default: "3" },
    faults: { type: "string", default: "20" },
    shape: { type: "string" },
    mode: { type: "string" },
    bug: { type: "string" },
    outcomes: { type: "boolean", default: false },
    quiet: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** An option that is a whole number. Throws when it is not, or below 1. */
export function number(name: "seed" | "seeds" | "from" | "jobs" | "servers" | "faults"): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} ${values[name]} must be a whole number above 0`);
  return value;
}

function shapeNamed(name: string): ShapeName {
  const shape = SHAPE_NAMES.find((known) => known === name);
  if (shape === undefined) throw new Error(`no shape is called ${name}; there are ${SHAPE_NAMES.join(", ")}`);
  return shape;
}

function bugOf(name: string): PlantedBug {
  const bug = PLANTED_BUGS.get(name);
  if (bug === undefined)
    throw new Error(`no bug is called ${name}; there are ${[...PLANTED_BUGS.keys()].join(", ")}`);
  return bug;
}

function modeNamed(name: string): ModeName {
  const mode = MODE_NAMES.find((known) => known === name);
  if (mode === undefined) throw new Error(`no mode is called ${name}; there are ${MODE_NAMES.join(", ")}`);
  return mode;
}

/** The run of a seed, as the options want it. */
export async function run(seed: number, isTraced: boolean, bug = values.bug): Promise<EnsembleRun> {
  return await runEnsemble({
    seed,
    servers: number("servers"),
    ...(values.shape === undefined ? {} : { shape: shapeNamed(values.shape) }),
    faultsMs: number("faults") * 1000,
    ...(values.outcomes ? { checks: (name: string) => OUTCOMES.has(name) } : {}),
    ...(values.mode === undefined ? {} : { mode: modeNamed(values.mode) }),
    ...(bug === undefined ? {} : { bug: bugOf(bug) }),
    ...(isTraced ? { write: (line: string) => void process.stdout.write(`${line}\n`) } : {}),
  });
}
