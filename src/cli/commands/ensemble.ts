import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../../config/config-error.ts";
import { choosePorts, requireFree } from "../ensemble/choose-ports.ts";
import {
  connectStringOf,
  EnsembleProblem,
  findEnsemble,
  type LocalMember,
  makeEnsemble,
} from "../ensemble/ensemble-directory.ts";
import { MemberProcess } from "../ensemble/member-process.ts";
import type { Output } from "../output.ts";
import { SERVER_MAIN, serverProgram } from "../server-command.ts";

/** The options of `menagerie ensemble`, as they stand on the command line. */
export interface EnsembleOptions {
  readonly dir: string;
  readonly basePort?: string;
}

const SIZE_MAX = 9;
const PORT_MAX = 65_535;
/** How often the servers are asked what they are. */
const ASK_MS = 250;
/** Lines of a server's log that are shown when it has ended by itself. */
const SHOWN_LINES = 4;

/**
 * `menagerie ensemble N`: N servers as processes of this machine, which are one ensemble, until Ctrl-C. Directories and
 * configuration are written once and used again by the next start. Resolves with the exit code.
 */
export async function ensemble(
  sizeText: string,
  { dir, basePort }: EnsembleOptions,
  output: Output,
): Promise<number> {
  let members: LocalMember[];
  try {
    const size = numberIn(sizeText, 1, SIZE_MAX, "the number of servers");
    const port =
      basePort === undefined ? undefined : numberIn(basePort, 1, PORT_MAX - 1707 - SIZE_MAX, "--base-port");
    const found = findEnsemble(dir, size);
    members = found ?? makeEnsemble(dir, size, await choosePorts(size, port));
    const [first] = members;
    if (port !== undefined && first?.clientPort !== port) {
      throw new EnsembleProblem(
        `the ensemble in ${dir} is on port ${first?.clientPort}: leave --base-port out, or make another one with --dir`,
      );
    }
    if (found !== undefined) await requireFree(dir, found);
  } catch (error) {
    if (!(error instanceof EnsembleProblem || error instanceof ConfigError)) throw error;
    output.err(`${error.message}\n`);
    return 2;
  }
  return run(
    members.map((member) => new MemberProcess(member, [...serverProgram(), SERVER_MAIN])),
    output,
  );
}

function numberIn(text: string, min: number, max: number, what: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new EnsembleProblem(`${what} is "${text}": it must be ${min} to ${max}`);
}

/** Tells what becomes of the servers until somebody stops them or none is left. */
async function run(processes: readonly MemberProcess[], output: Output): Promise<number> {
  const members = processes.map(({ member }) => member);
  output.out(`Connect clients to ${connectStringOf(members)}\n`);
  for (const { member, pid } of processes) {
    output.out(`server ${member.sid}: process ${pid}, everything in ${member.directory}\n`);
  }
  output.out("Ctrl-C stops all of them.\n");
  let isStopping = false;
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (isStopping) return;
        isStopping = true;
        resolve();
      });
    }
  });
  const watched = processes.map((each) => watch(each, output, () => isStopping));
  const allEnded = Promise.all(processes.map(({ ended }) => ended));
  await Promise.race([stopped, allEnded]);
  const endedByThemselves = !isStopping;
  isStopping = true;
  await Promise.all(processes.map((each) => each.stop()));
  await Promise.all(watched);
  output.out("All servers have ended.\n");
  return endedByThemselves ? 1 : 0;
}

/** One line whenever a server's role changes, and one when it ends although nobody has stopped it. */
async function watch(server: MemberProcess, output: Output, isStopping: () => boolean): Promise<void> {
  const { sid } = server.member;
  const say = (what: string): void => output.out(`${timeOfDay()} server ${sid}: ${what}\n`);
  let before: string | undefined;
  while (!server.hasEnded && !isStopping()) {
    const now = (await server.role()) ?? "looking for a leader";
    if (now !== before && !server.hasEnded && !isStopping()) say(now);
    before = now;
    await Promise.race([sleep(ASK_MS), server.ended]);
  }
  if (isStopping()) return;
  say(await server.ended);
  for (const line of server.lastLines(SHOWN_LINES)) output.out(`  ${line}\n`);
}

function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}
