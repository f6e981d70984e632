import type { Disk, DiskFile } from "../../src/base/ports.ts";

/** Of which files the disk says what is not so. */
export interface Lies {
  /** "Synced", and nothing was. */
  readonly sync?: (path: string) => boolean;
  /** "Removed", and it is there. */
  readonly remove?: (path: string) => boolean;
  /** "Cut off", and that never reaches the disk. */
  readonly truncate?: (path: string) => boolean;
  /** "Written", whatever went wrong. */
  readonly failure?: (path: string) => boolean;
  /** "No such file". */
  readonly find?: (path: string) => boolean;
}

/** A disk that says "done" to what it does not do with some files. */
export function lyingDisk(disk: Disk, lies: Lies): Disk {
  /** Files that are shorter for those who read them than they are on the disk. */
  const cut = new Set<string>();
  const file = (path: string, real: DiskFile): DiskFile => lyingFile(path, real, lies, cut);
  return {
    list: (directory) => disk.list(directory),
    makeDirectory: (directory) => disk.makeDirectory(directory),
    size: async (path) => (lies.find?.(path) === true ? undefined : await disk.size(path)),
    readFile: (path) => disk.readFile(path),
    openRead: (path) => disk.openRead(path),
    create: async (path) => file(path, await disk.create(path)),
    createDurable: async (path) =>
      lies.sync?.(path) === true
        ? file(path, await disk.create(path))
        : file(path, await disk.createDurable(path)),
    openWrite: async (path) => file(path, await disk.openWrite(path)),
    rename: (from, to) => disk.rename(from, to),
    remove: async (path) => {
      if (lies.remove?.(path) !== true) await disk.remove(path);
    },
    syncDirectory: (directory) => disk.syncDirectory(directory),
    lock: (directory) => disk.lock(directory),
  };
}

function lyingFile(path: string, real: DiskFile, lies: Lies, cut: Set<string>): DiskFile {
  const done = async (work: Promise<void>): Promise<void> =>
    lies.failure?.(path) === true ? await work.catch(() => undefined) : await work;
  return {
    write: (bytes, position) => done(real.write(bytes, position)),
    sync: async () => {
      if (lies.sync?.(path) !== true && !cut.has(path)) await done(real.sync());
    },
    truncate: async (size) => {
      if (lies.truncate?.(path) === true) cut.add(path);
      await real.truncate(size);
    },
    close: () => real.close(),
  };
}
