import { Command, Option } from "commander";
import { addMeasureOptions, type MeasureOptions, measureOptionsOf, positive } from "../options.ts";
import { ENSEMBLE_WORKLOADS } from "./workloads.ts";

export interface EnsembleBenchOptions extends MeasureOptions {
  /** Names of workloads, in the order of the table. */
  readonly workloads: readonly string[];
  /** Leaders that are killed on each side, beside one that is not counted. */
  readonly kills: number;
  readonly apache: "3.8" | "3.9";
  /** `tickTime` of the failover workload and of all others, in ms. */
  readonly failoverTick: number;
  readonly tick: number;
}

/** Reads the command line behind `ensemble`. Exits with a message when it is wrong or asks for help. */
export function parseEnsembleOptions(args: readonly string[]): EnsembleBenchOptions {
  const names = ENSEMBLE_WORKLOADS.map(({ name }) => name);
  const command = new Command("npm run bench -- ensemble")
    .description("Compares three servers of ours with three of Apache ZooKeeper, side by side.")
    .argument("[workload...]", `which to run, all by default: ${names.join(", ")}`)
    .option("--kills <n>", "leaders killed on each side", positive(true), 7)
    .addOption(new Option("--apache <line>", "which Apache").choices(["3.8", "3.9"]).default("3.8"))
    .option("--failover-tick <ms>", "tickTime of the failover workload", positive(true), 500)
    .option("--tick <ms>", "tickTime of all others", positive(true), 2000);
  addMeasureOptions(command).parse([...args], { from: "user" });
  const { kills, apache, failoverTick, tick } =
    command.opts<Pick<EnsembleBenchOptions, "kills" | "apache" | "failoverTick" | "tick">>();
  const wanted = command.args.length === 0 ? names : command.args;
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) command.error(`no workload "${unknown}"; there are ${names.join(", ")}`);
  return {
    ...measureOptionsOf(command),
    workloads: names.filter((name) => wanted.includes(name)),
    kills,
    apache,
    failoverTick,
    tick,
  };
}
