import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../../config/config-error.ts";
import { choosePorts, requireFree } from "../ensemble/choose-ports.ts";
import {
  connectStringOf,
  EnsembleProblem,
  findEnsemble,
  makeEnsemble,
} from "../ensemble/ensemble-directory.ts";
import { MemberProcess } from "../ensemble/member-process.ts";
import type { Output } from "../output.ts";
import { SERVER_MAIN, serverProgram, serverScript } from "../server-command.ts";

/** The options of `menagerie ensemble`, as they stand on the command line. */
export interface EnsembleOptions {
  readonly dir: string;
  readonly basePort?: string;
}

const SIZE_MAX = 9;
const PORT_MAX = 65_535;
/** How often the servers are asked what they are. */
const ASK_MS = 250;
/** What is said of a server that was started again by somebody, and serves no more. */
const GONE = "serves nobody";
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
  let processes: MemberProcess[];
  try {
    if (dir === "") throw new EnsembleProblem("--dir is empty: name a directory");
    const size = numberIn(sizeText, 1, SIZE_MAX, "the number of servers");
    const port =
      basePort === undefined ? undefined : numberIn(basePort, 1, PORT_MAX - 1707 - SIZE_MAX, "--base-port");
    const found = findEnsemble(dir, size);
    const members = found ?? makeEnsemble(dir, size, await choosePorts(size, port));
    const [first] = members;
    if (port !== undefined && first?.clientPort !== port) {
      throw new EnsembleProblem(
        `the ensemble in ${dir} is on port ${first?.clientPort}: leave --base-port out, or make another one with --dir`,
      );
    }
    if (found !== undefined) await requireFree(dir, found);
    processes = members.map((member) => new MemberProcess(member, [...serverProgram(), SERVER_MAIN]));
  } catch (error) {
    output.err(`${problemIn(error, dir)}\n`);
    return 2;
  }
  return run(processes, output);
}

/** What to tell of an error. @throws it, when nobody has foreseen it */
function problemIn(error: unknown, dir: string): string {
  if (error instanceof EnsembleProblem || error instanceof ConfigError) return error.message;
  if (error instanceof Error && "syscall" in error)
    return `the ensemble cannot be kept in ${dir}: ${error.message}. Choose another --dir`;
  throw error;
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
  const end = { isAsked: false, isOver: false };
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        end.isAsked = true;
        resolve();
      });
    }
  });
  const watched = processes.map((each) => watch(each, output, end));
  await Promise.race([stopped, Promise.all(processes.map(({ ended }) => ended))]);
  end.isOver = true;
  await Promise.all(processes.map((each) => each.stop()));
  const goOn = await Promise.all(watched);
  output.out(goOn.includes(true) ? "The others have ended.\n" : "All servers have ended.\n");
  return end.isAsked ? 0 : 1;
}

/**
 * One line whenever a server's role changes, and when it ends although nobody has stopped it; also of one that somebody has started again
 * meanwhile. True when such a one goes on.
 */
async function watch(
  server: MemberProcess,
  output: Output,
  end: { readonly isAsked: boolean; readonly isOver: boolean },
): Promise<boolean> {
  const { sid, configFile } = server.member;
  const say = (what: string): void => output.out(`${timeOfDay()} server ${sid}: ${what}\n`);
  let before: string | undefined;
  let isOther = false;
  const told = server.ended.then((how) => {
    if (end.isAsked) return;
    say(how);
    before = GONE;
    const lines = server.lastLines(SHOWN_LINES);
    for (const line of lines) output.out(`  ${line}\n`);
    if (lines.length === 0) output.out(`  nothing is in ${server.logFile}: is the disk full?\n`);
    output.out(`  to start it again: ${serverScript()} start ${configFile}\n`);
  });
  while (!end.isOver) {
    const hadEnded = server.hasEnded;
    const now = (await server.role()) ?? (hadEnded ? GONE : "looking for a leader");
    if (end.isOver) break;
    // An answer that was under way when it ended is of before.
    if (hadEnded === server.hasEnded) {
      isOther = hadEnded && now !== GONE;
      if (now !== before) say(now);
      before = now;
    }
    await Promise.race([sleep(ASK_MS), ...(server.hasEnded ? [] : [server.ended])]);
  }
  await told;
  if (isOther)
    say(`goes on, because it was started by hand; to stop it: ${serverScript()} stop ${configFile}`);
  return isOther;
}

function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}
