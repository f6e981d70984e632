import { Command, Option } from "commander";
import { positive, type SubjectName, subjectsOf } from "../options.ts";
import { ENSEMBLE_WORKLOADS } from "./workloads.ts";

export interface EnsembleBenchOptions {
  /** Names of workloads, in the order of the table. */
  readonly workloads: readonly string[];
  /** Measured seconds of one round. */
  readonly seconds: number;
  /** Seconds of the same load before the first round of a workload on each ensemble: compilers need them. */
  readonly warmup: number;
  readonly rounds: number;
  /** Leaders that are killed on each side, beside one that is not counted. */
  readonly kills: number;
  readonly subjects: readonly SubjectName[];
  readonly apache: "3.8" | "3.9";
  /** `tickTime` of the failover workload and of all others, in ms. */
  readonly failoverTick: number;
  readonly tick: number;
  readonly directory: string | undefined;
  /** Directory for CPU profiles of our servers, or undefined. */
  readonly cpuProfile: string | undefined;
}

/** Reads the command line behind `ensemble`. Exits with a message when it is wrong or asks for help. */
export function parseEnsembleOptions(args: readonly string[]): EnsembleBenchOptions {
  const names = ENSEMBLE_WORKLOADS.map(({ name }) => name);
  const command = new Command("npm run bench -- ensemble")
    .description("Compares three servers of ours with three of Apache ZooKeeper, side by side.")
    .argument("[workload...]", `which to run, all by default: ${names.join(", ")}`)
    .option("--seconds <n>", "measured seconds per round", positive(false), 5)
    .option("--warmup <n>", "seconds of load before the first round of each side", positive(false), 5)
    .option("--rounds <n>", "rounds per workload, sides in turn", positive(true), 5)
    .option("--kills <n>", "leaders killed on each side", positive(true), 7)
    .option("--subject <name>", "apache, menagerie or both", subjectsOf, subjectsOf("both"))
    .addOption(new Option("--apache <line>", "which Apache").choices(["3.8", "3.9"]).default("3.8"))
    .option("--failover-tick <ms>", "tickTime of the failover workload", positive(true), 500)
    .option("--tick <ms>", "tickTime of all others", positive(true), 2000)
    .option("--dir <path>", "where the servers' data lies while they run; default .cache/bench")
    .option("--cpu-prof <dir>", "write CPU profiles of our servers into this directory");
  command.parse([...args], { from: "user" });
  const { dir, cpuProf, subject, ...given } = command.opts();
  const wanted = command.args.length === 0 ? names : command.args;
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) command.error(`no workload "${unknown}"; there are ${names.join(", ")}`);
  return {
    ...(given as Pick<EnsembleBenchOptions, "seconds" | "warmup" | "rounds" | "kills" | "apache" | "tick">),
    failoverTick: given.failoverTick,
    workloads: names.filter((name) => wanted.includes(name)),
    subjects: subject,
    directory: dir,
    cpuProfile: cpuProf,
  };
}
