import type { ServerMachine } from "../core/pipeline/server-machine.ts";
import type { ServerStats } from "../core/pipeline/server-stats.ts";
import { bindMachineStats } from "../metrics/machine-metrics.ts";
import { MetricsRegistry } from "../metrics/metrics-registry.ts";
import type { LogObserver } from "./log-worker.ts";
import type { StorageObserver } from "./open-storage.ts";
import { quotaGauges } from "./quota-gauges.ts";
import type { TurnObserver } from "./replica.ts";
import { type GaugeSources, serverGauges } from "./server-gauges.ts";

/** The numbers of one server: what the host's parts feed, taken out of the registry once. */
export class ServerMetrics {
  readonly registry = new MetricsRegistry();
  /** Slow writes of the log since `srst` (`fsync.warningthresholdms`). */
  readonly slowSyncs = { value: 0 };
  #digestMismatches = 0;
  #rejectedAtAccept = 0;

  readonly #fsyncTime = this.registry.summary("fsynctime");
  readonly #snapshotTime = this.registry.summary("snapshottime");
  readonly #databaseInitTime = this.registry.summary("dbinittime");
  readonly #snapshotLoadTime = this.registry.summary("startup_snap_load_time");
  readonly #replayTime = this.registry.summary("startup_txns_load_time");
  readonly #startupTxns = this.registry.summary("startup_txns_loaded");
  readonly #turnInputs = this.registry.summary("prep_processor_queue_size");
  readonly #stepTime = this.registry.summary("prep_process_time");
  readonly #performTime = this.registry.summary("proposal_process_time");
  readonly #logQueue = this.registry.summary("sync_processor_queue_size");
  readonly #logBatch = this.registry.summary("sync_processor_batch_size");
  readonly #logQueued = this.registry.counter("sync_processor_request_queued");
  readonly #logWait = this.registry.percentileSummary("sync_processor_queue_time_ms");
  readonly #logFlush = this.registry.percentileSummary("sync_processor_queue_flush_time_ms");
  readonly #logAppendTime = this.registry.summary("sync_process_time");
  readonly #logTotal = this.registry.percentileSummary("sync_processor_queue_and_flush_time_ms");
  readonly #stalls = this.registry.percentileSummary("jvm_pause_time_ms");
  readonly #dropped = this.registry.counter("connection_drop_count");
  readonly #unrecoverable = this.registry.counter("unrecoverable_error_count");

  readonly storage: StorageObserver = {
    synced: (elapsedMs) => this.#fsyncTime.add(elapsedMs),
    slowSync: () => void this.slowSyncs.value++,
    digestMismatch: () => void this.#digestMismatches++,
    recovered: (snapshotMs, replayMs, txns) => {
      this.#databaseInitTime.add(snapshotMs + replayMs);
      this.#snapshotLoadTime.add(snapshotMs);
      this.#replayTime.add(replayMs);
      this.#startupTxns.add(txns);
    },
  };

  readonly turn: TurnObserver = (inputCount, stepMs, performMs) => {
    this.#turnInputs.add(inputCount);
    this.#stepTime.add(stepMs);
    this.#performTime.add(performMs);
  };

  readonly log: LogObserver = {
    appended: (records, waiting, elapsedMs) => {
      this.#logQueued.add(records);
      this.#logAppendTime.add(elapsedMs);
      this.#logQueue.add(waiting);
    },
    flushed: (records, waitedMs, flushMs) => {
      this.#logBatch.add(records);
      this.#logWait.add(waitedMs);
      this.#logFlush.add(flushMs);
      this.#logTotal.add(waitedMs + flushMs);
    },
  };

  snapshot(elapsedMs: number): void {
    this.#snapshotTime.add(elapsedMs);
  }

  stalled(delayMs: number): void {
    this.#stalls.add(delayMs);
  }

  connectionRejected(): void {
    this.#rejectedAtAccept++;
  }

  connectionDropped(): void {
    this.#dropped.add(1);
  }

  unrecoverable(): void {
    this.#unrecoverable.add(1);
  }

  /**
   * Connects what the machine counts, and what is read off the server when somebody asks. A member has a new machine in
   * each role; they all count in `stats`.
   */
  bind(current: () => ServerMachine, stats: ServerStats, sources: GaugeSources): void {
    const { registry } = this;
    bindMachineStats(registry, stats);
    const { counters } = stats;
    registry.bindCounter("connection_rejected", () => counters.connection_rejected + this.#rejectedAtAccept);
    registry.bindCounter("digest_mismatches_count", () => this.#digestMismatches);
    for (const name of WITHOUT_TLS) registry.counter(name);
    registry.registerGauges(serverGauges(current, stats, sources));
    registry.registerGaugeSets(quotaGauges(() => current().database.tree));
  }
}

/** Cannot happen on a server without TLS that listens only once it serves: zero is the truth, so they are printed. */
const WITHOUT_TLS = [
  "unsuccessful_handshake",
  "tls_handshake_exceeded",
  "cnxn_closed_without_zk_server_running",
] as const;
