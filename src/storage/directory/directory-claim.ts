import { DiskError, type DiskLock } from "../../base/ports.ts";

/**
 * Keeps two servers off one directory. Apache knows no lock, so ours must not disturb Apache when it opens the directory
 * later, and must not outlive a `kill -9`.
 *
 * Every process puts its own claim file into the directory and then looks at the others'. A claim whose process is gone
 * is deleted: its name belongs to that process alone, so this can never hit a living claim. Of two that start at the
 * same moment at least one sees the other; the one with the smaller name goes first.
 */

/** What a claim says about the process that made it. */
export interface ClaimHolder {
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot; tells a reused pid from the same process. "" if unknown. */
  readonly startTicks: string;
  /** Boot and pid namespace: only within the same ones can a pid be looked up. "" if unknown. */
  readonly scope: string;
  readonly host: string;
}

/** The little that claims need of the operating system. */
export interface ClaimSystem {
  readonly self: ClaimHolder;
  /** Unique among all claims this process ever makes. */
  uniqueSuffix(): string;
  list(directory: string): Promise<string[]>;
  /** Undefined when the file has gone meanwhile. */
  read(path: string): Promise<string | undefined>;
  /** The file appears under `path` with its whole content or not at all. */
  publish(path: string, content: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Start ticks of the process in our own scope; undefined when there is no such process. */
  startTicksOf(pid: number): Promise<string | undefined>;
  /** Changes the file's modification time now and every {@link BEAT_MS} until the returned function is called. */
  beat(path: string): () => void;
  modifiedAt(path: string): Promise<number | undefined>;
  sleep(ms: number): Promise<void>;
}

const PREFIX = "menagerie.lock.";
/** A living process touches its claim this often, for those who cannot look up its pid (another container or host). */
export const BEAT_MS = 2_000;
/** A claim that was not touched for this long, watched by us, is dead. */
const SILENCE_MS = 3 * BEAT_MS + 500;
/** The first of two that start together waits this long for the other to step back. */
const STEP_BACK_MS = 1_000;
const POLL_MS = 50;

/** Claims `directory`; rejects with DiskError EBUSY, whose message names the holder. */
export async function claimDirectory(system: ClaimSystem, directory: string): Promise<DiskLock> {
  const name = `${PREFIX}${system.self.pid}.${system.uniqueSuffix()}`;
  const path = `${directory}/${name}`;
  await system.publish(path, JSON.stringify({ ...system.self, since: name }));
  const stopBeating = system.beat(path);
  const release = async (): Promise<void> => {
    stopBeating();
    await system.remove(path);
  };
  try {
    await expelOthers(system, directory, name);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** Returns when ours is the only claim; throws when another one's process lives. */
async function expelOthers(system: ClaimSystem, directory: string, own: string): Promise<void> {
  let patienceMs = STEP_BACK_MS;
  for (;;) {
    const others = (await system.list(directory)).filter((name) => isClaim(name) && name !== own);
    let living: { name: string; holder: ClaimHolder | undefined } | undefined;
    for (const name of others) {
      const path = `${directory}/${name}`;
      const holder = await readHolder(system, path);
      if (holder === "gone") continue;
      if (await isAlive(system, path, holder)) living = { name, holder };
      else await system.remove(path);
    }
    if (living === undefined) return;
    // It may be starting too, and then it sees us and steps back; only the smaller name waits for that.
    if (own > living.name || patienceMs <= 0) throw inUse(directory, living.name, living.holder);
    await system.sleep(POLL_MS);
    patienceMs -= POLL_MS;
  }
}

function isClaim(name: string): boolean {
  return name.startsWith(PREFIX) && !name.endsWith(".tmp");
}

async function readHolder(system: ClaimSystem, path: string): Promise<ClaimHolder | undefined | "gone"> {
  const text = await system.read(path);
  if (text === undefined) return "gone";
  try {
    const value = JSON.parse(text) as Partial<ClaimHolder>;
    if (typeof value.pid !== "number") return undefined;
    return {
      pid: value.pid,
      startTicks: String(value.startTicks ?? ""),
      scope: String(value.scope ?? ""),
      host: String(value.host ?? ""),
    };
  } catch {
    return undefined;
  }
}

async function isAlive(system: ClaimSystem, path: string, holder: ClaimHolder | undefined): Promise<boolean> {
  if (holder !== undefined && holder.scope !== "" && holder.scope === system.self.scope) {
    return (await system.startTicksOf(holder.pid)) === holder.startTicks;
  }
  return await isBeating(system, path);
}

/** For a claim of another container, host or boot: whether it is touched while we watch. */
async function isBeating(system: ClaimSystem, path: string): Promise<boolean> {
  const before = await system.modifiedAt(path);
  for (let waited = 0; waited < SILENCE_MS; waited += POLL_MS) {
    await system.sleep(POLL_MS);
    const now = await system.modifiedAt(path);
    if (now === undefined) return false;
    if (now !== before) return true;
  }
  return false;
}

function inUse(directory: string, claim: string, holder: ClaimHolder | undefined): DiskError {
  const who = holder === undefined ? "another process" : `process ${holder.pid} on host ${holder.host}`;
  return new DiskError(
    "EBUSY",
    "lock",
    directory,
    `${directory} is in use by ${who} (its claim is the file ${claim})`,
  );
}
