import { readFileSync } from "node:fs";

/** A command of a recorded transcript of zkCli, with what it printed. */
export interface Recorded {
  /** The line, or for one-shot calls the words behind `zkCli.sh`. */
  readonly typed: string;
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** One-shot calls only. */
  readonly exitCode?: number;
}

export interface Transcript {
  /** What was printed before anything was typed. */
  readonly banner: Recorded;
  readonly commands: readonly Recorded[];
  /** `rc N` at the end. */
  readonly exitCode: number | undefined;
}

/** Reads the notation of command-line.md: `1|` stdout, `2|` stderr, `>` or `$ zkCli.sh` what was typed, `rc` the exit code. */
export function readTranscript(file: URL): Transcript {
  const commands: (Recorded & { out: string[]; err: string[]; exitCode?: number })[] = [];
  let current = { typed: "", out: [] as string[], err: [] as string[] } as (typeof commands)[number];
  const banner = current;
  let exitCode: number | undefined;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, stream, text = ""] = /^([12])\|(?: (.*))?$/s.exec(line) ?? [];
    const typed = /^(?:> |\$ zkCli\.sh ?)(.*)$/.exec(line)?.[1];
    const code = /^rc=? (\d+)$/.exec(line)?.[1];
    if (stream === "1") current.out.push(text);
    else if (stream === "2") current.err.push(text);
    else if (typed !== undefined) {
      current = { typed, out: [], err: [] };
      commands.push(current);
    } else if (code !== undefined) {
      current.exitCode = Number(code);
      exitCode = Number(code);
    } else if (line !== "" && !line.startsWith("#")) throw new Error(`not a line of a transcript: ${line}`);
  }
  return { banner, commands, exitCode };
}

/** What was printed, without what differs from run to run, in the form in which two runs can be compared. */
export interface Comparable {
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** They come from another thread: their place among the lines is free. */
  readonly events: readonly string[];
}

export function comparable({ typed, out, err }: Recorded): Comparable {
  const { lines, events } = withoutEvents(out.map(mask));
  // The order of identities is that of a hash table.
  return { out: typed === "whoami" ? [...lines].sort() : lines, err: foldUsage(err.map(mask)), events };
}

/** Times, zxids, session ids, addresses and the version become words. */
function mask(line: string): string {
  return line
    .replace(/^([cmp]Zxid) = 0x[0-9a-f]+$/, "$1 = ZXID")
    .replace(/^([cm]time) = .*$/, "$1 = TIME")
    .replace(/^(WatchedEvent .*) zxid: -?\d+$/, "$1")
    .replace(/^ephemeralOwner = 0x[0-9a-f]{6,}$/, "ephemeralOwner = SESSION")
    .replace(/(?:localhost|127\.0\.0\.1):\d+/g, "ADDRESS")
    .replace(/^(ZooKeeper CLI version:) .*$/, "$1 VERSION");
}

const EVENT_LINES = 4;

function withoutEvents(out: readonly string[]): { lines: string[]; events: string[] } {
  const lines: string[] = [];
  const events: string[] = [];
  for (let at = 0; at < out.length; at++) {
    if (out[at] === "" && out[at + 1] === "WATCHER::" && out[at + 2] === "") {
      events.push(out[at + 3] ?? "");
      at += EVENT_LINES - 1;
    } else lines.push(out[at]!);
  }
  return { lines, events: events.sort() };
}

/** The usage of all commands as one word: its content has a test of its own. */
function foldUsage(err: readonly string[]): string[] {
  const folded: string[] = [];
  for (const line of err) {
    if (line.startsWith("ZooKeeper -server host:port ")) folded.push("<USAGE>");
    else if (!(line.startsWith("\t") && folded.at(-1) === "<USAGE>")) folded.push(line);
  }
  return folded;
}
