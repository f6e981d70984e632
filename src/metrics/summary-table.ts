import type { MetricRow } from "./metric-row.ts";

/** Summaries with mean, minimum, maximum, count and sum (operations.md 3.4, level B); times in ms. */
export const SUMMARIES = {
  fsynctime: { fedBy: "host", help: "ms of an fsync of the transaction log" },
  snapshottime: { fedBy: "host", help: "ms from the start to the end of a snapshot" },
  restore_time: { fedBy: "admin", help: "ms of a restore by the admin command" },
  dbinittime: { fedBy: "host", help: "ms to load the database at start" },
  startup_txns_loaded: { fedBy: "host", help: "txns replayed at start" },
  startup_txns_load_time: { fedBy: "host", help: "ms to replay the txns at start" },
  startup_snap_load_time: { fedBy: "host", help: "ms to read the snapshot at start" },
  connection_token_deficit: {
    fedBy: "machine",
    help: "tokens missing from the connection throttle per handshake",
  },
  node_created_watch_count: { fedBy: "machine", help: "watches fired by one created event" },
  node_deleted_watch_count: { fedBy: "machine", help: "watches fired by one deleted event" },
  node_changed_watch_count: { fedBy: "machine", help: "watches fired by one data-changed event" },
  node_children_watch_count: { fedBy: "machine", help: "watches fired by one children-changed event" },
  prep_processor_queue_size: { fedBy: "host", help: "inputs that gathered for one turn of the machine" },
  prep_process_time: { fedBy: "host", help: "ms to step the inputs of one turn" },
  proposal_process_time: { fedBy: "host", help: "ms to perform what one turn decided" },
  sync_processor_queue_size: { fedBy: "host", help: "txns waiting when the log worker takes a batch" },
  sync_process_time: { fedBy: "host", help: "ms to write one batch to the log, without the fsync" },
  sync_processor_batch_size: { fedBy: "host", help: "txns made durable by one fsync" },

  follower_sync_time: { fedBy: "ensemble", help: "ms to sync with the leader as follower" },
  observer_sync_time: { fedBy: "ensemble", help: "ms to sync with the leader as observer" },
  election_time: { fedBy: "ensemble", help: "ms from looking to leading or following" },
  unavailable_time: { fedBy: "ensemble", help: "ms without service between two broadcast phases" },
  leader_unavailable_time: { fedBy: "ensemble", help: "the same on a server that becomes leader" },
  inflight_snap_count: { fedBy: "ensemble", help: "snapshots being sent to learners" },
  inflight_diff_count: { fedBy: "ensemble", help: "diffs being sent to learners" },
} as const satisfies Record<string, MetricRow>;

/** Summaries that also have percentiles (level A). */
export const PERCENTILE_SUMMARIES = {
  readlatency: { fedBy: "machine", help: "ms from arrival to answer of requests without a txn" },
  updatelatency: { fedBy: "machine", help: "ms from arrival to answer of requests with a txn" },
  propagation_latency: { fedBy: "machine", help: "ms from the txn's time stamp to its apply" },
  request_throttle_queue_time_ms: { fedBy: "machine", help: "ms a request waited in the throttler" },
  sync_processor_queue_time_ms: { fedBy: "host", help: "ms a txn waited for the log worker" },
  sync_processor_queue_flush_time_ms: { fedBy: "host", help: "ms of one flush of the log worker" },
  sync_processor_queue_and_flush_time_ms: {
    fedBy: "host",
    help: "ms from handing over a txn to its durability",
  },
  jvm_pause_time_ms: { fedBy: "host", help: "ms by which the event loop was late (jvm.pause.monitor)" },

  read_commitproc_time_ms: { fedBy: "machine", help: "ms a read waited behind writes of its session" },
  write_commitproc_time_ms: {
    fedBy: "machine",
    help: "ms from a write's arrival to its commit, which is when it is answered: as updatelatency",
  },
  proposal_latency: { fedBy: "ensemble", help: "ms from the txn's time stamp to the proposal's arrival" },
  proposal_ack_creation_latency: { fedBy: "ensemble", help: "ms from the txn's time stamp to the ack" },
  commit_propagation_latency: {
    fedBy: "ensemble",
    help: "ms from the txn's time stamp to the commit's arrival",
  },
  quorum_ack_latency: { fedBy: "ensemble", help: "ms from the txn's time stamp to a quorum of acks" },
} as const satisfies Record<string, MetricRow>;

/** Summaries with one set of numbers per key: first path component, or the learner's server id. */
export const SUMMARY_SETS = {
  write_per_namespace: { fedBy: "machine", help: "bytes per write: path and data" },
  read_per_namespace: { fedBy: "machine", help: "bytes per read: path, data and 68 for the stat" },
} as const satisfies Record<string, MetricRow>;

export const PERCENTILE_SUMMARY_SETS = {
  ack_latency: { fedBy: "ensemble", help: "ms from the txn's time stamp to the ack of a learner" },
} as const satisfies Record<string, MetricRow>;

export type SummaryName = keyof typeof SUMMARIES;
export type PercentileSummaryName = keyof typeof PERCENTILE_SUMMARIES;
