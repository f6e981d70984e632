import type { Disk, DiskFile, DiskLock, DiskReader } from "../base/ports.ts";

/** A disk that knows whether it is at work; what it does is done by the disk behind it. */
export class ObservedDisk implements Disk {
  readonly #disk: Disk;
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** True when nothing that was asked of it is still to be answered. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Resolves when something that is under way has been answered. While the disk is idle that may be never. */
  answered(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  async #observe<T>(work: Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work;
    } finally {
      this.#underWay--;
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  list(directory: string): Promise<string[]> {
    return this.#observe(this.#disk.list(directory));
  }

  makeDirectory(directory: string): Promise<void> {
    return this.#observe(this.#disk.makeDirectory(directory));
  }

  size(path: string): Promise<number | undefined> {
    return this.#observe(this.#disk.size(path));
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.#observe(this.#disk.readFile(path));
  }

  async openRead(path: string): Promise<DiskReader> {
    const file = await this.#observe(this.#disk.openRead(path));
    return {
      size: file.size,
      read: (into, position) => this.#observe(file.read(into, position)),
      close: () => this.#observe(file.close()),
    };
  }

  create(path: string): Promise<DiskFile> {
    return this.#observeFile(this.#disk.create(path));
  }

  createDurable(path: string): Promise<DiskFile> {
    return this.#observeFile(this.#disk.createDurable(path));
  }

  openWrite(path: string): Promise<DiskFile> {
    return this.#observeFile(this.#disk.openWrite(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#observe(this.#disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#observe(this.#disk.remove(path));
  }

  syncDirectory(directory: string): Promise<void> {
    return this.#observe(this.#disk.syncDirectory(directory));
  }

  lock(directory: string): Promise<DiskLock> {
    return this.#observe(this.#disk.lock(directory));
  }

  async #observeFile(opening: Promise<DiskFile>): Promise<DiskFile> {
    const file = await this.#observe(opening);
    return {
      write: (bytes, position) => this.#observe(file.write(bytes, position)),
      sync: () => this.#observe(file.sync()),
      truncate: (size) => this.#observe(file.truncate(size)),
      close: () => this.#observe(file.close()),
    };
  }
}
