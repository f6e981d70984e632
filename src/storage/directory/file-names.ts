import { type Zxid, zxidFromHex, zxidToHex } from "../../protocol/zxid.ts";

/** `snapshot.compression.method`; also the extension of the file. */
export type SnapshotCompression = "" | "gz" | "snappy";

export interface LogName {
  readonly name: string;
  /** Zxid of the first record. */
  readonly zxid: Zxid;
}

export interface SnapshotName {
  readonly name: string;
  /** Last processed zxid when the snapshot was begun. */
  readonly zxid: Zxid;
  readonly compression: SnapshotCompression;
}

/** Left by an interrupted atomic write; never read, and never taken for what it was to become (storage-formats 1). */
export const TEMPORARY_SUFFIX = ".tmp";

export function logName(zxid: Zxid): string {
  return `log.${zxidToHex(zxid)}`;
}

export function snapshotName(zxid: Zxid, compression: SnapshotCompression): string {
  return compression === "" ? `snapshot.${zxidToHex(zxid)}` : `snapshot.${zxidToHex(zxid)}.${compression}`;
}

/**
 * A snapshot that is complete and is to become this server's state as soon as what is above it has gone. Other programs take it
 * for nothing.
 */
export function installName(zxid: Zxid, compression: SnapshotCompression): string {
  return `install.${snapshotName(zxid, compression)}`;
}

/** The snapshots among `names` whose installation is not finished; {@link SnapshotName.name} is the name of the file. */
export function installNames(names: readonly string[]): SnapshotName[] {
  const begun = names.filter((name) => name.startsWith("install."));
  return snapshotNames(begun.map((name) => name.slice("install.".length))).map((snapshot) => ({
    ...snapshot,
    name: `install.${snapshot.name}`,
  }));
}

/** The log files among `names`, by ascending zxid (a number: log.9 comes before log.10). */
export function logNames(names: readonly string[]): LogName[] {
  const found: LogName[] = [];
  for (const name of names) {
    const match = /^log\.([0-9a-f]{1,16})$/i.exec(name);
    const zxid = match === null ? undefined : zxidFromHex(match[1]!);
    if (zxid !== undefined) found.push({ name, zxid });
  }
  return found.sort((a, b) => a.zxid - b.zxid);
}

/** The snapshots among `names`, newest first; of two with one zxid the uncompressed one first. */
export function snapshotNames(names: readonly string[]): SnapshotName[] {
  const found: SnapshotName[] = [];
  for (const name of names) {
    const match = /^snapshot\.([0-9a-f]{1,16})(?:\.(gz|snappy))?$/i.exec(name);
    const zxid = match === null ? undefined : zxidFromHex(match[1]!);
    if (zxid !== undefined) {
      found.push({ name, zxid, compression: (match![2]?.toLowerCase() ?? "") as SnapshotCompression });
    }
  }
  return found.sort((a, b) => b.zxid - a.zxid || (a.name < b.name ? -1 : 1));
}

/** Whether the start would have to look at this name as a log or a snapshot: what must not lie in the wrong directory. */
export function isLogFileName(name: string): boolean {
  return name.startsWith("log.");
}

export function isSnapshotFileName(name: string): boolean {
  return name.startsWith("snapshot.");
}

/** An unfinished snapshot of ours or of Apache. */
export function isSnapshotLeftover(name: string): boolean {
  return /^(install\.)?snapshot\./.test(name) && name.endsWith(TEMPORARY_SUFFIX);
}

/** Joins a directory and a name; the disk port takes paths as they are. */
export function pathIn(directory: string, name: string): string {
  return directory.endsWith("/") ? `${directory}${name}` : `${directory}/${name}`;
}
