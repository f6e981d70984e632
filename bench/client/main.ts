import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fourLetterWord } from "../../test/support/apache.ts";
import { LIBRARIES, type LibraryName } from "./libraries.ts";
import type { MeasureOrder, Slice } from "./orders.ts";
import { figureLine, HEAD, type Rounds } from "./print.ts";

/**
 * `npm run bench -- client [SECONDS] [ROUNDS] [WORKLOAD]`: this package's client beside the two npm clients, on one server of ours,
 * each in a process of its own. The three take turns within each workload, a slice of SECONDS each, ROUNDS times.
 */

const repository = process.cwd();
const [seconds = "0.5", rounds = "9", only = ""] = process.argv.slice(2);
const measure = join(repository, ".cache/bench/dist/measure.mjs");

const WORKLOADS = ["get", "set", "create", "list"].flatMap((operation) =>
  (["many", "one"] as const).map((inFlight) => ({ operation, inFlight })),
);

/** Where `npm run test:interop -- --install-only` puts the npm clients. */
function npmDirectory(): string {
  const file = join(repository, ".cache/interop/peers.json");
  const directory = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).npmDirectory : undefined;
  if (directory === undefined)
    throw new Error("the npm clients are not there; run: npm run test:interop -- --install-only");
  return directory;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startServer(directory: string): Promise<{ address: string; stop(): void }> {
  const port = await freePort();
  const config = join(directory, "zoo.cfg");
  writeFileSync(config, `dataDir=${directory}/data\nclientPort=${port}\nadmin.enableServer=false\n`);
  mkdirSync(join(directory, "data"));
  const program = join(repository, "dist/bin/zk-server.js");
  const env = { ...process.env, ZOO_LOG_DIR: directory };
  const child = spawn(process.execPath, [program, "start-foreground", config], { stdio: "ignore", env });
  for (let tries = 0; ; tries++) {
    const answer = await fourLetterWord(port, "srvr", 500).catch(() => "");
    if (answer.includes("Mode: ")) return { address: `127.0.0.1:${port}`, stop: () => void child.kill() };
    if (tries === 200) throw new Error("the server does not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Rejects when the process ends instead of answering. */
async function answer<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const stop = (code: number | null): void =>
    ended.abort(new Error(`a measuring process ended with ${code}`));
  child.once("exit", stop);
  try {
    const [message] = await once(child, "message", { signal: ended.signal });
    return message as T;
  } finally {
    child.off("exit", stop);
  }
}

type Subjects = ReadonlyMap<LibraryName, ChildProcess>;

async function sliceOf(child: ChildProcess, order: MeasureOrder): Promise<Slice> {
  child.send(order);
  return answer<Slice>(child);
}

/** One workload; whoever begins changes from round to round. */
async function play(subjects: Subjects, workload: Omit<MeasureOrder, "ms">): Promise<Rounds> {
  const ms = Number(seconds) * 1000;
  const figures = new Map<LibraryName, Slice[]>(LIBRARIES.map((name) => [name, []]));
  // Not counted: until the compilers are done.
  for (const child of subjects.values()) await sliceOf(child, { ...workload, ms: 2 * ms });
  for (let round = 0; round < Number(rounds); round++) {
    for (let i = 0; i < LIBRARIES.length; i++) {
      const name = LIBRARIES[(round + i) % LIBRARIES.length]!;
      figures.get(name)!.push(await sliceOf(subjects.get(name)!, { ...workload, ms }));
    }
  }
  return figures;
}

async function main(): Promise<void> {
  const npm = npmDirectory();
  const directory = mkdtempSync(join(repository, ".cache/bench", "client-"));
  const server = await startServer(directory);
  const subjects = new Map<LibraryName, ChildProcess>();
  try {
    const residentMb = new Map<LibraryName, number>();
    for (const name of LIBRARIES) {
      // The native client writes to stdout what it does.
      const child = fork(measure, [name, server.address, npm], {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      subjects.set(name, child);
      residentMb.set(name, (await answer<{ residentMb: number }>(child)).residentMb);
    }
    console.log(HEAD);
    console.log(figureLine("resident MB", residentMb, "lower"));
    for (const workload of WORKLOADS) {
      const title = `${workload.operation} ${workload.inFlight === "many" ? "pipelined" : "sequential"}`;
      if (!title.includes(only)) continue;
      const figures = await play(subjects, workload);
      const of = (pick: (slice: Slice) => number): Map<LibraryName, number[]> =>
        new Map([...figures].map(([name, slices]) => [name, slices.map(pick)]));
      console.log(
        figureLine(
          `${title} /s`,
          of(({ perSecond }) => perSecond),
          "higher",
        ),
      );
      console.log(
        figureLine(
          "  CPU µs per call",
          of(({ cpuMicros }) => cpuMicros),
          "lower",
        ),
      );
    }
  } finally {
    for (const child of subjects.values()) child.disconnect();
    server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  console.error(`bench client: ${error.message}`);
  process.exitCode = 1;
});
