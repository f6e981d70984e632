import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { fourLetterWord } from "../../test/support/apache.ts";
import { median } from "../statistics.ts";
import { LIBRARIES, type LibraryName } from "./libraries.ts";

/**
 * `npm run bench -- client [SECONDS] [ROUNDS]`: this package's client beside the two npm clients, on one server of ours, each in a
 * process of its own, in turn, round by round.
 */

const repository = process.cwd();
const [seconds = "2", rounds = "3"] = process.argv.slice(2);
const measure = join(repository, ".cache/bench/dist/measure.mjs");

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
  await new Promise((resolve) => server.once("listening", resolve));
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

async function main(): Promise<void> {
  const npm = npmDirectory();
  const cache = join(repository, ".cache/bench");
  const directory = mkdtempSync(join(cache, "client-"));
  const server = await startServer(directory);
  const figures = new Map<LibraryName, Record<string, number[]>>(LIBRARIES.map((name) => [name, {}]));
  try {
    for (let round = 1; round <= Number(rounds); round++) {
      for (const name of LIBRARIES) {
        console.error(`round ${round}: ${name}`);
        const args = [measure, name, server.address, seconds, npm];
        const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 });
        const line = stdout
          .trim()
          .split("\n")
          .findLast((text) => text.startsWith("{"))!;
        for (const [workload, value] of Object.entries(JSON.parse(line) as Record<string, number>)) {
          const all = figures.get(name)!;
          all[workload] = [...(all[workload] ?? []), value];
        }
      }
    }
  } finally {
    server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  print(figures);
}

/** Medians, and how many times better ours is than the better of the others. */
function print(figures: ReadonlyMap<LibraryName, Record<string, number[]>>): void {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i ? cell.padStart(22) : cell.padEnd(18))).join("");
  console.log(row(["", ...LIBRARIES, "ratio"]));
  for (const workload of Object.keys(figures.get("menagerie")!)) {
    const [ours, ...others] = LIBRARIES.map((name) => median(figures.get(name)![workload]!)) as [
      number,
      ...number[],
    ];
    const ratio = workload === "resident MB" ? Math.min(...others) / ours : ours / Math.max(...others);
    const cells = [ours, ...others].map((value) => Math.round(value).toLocaleString("en"));
    console.log(row([workload, ...cells, ratio.toFixed(2)]));
  }
}

main().catch((error: Error) => {
  console.error(`bench client: ${error.message}`);
  process.exitCode = 1;
});
