import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { LoadProcess } from "./load-process.ts";
import type { SubjectName } from "./options.ts";
import { Subject } from "./subject.ts";

export const TREE_DATA_BYTES = 100;

export interface BigTreeSetup {
  /** `.cache/bench`. */
  readonly cache: string;
  readonly znodes: number;
  readonly builder: SubjectName;
  readonly repository: string;
  readonly load: LoadProcess;
  readonly say: (text: string) => void;
}

/**
 * A data directory with the big tree, made once and kept: by clients that create every znode on a server. What is kept is the newest
 * snapshot and the logs from there on, as a purge would leave it, and a restart then takes one more snapshot of everything.
 */
export async function bigTreeDirectory(setup: BigTreeSetup): Promise<string> {
  const directory = join(setup.cache, `tree-${setup.znodes}x${TREE_DATA_BYTES}`);
  const stamp = join(directory, "built-by");
  if (existsSync(stamp)) {
    setup.say(`tree of ${setup.znodes} znodes: cached, built by ${readFileSync(stamp, "utf8").trim()}`);
    return join(directory, "data");
  }
  setup.say(`tree of ${setup.znodes} znodes: building it with ${setup.builder}`);
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const job = { znodes: setup.znodes, dataBytes: TREE_DATA_BYTES };
  await withServer(setup, unfinished, (port) => setup.load.run({ kind: "populate", port, ...job }));
  await withServer(setup, unfinished, (port) => setup.load.run({ kind: "verifyTree", port, ...job }));
  purge(join(unfinished, "data/version-2"));
  writeFileSync(join(unfinished, "built-by"), `${setup.builder}\n`);
  rmSync(directory, { recursive: true, force: true });
  renameSync(unfinished, directory);
  return join(directory, "data");
}

async function withServer(
  setup: BigTreeSetup,
  directory: string,
  work: (port: number) => Promise<unknown>,
): Promise<void> {
  const subject = await Subject.start({ name: setup.builder, directory, repository: setup.repository });
  try {
    await work(subject.port);
    await subject.settle();
  } finally {
    await subject.stop();
  }
}

const zxidOf = (name: string): bigint => BigInt(`0x${name.split(".")[1]}`);

/** Keeps the newest snapshot, the logs that start behind it, and the one that it lies in. */
function purge(directory: string): void {
  const names = readdirSync(directory);
  const newestFirst = (prefix: string): string[] =>
    names.filter((name) => name.startsWith(prefix)).sort((a, b) => (zxidOf(a) < zxidOf(b) ? 1 : -1));
  const [newest, ...older] = newestFirst("snapshot.");
  if (newest === undefined) throw new Error(`no snapshot in ${directory}`);
  const logs = newestFirst("log.");
  const spanning = logs.findIndex((name) => zxidOf(name) <= zxidOf(newest));
  const unneeded = spanning < 0 ? [] : logs.slice(spanning + 1);
  for (const name of [...older, ...unneeded]) rmSync(join(directory, name));
}

/** A copy for one server to open; the original stays as it is. */
export function copyTree(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
