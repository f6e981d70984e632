import { PercentileSummary, Summary } from "./summary.ts";

/**
 * The machine's own numbers, under ZooKeeper's metric names (operations.md 3). Plain fields that are counted up on the
 * hot path; the metrics registry reads them when it is asked.
 */
export class ServerStats {
  /** Packets since the start or the last reset; the host adds what it answers itself (four-letter words). */
  packetsReceived = 0;
  packetsSent = 0;
  readonly latency = new Summary();
  authFailedCount = 0;
  /** Bytes of responses; -1 before the first. */
  lastResponseBytes = -1;
  minResponseBytes = -1;
  maxResponseBytes = -1;

  readonly counters = newCounters();
  readonly summaries = newSummaries();
  /** Bytes per write and read, by the first component of the path. */
  readonly writePerNamespace = new NamespaceSummaries(0);
  readonly readPerNamespace = new NamespaceSummaries(STAT_BYTES);
  /** Requests refused by a hard quota, by the first component of the path. */
  readonly quotaExceededPerNamespace = new Map<string, number>();

  get readLatency(): PercentileSummary {
    return this.summaries.readlatency;
  }

  get updateLatency(): PercentileSummary {
    return this.summaries.updatelatency;
  }

  countResponse(bytes: number): void {
    this.packetsSent++;
    this.counters.response_bytes += bytes;
    this.lastResponseBytes = bytes;
    if (this.minResponseBytes < 0 || bytes < this.minResponseBytes) this.minResponseBytes = bytes;
    if (bytes > this.maxResponseBytes) this.maxResponseBytes = bytes;
  }

  /**
   * What `srst` resets here: latency, packets, response sizes, authentication failures. Counters and summaries, which it
   * resets as well (seen on Apache 3.8.0), are reset by the metrics registry.
   */
  reset(): void {
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.latency.reset();
    this.authFailedCount = 0;
    this.lastResponseBytes = this.minResponseBytes = this.maxResponseBytes = -1;
  }
}

/** More namespaces than this share one summary: their number comes from clients. */
const NAMESPACES_MAX = 1000;
/** Longer names share it too: a name of thousands of characters is no label, and to find it takes as long as to read it. */
const NAMESPACE_CHARS_MAX = 255;
const OTHER_NAMESPACES = "<others>";
/** What Apache adds to a read for the znode's stat; it adds nothing to a write. */
const STAT_BYTES = 68;

/** One summary per first path component (`app` for `/app/x`). */
export class NamespaceSummaries {
  readonly #summaries = new Map<string, Summary>();
  readonly #extraBytes: number;

  /** @param extraBytes what counts besides path and data */
  constructor(extraBytes: number) {
    this.#extraBytes = extraBytes;
  }

  /** A node of `path` was read or written; `bytes` is its data. The root belongs to no namespace. */
  add(path: string, bytes: number): void {
    const namespace = namespaceOf(path);
    if (namespace === "") return;
    let summary = this.#summaries.get(namespace);
    if (summary === undefined) summary = this.#create(namespace);
    summary.add(path.length + bytes + this.#extraBytes);
  }

  entries(): Iterable<readonly [string, Summary]> {
    return this.#summaries.entries();
  }

  #create(namespace: string): Summary {
    const key = this.#summaries.size < NAMESPACES_MAX ? namespace : OTHER_NAMESPACES;
    const summary = this.#summaries.get(key) ?? new Summary();
    this.#summaries.set(key, summary);
    return summary;
  }
}

/** `app` for `/app/x` and `/app`; "" for the root and for what is no path. All very long ones are one. */
export function namespaceOf(path: string): string {
  const slash = path.indexOf("/", 1);
  const end = slash < 0 ? path.length : slash;
  return end > NAMESPACE_CHARS_MAX + 1 ? OTHER_NAMESPACES : path.slice(1, end);
}

/** Counters that the machine feeds; names are those of `mntr`. */
function newCounters() {
  return {
    connection_request_count: 0,
    connection_rejected: 0,
    connection_revalidate_count: 0,
    sessionless_connections_expired: 0,
    stale_sessions_expired: 0,
    bytes_received_count: 0,
    response_bytes: 0,
    watch_bytes: 0,
    prep_processor_request_queued: 0,
    outstanding_changes_queued: 0,
    outstanding_changes_removed: 0,
    throttled_ops: 0,
    request_throttle_wait_count: 0,
    stale_requests: 0,
    stale_requests_dropped: 0,
    stale_replies: 0,
    large_requests_rejected: 0,
    /** Counted by whoever gave the database its `onDigestMismatch`. */
    digest_mismatches_count: 0,
    ttl_node_created_count: 0,
    ttl_node_deleted_count: 0,
    ensemble_auth_success: 0,
    ensemble_auth_fail: 0,
    ensemble_auth_skip: 0,
    op_count_total: 0,
    op_count_add_watch: 0,
    op_count_check: 0,
    op_count_check_watches: 0,
    op_count_close_session: 0,
    op_count_create: 0,
    op_count_create_session: 0,
    op_count_delete: 0,
    op_count_exists: 0,
    op_count_get_acl: 0,
    op_count_get_all_children_number: 0,
    op_count_get_children: 0,
    op_count_get_data: 0,
    op_count_get_ephemerals: 0,
    op_count_multi: 0,
    op_count_multi_read: 0,
    op_count_ping: 0,
    op_count_reconfig: 0,
    op_count_remove_watches: 0,
    op_count_set_acl: 0,
    op_count_set_data: 0,
    op_count_set_watches: 0,
    op_count_sync: 0,
    op_count_who_am_i: 0,
  };
}

/** The counters of one machine. */
export type ServerCounters = ReturnType<typeof newCounters>;
/** The name of one, as `mntr` prints it behind `zk_`. */
export type ServerCounterName = keyof ServerCounters;

function newSummaries() {
  return {
    /** ms from arrival to answer. */
    readlatency: new PercentileSummary(),
    updatelatency: new PercentileSummary(),
    /** ms from the txn's time stamp to its apply. */
    propagation_latency: new PercentileSummary(),
    /** ms a read waited behind the writes of its session. */
    read_commitproc_time_ms: new PercentileSummary(),
    /** ms a request waited in the throttler. */
    request_throttle_queue_time_ms: new PercentileSummary(),
    connection_token_deficit: new Summary(),
    /** Watches fired by one event. */
    node_created_watch_count: new Summary(),
    node_deleted_watch_count: new Summary(),
    node_changed_watch_count: new Summary(),
    node_children_watch_count: new Summary(),
  };
}
