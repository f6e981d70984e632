import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, connect } from "../../../src/client/index.ts";
import { startTestServer } from "../../../src/testing/index.ts";
import { type SubjectKind, startSubject } from "../../support/apache.ts";
import { peers } from "../support/peers.ts";

/**
 * How often each side goes through a recipe: 1,000 times on our server, less often on Apache's, whose writes take longer while the
 * recipes are the same; `RECIPE_ROUNDS=n` for another number on both.
 */
export function roundsOn(kind: SubjectKind): number {
  return Number(process.env.RECIPE_ROUNDS ?? (kind === "menagerie" ? 1000 : 100));
}

export const BASE = "/shared";

const PROGRAMS = join(import.meta.dirname, "peers");
/** A peer that takes longer hangs. */
export const PATIENCE_MS = 240_000;

let classes: string | undefined;

/** Compiled once for all tests of the process, and removed with it. */
function javaClasses(): string {
  if (classes !== undefined) return classes;
  const directory = mkdtempSync(join(tmpdir(), "recipe-rounds-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const { apache39ClassPath, discoveryClassPath } = peers();
  const path = `${apache39ClassPath}:${discoveryClassPath}`;
  const sources = ["RecipeRounds.java", "Discovery.java"].map((name) => join(PROGRAMS, name));
  execFileSync("javac", ["-nowarn", "-d", directory, "-cp", path, ...sources]);
  classes = `${directory}:${path}`;
  return classes;
}

/** `discovery`: Curator's x-discovery. */
export type Peer = "kazoo" | "curator" | "discovery";

function commandOf(peer: Peer, args: readonly string[]): string[] {
  if (peer === "kazoo") return ["python3", join(PROGRAMS, "recipe_rounds.py"), ...args];
  const options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const program = peer === "curator" ? "RecipeRounds" : "Discovery";
  return ["java", ...options, "-cp", javaClasses(), program, ...args];
}

/** A real peer in a process of its own; resolves when it has said that it is done, rejects with what it complained about. */
export function runPeer(peer: Peer, address: string, recipe: string, rounds: number): Promise<void> {
  const [program, ...args] = commandOf(peer, [address, recipe, String(rounds)]);
  const env = { ...process.env, PYTHONPATH: peers().pythonPath };
  const child = spawn(program!, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): void => void child.kill("SIGKILL");
  const timer = setTimeout(kill, PATIENCE_MS);
  // Where our side has failed nobody waits for the peer: it must not outlive the run.
  process.once("exit", kill);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => (stdout += bytes));
  child.stderr.on("data", (bytes) => (stderr += bytes));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      process.off("exit", kill);
      if (code === 0 && stdout.trimEnd().endsWith("done")) resolve();
      else
        reject(new Error(`${peer} ${recipe}: exit ${code}\n${stdout.slice(-1000)}\n${stderr.slice(-4000)}`));
    });
  });
}

/** A server, our client, and the znodes in which both sides count. */
export interface SharedWorld extends AsyncDisposable {
  readonly address: string;
  readonly zk: Client;
}

export async function startWorld(kind: SubjectKind): Promise<SharedWorld> {
  const [address, stop] = await startServer(kind);
  const zk = await connect(address, { sessionTimeoutMs: 10_000 });
  for (const name of ["", "/holders"]) await zk.create(BASE + name);
  await zk.create(`${BASE}/count`);
  const end = async (): Promise<void> => {
    await zk.close();
    await stop();
  };
  return { address, zk, [Symbol.asyncDispose]: end };
}

async function startServer(kind: SubjectKind): Promise<[string, () => Promise<void>]> {
  if (kind === "menagerie") {
    const server = await startTestServer();
    return [server.connectString, () => server.close()];
  }
  const subject = await startSubject(kind);
  return [subject.address, () => subject.dispose()];
}

/** Exclusive, or it fails: one at a time inside, and a tally without a version check. */
export async function section(zk: Client): Promise<void> {
  await zk.create(`${BASE}/inside`, { mode: "ephemeral" });
  const { data } = await zk.get(`${BASE}/count`);
  await zk.set(`${BASE}/count`, `${text(data)}n`);
  await zk.delete(`${BASE}/inside`);
}

/** Who was in the section, in order: `n` for us, `k` for kazoo, `c` for Curator. */
export async function tally(zk: Client): Promise<string> {
  return text((await zk.get(`${BASE}/count`)).data);
}

/** Lets the peer begin when it is ready, so that both sides want the same at the same time. */
export async function begin(zk: Client): Promise<void> {
  await appears(zk, `${BASE}/hello`);
  await zk.create(`${BASE}/go`);
}

export function text(data: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(data ?? undefined);
}

/** Resolves when the znode exists. */
export async function appears(zk: Client, path: string): Promise<void> {
  while ((await zk.exists(path)) === null) await new Promise((resolve) => setImmediate(resolve));
}
