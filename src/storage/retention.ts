import type { Disk } from "../base/ports.ts";
import type { DataDirectory } from "./data-directory.ts";

export interface PurgeOptions {
  readonly disk: Disk;
  readonly directory: DataDirectory;
  /** `autopurge.snapRetainCount`, at least 3. */
  readonly snapRetainCount: number;
}

export interface Purged {
  readonly removed: readonly string[];
  /** Snapshots among the kept ones that are damaged: they do not count, older good ones are kept instead. */
  readonly damaged: readonly string[];
}

/** Deletes old snapshots and logs as PurgeTxnLog does, but counts only snapshots whose seals are right. */
export declare function purge(options: PurgeOptions): Promise<Purged>;
