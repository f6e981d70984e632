import { Command, InvalidArgumentError } from "commander";
import { WORKLOADS } from "./workloads.ts";

export type SubjectName = "apache" | "menagerie";

/** How it is measured, whatever it is. */
export interface MeasureOptions {
  /** Measured seconds of one round of one workload. */
  readonly seconds: number;
  /** Seconds of the same load before the first round of a workload on each side: compilers need them. */
  readonly warmup: number;
  readonly rounds: number;
  readonly subjects: readonly SubjectName[];
  /** Where servers keep their data while they are measured; must be on the disk that is meant. */
  readonly directory: string | undefined;
  /** Directory for CPU profiles of our servers, or undefined. */
  readonly cpuProfile: string | undefined;
}

export interface BenchOptions extends MeasureOptions {
  /** Names of workloads, in the order of the table. */
  readonly workloads: readonly string[];
  /** Znodes of the memory and restart workloads. */
  readonly znodes: number;
}

const QUICK = { seconds: 1, warmup: 1, rounds: 1, znodes: 100_000 };

export function positive(isInteger: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const isGood = Number.isFinite(value) && value > 0 && (!isInteger || Number.isInteger(value));
    if (!isGood) throw new InvalidArgumentError(`not a positive ${isInteger ? "integer" : "number"}`);
    return value;
  };
}

function subjectsOf(text: string): readonly SubjectName[] {
  if (text === "both") return ["apache", "menagerie"];
  if (text === "apache" || text === "menagerie") return [text];
  throw new InvalidArgumentError("must be apache, menagerie or both");
}

function workloadName(text: string, before: readonly string[] = []): readonly string[] {
  const chosen = WORKLOADS.filter(({ name, group }) => name === text || group === text).map(
    ({ name }) => name,
  );
  if (chosen.length === 0) {
    const names = [...new Set(WORKLOADS.flatMap(({ name, group }) => [group, name]))].join(", ");
    throw new InvalidArgumentError(`no such workload; there are ${names}`);
  }
  return [...before, ...chosen];
}

/** Makes the command know the options of {@link measureOptionsOf}. */
export function addMeasureOptions(command: Command): Command {
  return command
    .option("--seconds <n>", "measured seconds per round", positive(false), 5)
    .option("--warmup <n>", "seconds of load before the first round of each side", positive(false), 5)
    .option("--rounds <n>", "rounds per workload, sides in turn", positive(true), 5)
    .option("--subject <name>", "apache, menagerie or both", subjectsOf, subjectsOf("both"))
    .option("--dir <path>", "where the servers' data lies while they run; default .cache/bench")
    .option("--cpu-prof <dir>", "write CPU profiles of our servers into this directory");
}

/** Of a command line that has been parsed. */
export function measureOptionsOf(command: Command): MeasureOptions {
  const given = command.opts<{
    seconds: number;
    warmup: number;
    rounds: number;
    subject: readonly SubjectName[];
    dir?: string;
    cpuProf?: string;
  }>();
  const { seconds, warmup, rounds, subject, dir, cpuProf } = given;
  return { seconds, warmup, rounds, subjects: subject, directory: dir, cpuProfile: cpuProf };
}

/** Reads the command line (without node and script). Exits with a message when it is wrong or asks for help. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const command = new Command("npm run bench --")
    .description("Compares this server with Apache ZooKeeper 3.8, side by side on the same workloads.")
    .argument("[workload...]", "which to run; default all", workloadName)
    .option("--znodes <n>", "znodes of the memory and restart workloads", positive(true), 1_000_000)
    .option("--quick", "one short round of everything, with 100,000 znodes", false)
    .addHelpText(
      "after",
      `\nWorkloads:\n${WORKLOADS.map((w) => `  ${w.name.padEnd(20)}${w.title}`).join("\n")}`,
    );
  addMeasureOptions(command).parse([...args], { from: "user" });
  const given = command.opts<{ znodes: number; quick: boolean }>();
  const named = command.processedArgs[0] as readonly string[] | undefined;
  const wanted = new Set(named === undefined || named.length === 0 ? WORKLOADS.map((w) => w.name) : named);
  const measure = { ...measureOptionsOf(command), znodes: given.znodes };
  return {
    workloads: WORKLOADS.filter(({ name }) => wanted.has(name)).map(({ name }) => name),
    ...measure,
    ...(given.quick ? quickSizes(command, measure) : {}),
  };
}

/** The short sizes, but what was said on the command line wins. */
function quickSizes(command: Command, given: typeof QUICK): typeof QUICK {
  const pick = (name: keyof typeof QUICK): number =>
    command.getOptionValueSource(name) === "cli" ? given[name] : QUICK[name];
  return { seconds: pick("seconds"), warmup: pick("warmup"), rounds: pick("rounds"), znodes: pick("znodes") };
}
