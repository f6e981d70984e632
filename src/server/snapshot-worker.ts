import type { Clock, Log } from "../base/ports.ts";
import { type Zxid, zxidToHex } from "../protocol/zxid.ts";
import type { SnapshotSource } from "../storage/snapshot/snapshot-port.ts";
import { SnapshotAbandoned } from "./served-snapshot.ts";

/** Where snapshots go (`storage/snapshot/snapshot-store.ts`). */
export interface SnapshotTarget {
  write(
    source: SnapshotSource,
  ): Promise<{ readonly path: string; readonly zxid: Zxid; readonly bytes: number }>;
}

export interface SnapshotWorkerOptions {
  readonly store: SnapshotTarget;
  /** A source that begins at the tree's state of this moment; undefined while there is no tree to be kept. */
  readonly source: () => SnapshotSource | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** The newest snapshot on disk when the server starts; undefined if there is none. */
  readonly newest: LastSnapshot | undefined;
  /** A snapshot could not be written. */
  readonly failed: (error: unknown) => void;
  /** After each one: how long it took in ms. */
  readonly observe: (elapsedMs: number) => void;
}

export interface LastSnapshot {
  readonly zxid: Zxid;
  readonly timestampS: number;
}

/**
 * Writes a snapshot when one is due, one at a time. The store does it in slices between the turns of the event loop while
 * the tree goes on changing; the log behind it makes up for that (storage-formats 3.4).
 */
export class SnapshotWorker {
  readonly #options: SnapshotWorkerOptions;
  #running: Promise<void> | undefined;
  #last: LastSnapshot | undefined;

  constructor(options: SnapshotWorkerOptions) {
    this.#options = options;
    this.#last = options.newest;
  }

  /** The newest snapshot that is known to be good. */
  get last(): LastSnapshot | undefined {
    return this.#last;
  }

  /** Starts a snapshot, unless one is being written: that one is late, and so is the disk. */
  start(): void {
    if (this.#running !== undefined) {
      this.#options.log.warn({}, "a snapshot is due, but the one before is still being written: skipped");
      return;
    }
    const source = this.#options.source();
    if (source === undefined) return;
    this.#running = this.#write(source).finally(() => {
      this.#running = undefined;
    });
  }

  /** Does `work` when no snapshot is being written, and while none begins. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running !== undefined) await this.#running;
    const running = work();
    this.#running = running
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        this.#running = undefined;
      });
    return await running;
  }

  /** A snapshot was written by other means. */
  written(zxid: Zxid): void {
    this.#last = { zxid, timestampS: Math.floor(this.#options.clock.now().wallMs / 1000) };
  }

  /** Resolves when no snapshot is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #write(source: SnapshotSource): Promise<void> {
    const { store, clock, log, failed, observe } = this.#options;
    const startedMs = clock.now().elapsedMs;
    try {
      const file = await store.write(source);
      const now = clock.now();
      const elapsedMs = now.elapsedMs - startedMs;
      this.#last = { zxid: file.zxid, timestampS: Math.floor(now.wallMs / 1000) };
      observe(elapsedMs);
      log.info(
        { file: file.path, zxid: zxidToHex(file.zxid), bytes: file.bytes, elapsedMs },
        "snapshot written",
      );
    } catch (error) {
      if (error instanceof SnapshotAbandoned) log.info({}, `no snapshot was written: ${error.message}`);
      else failed(error);
    }
  }
}
