import type { Disk, DiskFile } from "../../src/base/ports.ts";

/** A disk that says "done" to what it does not do with some files. */
export function lyingDisk(
  disk: Disk,
  lies: { readonly sync?: (path: string) => boolean; readonly remove?: (path: string) => boolean },
): Disk {
  const file = (path: string, real: DiskFile): DiskFile =>
    lies.sync?.(path) !== true
      ? real
      : {
          write: (bytes, position) => real.write(bytes, position),
          sync: async () => undefined,
          truncate: (size) => real.truncate(size),
          close: () => real.close(),
        };
  return {
    list: (directory) => disk.list(directory),
    makeDirectory: (directory) => disk.makeDirectory(directory),
    size: (path) => disk.size(path),
    readFile: (path) => disk.readFile(path),
    openRead: (path) => disk.openRead(path),
    create: async (path) => file(path, await disk.create(path)),
    createDurable: async (path) =>
      lies.sync?.(path) === true ? file(path, await disk.create(path)) : await disk.createDurable(path),
    openWrite: async (path) => file(path, await disk.openWrite(path)),
    rename: (from, to) => disk.rename(from, to),
    remove: async (path) => {
      if (lies.remove?.(path) !== true) await disk.remove(path);
    },
    syncDirectory: (directory) => disk.syncDirectory(directory),
    lock: (directory) => disk.lock(directory),
  };
}
