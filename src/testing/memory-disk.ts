import { type Disk, DiskError, type DiskFile, type DiskLock, type DiskReader } from "../base/ports.ts";
import { MemoryFile } from "./memory-file.ts";

/**
 * A disk that is a map in memory: everything is durable at once, nothing survives the process. An open file stays what it is
 * when its name is removed or given to another one, as on a real disk.
 */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, MemoryFile>();
  readonly #directories = new Set<string>(["/"]);
  readonly #locks = new Set<string>();

  async list(directory: string): Promise<string[]> {
    if (!this.#directories.has(directory)) throw missing("list", directory);
    const prefix = directory === "/" ? "/" : `${directory}/`;
    return [...this.#files.keys(), ...this.#directories]
      .filter((path) => path.startsWith(prefix) && path !== "/" && !path.slice(prefix.length).includes("/"))
      .map((path) => path.slice(prefix.length));
  }

  async makeDirectory(directory: string): Promise<void> {
    for (let at = directory.indexOf("/", 1); at > 0; at = directory.indexOf("/", at + 1))
      this.#directories.add(directory.slice(0, at));
    this.#directories.add(directory);
  }

  async size(path: string): Promise<number | undefined> {
    return this.#files.get(path)?.size;
  }

  async readFile(path: string): Promise<Uint8Array> {
    return this.#file("read", path).toBytes();
  }

  async openRead(path: string): Promise<DiskReader> {
    const file = this.#file("open", path);
    return {
      size: file.size,
      read: async (into, position) => file.read(into, position),
      close: async () => undefined,
    };
  }

  async create(path: string): Promise<DiskFile> {
    if (!this.#directories.has(directoryOf(path))) throw missing("create", path);
    const existing = this.#files.get(path);
    existing?.truncate(0);
    const file = existing ?? new MemoryFile();
    this.#files.set(path, file);
    return handle(file);
  }

  createDurable(path: string): Promise<DiskFile> {
    return this.create(path);
  }

  async openWrite(path: string): Promise<DiskFile> {
    return handle(this.#file("open", path));
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#file("rename", from);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async remove(path: string): Promise<void> {
    if (!this.#files.delete(path)) throw missing("remove", path);
  }

  async syncDirectory(directory: string): Promise<void> {
    if (!this.#directories.has(directory)) throw missing("sync directory", directory);
  }

  async lock(directory: string): Promise<DiskLock> {
    if (this.#locks.has(directory))
      throw new DiskError("EBUSY", "lock", directory, `${directory} is in use by another server`);
    this.#locks.add(directory);
    return { release: async () => void this.#locks.delete(directory) };
  }

  #file(operation: string, path: string): MemoryFile {
    const file = this.#files.get(path);
    if (file === undefined) throw missing(operation, path);
    return file;
  }
}

function handle(file: MemoryFile): DiskFile {
  return {
    write: async (bytes, position) => file.write(bytes, position),
    sync: async () => undefined,
    truncate: async (size) => file.truncate(size),
    close: async () => undefined,
  };
}

function missing(operation: string, path: string): DiskError {
  return new DiskError("ENOENT", operation, path, `cannot ${operation} ${path}: it does not exist (memory)`);
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
