import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { askFourLetterWord } from "../../transport/four-letter-client.ts";
import { PARENT_VARIABLE } from "../parent-watch.ts";
import type { LocalMember } from "./ensemble-directory.ts";

const ASK_MAX_MS = 2000;
const KILL_AFTER_MS = 10_000;

/** A server of a local ensemble in a process of its own. */
export class MemberProcess {
  readonly member: LocalMember;
  readonly #child: ChildProcess;
  /** Resolves when it has ended, with a phrase that says how. */
  readonly ended: Promise<string>;
  #hasEnded = false;
  /** What stands in front of it in the log is of earlier processes. */
  readonly #logStart: number;

  /** @param command the words that run a server with the configuration file that follows them */
  constructor(member: LocalMember, command: readonly string[]) {
    this.member = member;
    const [program = process.execPath, ...words] = command;
    const log = openSync(this.logFile, "a");
    this.#logStart = fstatSync(log).size;
    this.#child = spawn(program, [...words, member.configFile], {
      stdio: ["ignore", log, log],
      env: { ...process.env, [PARENT_VARIABLE]: String(process.pid) },
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#hasEnded = true;
        resolve(how);
      };
      this.#child.once("error", (error) => end(`could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) => {
        end(signal === null ? `has ended with exit code ${code}` : `was ended by ${signal}`);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get logFile(): string {
    return join(this.member.directory, "server.log");
  }

  /** What `srvr` calls it: `leader`, `follower`, …; undefined while it serves nobody. Also of one that somebody else has started there. */
  async role(): Promise<string | undefined> {
    try {
      const answer = await askFourLetterWord("127.0.0.1", this.member.clientPort, "srvr", ASK_MAX_MS);
      return /^Mode: (.+)$/m.exec(answer)?.[1];
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ETIMEDOUT" ? "does not answer" : undefined;
    }
  }

  /** Asks it to end, and sees that it does. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill("SIGTERM");
    const timeout = setTimeout(() => this.#child.kill("SIGKILL"), KILL_AFTER_MS);
    await this.ended;
    clearTimeout(timeout);
  }

  /** The last of its log, for people. */
  lastLines(count: number): string[] {
    const own = readFileSync(this.logFile).subarray(this.#logStart).toString("utf8").trimEnd();
    return own === ""
      ? []
      : own
          .split("\n")
          .filter((line) => line !== "")
          .slice(-count);
  }
}
