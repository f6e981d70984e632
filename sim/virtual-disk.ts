import {
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskReader,
  type Rng,
} from "../src/base/ports.ts";
import { SparseBytes } from "./sparse-bytes.ts";
import { type CrashKind, VirtualFile } from "./virtual-file.ts";

export type { CrashKind } from "./virtual-file.ts";

export type DiskOperation =
  | "list"
  | "size"
  | "open"
  | "read"
  | "makeDirectory"
  | "create"
  | "write"
  | "sync"
  | "truncate"
  | "rename"
  | "remove"
  | "syncDirectory"
  | "lock";

/** Operations that change something: the places where a power failure makes a difference. */
const CHANGING: ReadonlySet<DiskOperation> = new Set([
  "makeDirectory",
  "create",
  "write",
  "sync",
  "truncate",
  "rename",
  "remove",
  "syncDirectory",
]);

export interface Fault {
  readonly operation: DiskOperation;
  /** Which files; all when left out. */
  readonly path?: RegExp;
  /** `EIO`, `ENOSPC`, `EROFS`, `EACCES`, … */
  readonly code: string;
  /** Lets so many matching operations pass first. */
  readonly skip?: number;
  /** How many operations fail; for ever when left out. */
  readonly times?: number;
}

export interface VirtualDiskOptions {
  /** Decides what of unsynced writes survives. */
  readonly rng: Rng;
  /** Room for file contents; writes beyond it are done in part and fail with ENOSPC. */
  readonly capacityBytes?: number;
  /** Something would survive a power failure that would not have before, or the other way round. */
  readonly onDurable?: () => void;
  /** The power went with a change, see {@link VirtualDisk.cutPowerAt}. */
  readonly onPowerOff?: () => void;
  /** Waits before each operation, on the simulator's clock. */
  readonly delay?: (operation: DiskOperation, path: string) => Promise<void>;
}

interface NameChange {
  readonly directory: string;
  readonly apply: (names: Map<string, VirtualFile>) => void;
}

/**
 * A disk in memory that knows what is durable: file contents after `sync`, names after `syncDirectory` (a directory
 * itself at once). The power can be cut before any change, everything unsynced is then lost, kept, torn or reordered as
 * the seed says, and `reboot` gives the disk that the next start finds. The same seed gives the same disk.
 */
export class VirtualDisk implements Disk {
  readonly #options: VirtualDiskOptions;
  #names = new Map<string, VirtualFile>();
  #durableNames = new Map<string, VirtualFile>();
  #pendingNames: NameChange[] = [];
  readonly #directories = new Set<string>(["/"]);
  readonly #locks = new Set<string>();
  readonly #faults: { readonly fault: Fault; skip: number; times: number }[] = [];
  #changes = 0;
  #powerOffAt = Number.POSITIVE_INFINITY;
  #isOff = false;
  /** Room for file contents; it may change: somebody else fills the disk, or makes room. */
  capacityBytes: number;

  constructor(options: VirtualDiskOptions) {
    this.#options = options;
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The files that would be there after a power failure, each with its {@link VirtualFile.durable} contents. */
  get durableFiles(): ReadonlyMap<string, VirtualFile> {
    return this.#durableNames;
  }

  /** Bytes that files take. */
  get usedBytes(): number {
    let used = 0;
    for (const file of this.#names.values()) used += file.allocatedBytes;
    return used;
  }

  /** Changes done so far; cutting the power before each of them in turn covers every write boundary. */
  get changes(): number {
    return this.#changes;
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  /** The power fails just before change number `change` (counted from 0) is acknowledged. */
  cutPowerAt(change: number): void {
    this.#powerOffAt = change;
  }

  cutPower(): void {
    this.#isOff = true;
  }

  /** Makes operations fail. */
  inject(fault: Fault): void {
    this.#faults.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** The process that used the disk has ended, and the power has not: everything is there, nothing is claimed. */
  processEnded(): void {
    this.#locks.clear();
  }

  /** It is full, or some operations on it fail. */
  get isFailing(): boolean {
    return this.#faults.length > 0 || this.capacityBytes !== Number.POSITIVE_INFINITY;
  }

  clearFaults(): void {
    this.#faults.length = 0;
  }

  /** The disk after a power failure now; this one is off from here on. */
  reboot(kind: CrashKind, rng: Rng = this.#options.rng): VirtualDisk {
    this.#isOff = true;
    const next = new VirtualDisk(this.#options);
    for (const directory of this.#directories) next.#directories.add(directory);
    const names = new Map(this.#durableNames);
    for (const change of this.#pendingNames.slice(0, this.#survivingNames(kind, rng))) change.apply(names);
    for (const [path, file] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
      next.#adopt(path, new VirtualFile(file.survivor(kind, rng)));
    }
    return next;
  }

  #survivingNames(kind: CrashKind, rng: Rng): number {
    if (kind === "lost") return 0;
    if (kind === "kept") return this.#pendingNames.length;
    return rng.below(this.#pendingNames.length + 1);
  }

  #adopt(path: string, file: VirtualFile): void {
    this.#names.set(path, file);
    this.#durableNames.set(path, file);
  }

  /** Puts a durable file there, with its directories: the state of a test's beginning. */
  put(path: string, bytes: Uint8Array): void {
    for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1))
      this.#directories.add(path.slice(0, at));
    this.#adopt(path, new VirtualFile(SparseBytes.from(bytes)));
  }

  /** What a reader sees in the file now; undefined when there is none. */
  get(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.toBytes();
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  async list(directory: string): Promise<string[]> {
    await this.#begin("list", directory);
    if (!this.#directories.has(directory)) throw this.#error("ENOENT", "list", directory);
    const prefix = directory === "/" ? directory : `${directory}/`;
    return [...this.#names.keys(), ...this.#directories]
      .filter(
        (path) => path.startsWith(prefix) && path !== prefix && !path.slice(prefix.length).includes("/"),
      )
      .map((path) => path.slice(prefix.length));
  }

  async makeDirectory(directory: string): Promise<void> {
    await this.#begin("makeDirectory", directory);
    for (let at = directory.indexOf("/", 1); at > 0; at = directory.indexOf("/", at + 1)) {
      this.#directories.add(directory.slice(0, at));
    }
    this.#directories.add(directory);
  }

  async size(path: string): Promise<number | undefined> {
    await this.#begin("size", path);
    return this.#names.get(path)?.size;
  }

  async readFile(path: string): Promise<Uint8Array> {
    await this.#begin("read", path);
    return this.#file("read", path).toBytes();
  }

  async openRead(path: string): Promise<DiskReader> {
    await this.#begin("open", path);
    const file = this.#file("open", path);
    return {
      size: file.size,
      read: async (into, position) => {
        await this.#begin("read", path);
        return file.read(into, position);
      },
      close: async () => undefined,
    };
  }

  create(path: string): Promise<DiskFile> {
    return this.#create(path, false);
  }

  createDurable(path: string): Promise<DiskFile> {
    return this.#create(path, true);
  }

  async #create(path: string, isDurable: boolean): Promise<DiskFile> {
    await this.#begin("create", path, () => {
      const directory = directoryOf(path);
      if (!this.#directories.has(directory)) throw this.#error("ENOENT", "create", path);
      const existing = this.#names.get(path);
      const file = new VirtualFile();
      if (existing !== undefined) existing.truncate(0);
      else this.#rename(directory, (names) => names.set(path, file));
    });
    return this.#handle(this.#file("create", path), path, isDurable);
  }

  async openWrite(path: string): Promise<DiskFile> {
    await this.#begin("open", path);
    return this.#handle(this.#file("open", path), path, false);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#begin("rename", to, () => {
      const file = this.#file("rename", from);
      this.#rename(directoryOf(to), (names) => {
        names.delete(from);
        names.set(to, file);
      });
    });
  }

  async remove(path: string): Promise<void> {
    await this.#begin("remove", path, () => {
      this.#file("remove", path);
      this.#rename(directoryOf(path), (names) => names.delete(path));
    });
  }

  #rename(directory: string, apply: (names: Map<string, VirtualFile>) => void): void {
    apply(this.#names);
    this.#pendingNames.push({ directory, apply });
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#begin("syncDirectory", directory);
    for (const change of this.#pendingNames) {
      if (change.directory === directory) change.apply(this.#durableNames);
    }
    this.#pendingNames = this.#pendingNames.filter((change) => change.directory !== directory);
    this.#options.onDurable?.();
  }

  async lock(directory: string): Promise<DiskLock> {
    await this.#begin("lock", directory);
    if (this.#locks.has(directory)) {
      throw new DiskError("EBUSY", "lock", directory, `${directory} is in use by another virtual server`);
    }
    this.#locks.add(directory);
    return { release: async () => void this.#locks.delete(directory) };
  }

  #write(file: VirtualFile, path: string, bytes: Uint8Array, position: number): void {
    const isRoom = this.capacityBytes === Number.POSITIVE_INFINITY || this.#hasRoom(file, bytes, position);
    file.write(isRoom ? bytes : bytes.subarray(0, bytes.length >> 1), position);
    if (!isRoom) throw this.#error("ENOSPC", "write", path);
  }

  #hasRoom(file: VirtualFile, bytes: Uint8Array, position: number): boolean {
    const needed = file.allocationFor(position, bytes.length);
    return needed === 0 || needed <= this.capacityBytes - this.usedBytes;
  }

  /** What every operation starts with: waiting, injected faults, the end of the power, and then the change itself. */
  async #begin(
    operation: DiskOperation,
    path: string,
    change: () => void = () => undefined,
    onFault: () => void = () => undefined,
  ): Promise<void> {
    await this.#options.delay?.(operation, path);
    if (this.#isOff) throw this.#error("EPOWER", operation, path);
    const fault = this.#faultFor(operation, path);
    if (fault !== undefined) {
      onFault();
      throw this.#error(fault.code, operation, path);
    }
    const isLast = CHANGING.has(operation) && this.#changes++ >= this.#powerOffAt;
    change();
    if (!isLast) return;
    this.#isOff = true;
    this.#options.onPowerOff?.();
    throw this.#error("EPOWER", operation, path);
  }

  #faultFor(operation: DiskOperation, path: string): Fault | undefined {
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (fault.operation !== operation || !(fault.path?.test(path) ?? true)) continue;
      if (entry.skip-- > 0) continue;
      if (entry.times-- > 0) return fault;
    }
    return undefined;
  }

  #file(operation: DiskOperation, path: string): VirtualFile {
    const file = this.#names.get(path);
    if (file === undefined) throw this.#error("ENOENT", operation, path);
    return file;
  }

  #error(code: string, operation: DiskOperation, path: string): DiskError {
    return new DiskError(code, operation, path, `cannot ${operation} ${path}: ${code} (virtual disk)`);
  }

  #handle(file: VirtualFile, path: string, isDurable: boolean): DiskFile {
    const sync = (): void => {
      file.sync();
      this.#options.onDurable?.();
    };
    return {
      write: async (bytes, position) => {
        const write = (): void => this.#write(file, path, bytes, position);
        await this.#begin("write", path, write, () => {
          if (!isDurable) return;
          // The disk has refused what the system has taken: it can be read, and nobody will write it any more.
          file.write(bytes, position);
          file.loseSync();
        });
        if (isDurable) sync();
      },
      sync: async () => {
        await this.#begin("sync", path, undefined, () => file.loseSync());
        sync();
      },
      truncate: async (size) => {
        await this.#begin("truncate", path, () => file.truncate(size));
        if (isDurable) sync();
      },
      close: async () => undefined,
    };
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
