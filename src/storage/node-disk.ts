import * as fs from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Disk, DiskError, type DiskFile, type DiskLock, type DiskReader } from "../base/ports.ts";
import { BEAT_MS, type ClaimSystem, claimDirectory } from "./directory/directory-claim.ts";

const { O_CREAT, O_DSYNC, O_RDWR, O_TRUNC } = fs.constants;
/** Where O_DSYNC is missing or does not reach the medium (macOS), a durable write is a write and an fdatasync. */
const HAS_DURABLE_WRITES = O_DSYNC !== undefined && process.platform !== "darwin";

/** The disk of the operating system: the only user of node:fs in storage. */
export function createNodeDisk(): Disk {
  return new NodeDisk();
}

class NodeDisk implements Disk {
  list(directory: string): Promise<string[]> {
    return attempt("list", directory, () => fs.promises.readdir(directory));
  }

  async makeDirectory(directory: string): Promise<void> {
    await attempt("create directory", directory, () => fs.promises.mkdir(directory, { recursive: true }));
  }

  async size(path: string): Promise<number | undefined> {
    try {
      return (await fs.promises.stat(path)).size;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw diskError("stat", path, error);
    }
  }

  readFile(path: string): Promise<Uint8Array> {
    return attempt("read", path, () => fs.promises.readFile(path));
  }

  async openRead(path: string): Promise<DiskReader> {
    const fd = await open(path, "r");
    const size = await attempt(
      "stat",
      path,
      () =>
        new Promise<number>((resolve, reject) => {
          fs.fstat(fd, (error, stats) => (error ? reject(error) : resolve(stats.size)));
        }),
    );
    return new NodeReader(fd, path, size);
  }

  async create(path: string): Promise<DiskFile> {
    return new NodeFile(await open(path, O_RDWR | O_CREAT | O_TRUNC), path, false);
  }

  async createDurable(path: string): Promise<DiskFile> {
    if (!HAS_DURABLE_WRITES) return new NodeFile(await open(path, O_RDWR | O_CREAT | O_TRUNC), path, true);
    return new NodeFile(await open(path, O_RDWR | O_CREAT | O_TRUNC | O_DSYNC), path, false);
  }

  async openWrite(path: string): Promise<DiskFile> {
    return new NodeFile(await open(path, "r+"), path, false);
  }

  rename(from: string, to: string): Promise<void> {
    return attempt("rename", to, () => fs.promises.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return attempt("remove", path, () => fs.promises.unlink(path));
  }

  async syncDirectory(directory: string): Promise<void> {
    const fd = await open(directory, "r");
    try {
      await call("sync directory", directory, (done) => fs.fsync(fd, done));
    } finally {
      await call("close", directory, (done) => fs.close(fd, done));
    }
  }

  lock(directory: string): Promise<DiskLock> {
    return claimDirectory(createClaimSystem(), directory);
  }
}

class NodeReader implements DiskReader {
  readonly size: number;
  readonly #fd: number;
  readonly #path: string;
  constructor(fd: number, path: string, size: number) {
    this.#fd = fd;
    this.#path = path;
    this.size = size;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, into, 0, into.length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(diskError("read", this.#path, error));
      });
    });
  }

  close(): Promise<void> {
    return call("close", this.#path, (done) => fs.close(this.#fd, done));
  }
}

class NodeFile implements DiskFile {
  readonly #fd: number;
  readonly #path: string;
  readonly #syncsEachWrite: boolean;
  constructor(fd: number, path: string, syncsEachWrite: boolean) {
    this.#fd = fd;
    this.#path = path;
    this.#syncsEachWrite = syncsEachWrite;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const writeRest = (done: number): void => {
        fs.write(this.#fd, bytes, done, bytes.length - done, position + done, (error, count) => {
          if (error !== null) reject(diskError("write", this.#path, error));
          else if (count === 0 && bytes.length > 0)
            reject(new DiskError("EIO", "write", this.#path, `cannot write ${this.#path}: nothing is taken`));
          else if (done + count < bytes.length) writeRest(done + count);
          else if (this.#syncsEachWrite) this.sync().then(resolve, reject);
          else resolve();
        });
      };
      writeRest(0);
    });
  }

  sync(): Promise<void> {
    return call("sync", this.#path, (done) => fs.fdatasync(this.#fd, done));
  }

  truncate(size: number): Promise<void> {
    return call("truncate", this.#path, (done) => fs.ftruncate(this.#fd, size, done));
  }

  close(): Promise<void> {
    return call("close", this.#path, (done) => fs.close(this.#fd, done));
  }
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? code : "EUNKNOWN";
}

function diskError(operation: string, path: string, error: unknown): DiskError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DiskError(codeOf(error), operation, path, `cannot ${operation} ${path}: ${reason}`);
}

async function attempt<T>(operation: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw diskError(operation, path, error);
  }
}

function call(
  operation: string,
  path: string,
  run: (done: (error: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => (error ? reject(diskError(operation, path, error)) : resolve()));
  });
}

function open(path: string, flags: string | number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o644, (error, fd) =>
      error ? reject(diskError("open", path, error)) : resolve(fd),
    );
  });
}

/** Open file descriptors of this process and their limit; null where there is no /proc to tell. */
export function fileDescriptors(): { readonly open: number; readonly max: number } | null {
  try {
    const open = fs.readdirSync("/proc/self/fd").length;
    const limits = /^Max open files\s+(\d+|unlimited)/m.exec(fs.readFileSync("/proc/self/limits", "latin1"));
    const max = limits === null ? Number.NaN : Number(limits[1]);
    return { open, max: Number.isNaN(max) ? -1 : max };
  } catch {
    return null;
  }
}

/** "" where there is no /proc: there a claim is judged by its heartbeat alone. */
function procText(path: string, read: (path: string) => string): string {
  try {
    return read(path).trim();
  } catch {
    return "";
  }
}

/** State and start time, fields 3 and 22 of /proc/<pid>/stat; the name in field 2 may hold blanks and brackets. */
function processStat(stat: string): { readonly isDead: boolean; readonly startTicks: string } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { isDead: fields[0] === "Z" || fields[0] === "X", startTicks: fields[19] ?? "" };
}

let claimsMade = 0;

function createClaimSystem(): ClaimSystem {
  const readText = (path: string): string => fs.readFileSync(path, "latin1");
  const boot = procText("/proc/sys/kernel/random/boot_id", readText);
  const namespace = procText("/proc/self/ns/pid", (path) => fs.readlinkSync(path));
  const ownTicks = processStat(procText("/proc/self/stat", readText)).startTicks;
  return {
    self: {
      pid: process.pid,
      startTicks: ownTicks,
      scope: boot === "" || namespace === "" || ownTicks === "" ? "" : `${boot} ${namespace}`,
      host: hostname(),
    },
    uniqueSuffix: () => `${ownTicks === "" ? Date.now() : ownTicks}.${claimsMade++}`,
    list: (directory) => attempt("list", directory, () => fs.promises.readdir(directory)),
    read: (path) => unlessGone(attempt("read", path, () => fs.promises.readFile(path, "utf8"))),
    publish: async (path, content) => {
      await attempt("create", path, () => fs.promises.writeFile(`${path}.tmp`, content));
      await attempt("rename", path, () => fs.promises.rename(`${path}.tmp`, path));
    },
    remove: async (path) => {
      await unlessGone(attempt("remove", path, () => fs.promises.unlink(path)));
    },
    startTicksOf: async (pid) => {
      const stat = procText(`/proc/${pid}/stat`, readText);
      const { isDead, startTicks } = processStat(stat);
      return stat === "" || isDead ? undefined : startTicks;
    },
    beat: (path) => {
      const timer = setInterval(() => {
        const now = Date.now() / 1000;
        // A claim that was deleted by hand must not end the server.
        fs.utimes(path, now, now, () => undefined);
      }, BEAT_MS);
      timer.unref();
      return () => clearInterval(timer);
    },
    modifiedAt: async (path) =>
      (await unlessGone(attempt("stat", path, () => fs.promises.stat(path))))?.mtimeMs,
    sleep: async (ms) => void (await sleep(ms)),
  };
}

async function unlessGone<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof DiskError && error.code === "ENOENT") return undefined;
    throw error;
  }
}
