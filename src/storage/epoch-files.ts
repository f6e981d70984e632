import type { Disk } from "../base/ports.ts";

/** `acceptedEpoch` and `currentEpoch` in the snapshot directory (quorum-protocol 3.6). */
export declare class EpochFiles {
  constructor(disk: Disk, directory: string);
  /** Undefined when the file does not exist. Throws StartRefused when it holds no number. */
  readAccepted(): Promise<number | undefined>;
  readCurrent(): Promise<number | undefined>;
  /** Durable when it resolves: temporary file, fsync, rename, fsync of the directory. */
  writeAccepted(epoch: number): Promise<void>;
  writeCurrent(epoch: number): Promise<void>;
}
