import type { Disk, Timer } from "../base/ports.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { SnapshotSource } from "./snapshot-port.ts";

export type SnapshotCompression = "" | "gz" | "snappy";

export interface SnapshotStoreOptions {
  readonly disk: Disk;
  readonly timer: Timer;
  /** `DataDirectory.snapDir`. */
  readonly directory: string;
  /** `snapshot.compression.method`. */
  readonly compression?: SnapshotCompression;
  /** `serializeLastProcessedZxid.enabled` (default true): write the last-zxid section. */
  readonly isLastZxidWritten?: boolean;
  /** Bytes of one slice, the work done without a pause; default 64 KiB (well below a millisecond). */
  readonly sliceBytes?: number;
}

export interface SnapshotFile {
  readonly path: string;
  readonly zxid: Zxid;
  /** Size of the file. */
  readonly bytes: number;
}

export declare class SnapshotStore {
  constructor(options: SnapshotStoreOptions);
  /**
   * Writes a snapshot in slices, one per event-loop turn, never ahead of the disk, and makes it durable under its
   * final name. One at a time: `isWriting` says so. Rejects with DiskError; then nothing but a `.tmp` is left.
   */
  write(source: SnapshotSource): Promise<SnapshotFile>;
  readonly isWriting: boolean;
}
