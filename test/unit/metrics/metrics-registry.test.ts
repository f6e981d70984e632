import { beforeEach, describe, expect, it } from "vitest";
import { OPERATIONS } from "../../../src/core/operations/index.ts";
import { COUNTER_SETS, COUNTERS, type CounterName } from "../../../src/metrics/counter-table.ts";
import { GAUGE_SETS, QUORUM_GAUGES, SERVER_GAUGES } from "../../../src/metrics/gauge-table.ts";
import { type GaugeSource, type MetricName, MetricsRegistry } from "../../../src/metrics/metrics-registry.ts";
import { OMITTED_METRICS } from "../../../src/metrics/omitted-metrics.ts";
import {
  ReadCounterSet,
  ReadPercentileSummarySet,
  ReadSummary,
  ReadSummarySet,
} from "../../../src/metrics/read-metric.ts";
import {
  PERCENTILE_SUMMARIES,
  PERCENTILE_SUMMARY_SETS,
  SUMMARIES,
  SUMMARY_SETS,
} from "../../../src/metrics/summary-table.ts";

let registry: MetricsRegistry;
beforeEach(() => {
  registry = new MetricsRegistry();
});

function lines(): Record<string, number> {
  return Object.fromEntries([...registry.values()].map(({ name, value }) => [name, value]));
}

function linesOf(name: string): Record<string, number> {
  return Object.fromEntries(Object.entries(lines()).filter(([line]) => line.endsWith(name)));
}

describe("names", () => {
  it("are those of the reference (operations.md 3.2 to 3.4), present or left out with a reason", () => {
    const names = [
      ...Object.keys({ ...SERVER_GAUGES, ...QUORUM_GAUGES, ...GAUGE_SETS, ...COUNTERS, ...COUNTER_SETS }),
      ...Object.keys({ ...SUMMARIES, ...PERCENTILE_SUMMARIES, ...SUMMARY_SETS, ...PERCENTILE_SUMMARY_SETS }),
      ...Object.keys(OMITTED_METRICS),
    ].sort();
    expect(names).toEqual(REFERENCE_NAMES.trim().split(/\s+/).sort());
  });
});

describe("printing", () => {
  it("everything but gauges and sets is there from the start, with zeros", () => {
    const zeros = lines();
    expect(new Set(Object.values(zeros))).toEqual(new Set([0]));
    const { length: counters } = Object.keys(COUNTERS);
    const summaries = Object.keys(SUMMARIES).length * 5 + Object.keys(PERCENTILE_SUMMARIES).length * 9;
    expect(Object.keys(zeros)).toHaveLength(counters + summaries);
  });

  it("a summary", () => {
    const fsync = registry.summary("fsynctime");
    for (const ms of [4, 1, 2.9]) fsync.add(ms);
    expect(linesOf("_fsynctime")).toEqual({
      avg_fsynctime: 2.3333,
      min_fsynctime: 1,
      max_fsynctime: 4,
      cnt_fsynctime: 3,
      sum_fsynctime: 7,
    });
  });

  it("a summary with percentiles", () => {
    const latency = registry.percentileSummary("updatelatency");
    for (const ms of [10, 11]) latency.add(ms);
    expect(linesOf("_updatelatency")).toEqual({
      avg_updatelatency: 10.5,
      min_updatelatency: 10,
      max_updatelatency: 11,
      cnt_updatelatency: 2,
      sum_updatelatency: 21,
      p50_updatelatency: 11,
      p95_updatelatency: 11,
      p99_updatelatency: 11,
      p999_updatelatency: 11,
    });
  });

  it("only means are printed with a fraction, among what is no gauge", () => {
    for (const { name, isDecimal } of registry.values())
      expect(isDecimal, name).toBe(name.startsWith("avg_"));
  });

  it("percentiles never leave the range of what was seen", () => {
    const latency = registry.percentileSummary("readlatency");
    latency.add(1_000_001);
    expect(linesOf("p999_readlatency")).toEqual({ p999_readlatency: 1_000_001 });
  });

  it("gauges while they are registered and have a value", () => {
    const nodes: GaugeSource = () => 8;
    const end = registry.registerGauges({ znode_count: nodes, open_file_descriptor_count: () => null });
    expect([...registry.values()][0]).toEqual({ name: "znode_count", value: 8, isDecimal: false });
    registry.registerGauges({ avg_latency: () => 0 });
    expect([...registry.values()][0]).toEqual({ name: "avg_latency", value: 0, isDecimal: true });
    expect(lines()).not.toHaveProperty("open_file_descriptor_count");
    end();
    expect(lines()).not.toHaveProperty("znode_count");
  });

  it("a whole number, where Apache has one, even if its source has a fraction", () => {
    registry.registerGauges({ uptime: () => 12.9, avg_latency: () => 0.5 });
    registry.bind("fsynctime", new ReadSummary({ count: 2, sum: 3.5, min: 0.5, max: 3, reset: () => {} }));
    expect(lines()).toMatchObject({
      uptime: 12,
      avg_latency: 0.5,
      avg_fsynctime: 1.75,
      min_fsynctime: 0,
      sum_fsynctime: 3,
    });
  });

  it("gauge sets and counter sets with the key before the name", () => {
    const none = () => [];
    registry.registerGaugeSets({
      quota_count_limit_per_namespace: () => [["app", 5]],
      quota_bytes_limit_per_namespace: none,
      quota_count_usage_per_namespace: none,
      quota_bytes_usage_per_namespace: none,
    });
    registry.bind("quota_exceeded_error_per_namespace", new ReadCounterSet(() => [["app", 1]]));
    expect(lines()).toMatchObject({
      app_quota_count_limit_per_namespace: 5,
      app_quota_exceeded_error_per_namespace: 1,
    });
  });
});

describe("reset", () => {
  it("sets counters and summaries to zero, and leaves gauges alone", () => {
    registry.registerGauges({ znode_count: () => 8 });
    registry.counter("response_bytes").add(10);
    registry.percentileSummary("readlatency").add(3);
    registry.reset();
    const after = lines();
    expect(after).toMatchObject({ znode_count: 8, response_bytes: 0 });
    expect(Object.values(after).filter((value) => value !== 0)).toEqual([8]);
  });

  it("a counter that is counted elsewhere starts again from where it stood", () => {
    let counted = 5;
    registry.bindCounter("op_count_ping", () => counted);
    expect(lines().op_count_ping).toBe(5);
    registry.reset();
    counted += 2;
    expect(lines().op_count_ping).toBe(2);
    expect(() => registry.counter("op_count_ping")).toThrow(/op_count_ping is kept elsewhere/);
  });
});

describe("connecting", () => {
  it("names everything that has a feeder and is not fed yet", () => {
    const { readlatency: _, ...others } = PERCENTILE_SUMMARIES;
    registry.percentileSummary("readlatency");
    const open = registry.unconnected();
    expect(open).not.toContain("readlatency");
    for (const [name, row] of Object.entries({ ...others, ...SUMMARIES, ...COUNTERS })) {
      expect(open.includes(name), name).toBe(row.fedBy !== "ensemble" && row.fedBy !== "admin");
    }
  });

  it("is empty once everything is connected", () => {
    const zero = () => 0;
    registry.registerGauges(Object.fromEntries(Object.keys(SERVER_GAUGES).map((name) => [name, zero])));
    registry.registerGaugeSets({
      quota_count_limit_per_namespace: () => [],
      quota_bytes_limit_per_namespace: () => [],
      quota_count_usage_per_namespace: () => [],
      quota_bytes_usage_per_namespace: () => [],
    });
    for (const name of Object.keys(COUNTERS)) registry.counter(name as CounterName);
    for (const name of Object.keys(COUNTER_SETS))
      registry.bind(name as MetricName, new ReadCounterSet(() => []));
    for (const name of Object.keys(SUMMARIES)) registry.summary(name as never);
    for (const name of Object.keys(PERCENTILE_SUMMARIES)) registry.percentileSummary(name as never);
    for (const name of Object.keys(SUMMARY_SETS))
      registry.bind(name as MetricName, new ReadSummarySet(() => []));
    for (const name of Object.keys(PERCENTILE_SUMMARY_SETS))
      registry.bind(name as MetricName, new ReadPercentileSummarySet(() => []));
    expect(registry.unconnected()).toEqual([]);
  });
});

describe("operation counters", () => {
  it("each is counted by an operation, but for those that no client may ask for", () => {
    const counted = Object.values(OPERATIONS).flatMap(({ counter }) => counter ?? []);
    // A check stands only in a multi, and whoever begins a session is counted by its handshake.
    const others = ["op_count_total", "op_count_check", "op_count_create_session"];
    const names = Object.keys(COUNTERS).filter((name) => name.startsWith("op_count_"));
    expect([...new Set([...counted, ...others])].sort()).toEqual(names.sort());
  });
});

const REFERENCE_NAMES = `
avg_latency min_latency max_latency packets_received packets_sent num_alive_connections outstanding_requests uptime
znode_count watch_count ephemerals_count approximate_data_size global_sessions local_sessions
open_file_descriptor_count max_file_descriptor_count connection_drop_probability
last_client_response_size min_client_response_size max_client_response_size outstanding_tls_handshake
auth_failed_count non_mtls_remote_conn_count non_mtls_local_conn_count
quota_count_limit_per_namespace quota_bytes_limit_per_namespace
quota_count_usage_per_namespace quota_bytes_usage_per_namespace
quorum_size synced_observers learners synced_followers synced_non_voting_followers pending_syncs leader_uptime
last_proposal_size min_proposal_size max_proposal_size

looking_count diff_count snap_count commit_count
connection_request_count connection_rejected connection_drop_count
revalidate_count connection_revalidate_count sessionless_connections_expired stale_sessions_expired
bytes_received_count response_bytes watch_bytes unrecoverable_error_count
snapshot_error_count snapshot_rate_limited_count restore_error_count restore_rate_limited_count
add_dead_watcher_stall_time dead_watchers_queued dead_watchers_cleared
response_packet_cache_hits response_packet_cache_misses
response_packet_get_children_cache_hits response_packet_get_children_cache_misses
ensemble_auth_success ensemble_auth_fail ensemble_auth_skip
prep_processor_request_queued sync_processor_request_queued request_commit_queued
outstanding_changes_queued outstanding_changes_removed
throttled_ops stale_requests stale_requests_dropped stale_replies request_throttle_wait_count large_requests_rejected
learner_proposal_received_count learner_commit_received_count proposal_count quit_leading_due_to_disloyal_voter
digest_mismatches_count unsuccessful_handshake insecure_admin_count tls_handshake_exceeded
cnxn_closed_without_zk_server_running skip_learner_request_to_next_processor_count
requests_not_forwarded_to_commit_processor
ttl_node_created_count ttl_node_deleted_count
op_count_total op_count_add_watch op_count_check op_count_check_watches op_count_close_session op_count_create
op_count_create_session op_count_delete op_count_exists op_count_get_acl op_count_get_all_children_number
op_count_get_children op_count_get_data op_count_get_ephemerals op_count_multi op_count_multi_read op_count_ping
op_count_reconfig op_count_remove_watches op_count_set_acl op_count_set_data op_count_set_watches op_count_sync
op_count_who_am_i quota_exceeded_error_per_namespace

fsynctime snapshottime restore_time dbinittime follower_sync_time observer_sync_time election_time
connection_token_deficit inflight_snap_count inflight_diff_count
node_created_watch_count node_deleted_watch_count node_changed_watch_count node_children_watch_count
prep_processor_queue_size prep_process_time proposal_process_time unavailable_time leader_unavailable_time
requests_in_session_queue pending_session_queue_size reads_after_write_in_session_queue
reads_issued_from_session_queue session_queues_drained time_waiting_empty_pool_in_commit_processor_read_ms
write_batch_time_in_commit_processor concurrent_request_processing_in_commit_processor
read_commit_proc_req_queued write_commit_proc_req_queued commit_commit_proc_req_queued
read_commit_proc_issued write_commit_proc_issued commit_process_time
startup_txns_loaded startup_txns_load_time startup_snap_load_time
sync_processor_queue_size sync_process_time sync_processor_batch_size netty_queued_buffer_capacity
learner_request_processor_queue_size socket_closing_time

readlatency updatelatency propagation_latency dead_watchers_cleaner_latency prep_processor_queue_time_ms
close_session_prep_time read_commitproc_time_ms write_commitproc_time_ms local_write_committed_time_ms
server_write_committed_time_ms om_proposal_process_time_ms om_commit_process_time_ms
read_final_proc_time_ms write_final_proc_time_ms proposal_latency proposal_ack_creation_latency
commit_propagation_latency sync_processor_queue_and_flush_time_ms sync_processor_queue_time_ms
sync_processor_queue_flush_time_ms quorum_ack_latency request_throttle_queue_time_ms jvm_pause_time_ms

write_per_namespace read_per_namespace learner_handler_qp_size learner_handler_qp_time_ms ack_latency
`;
