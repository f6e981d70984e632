import type { MetricRow } from "./metric-row.ts";

/** Counters: they only grow, until `srst` sets them to zero (operations.md 3.3). */
export const COUNTERS = {
  connection_request_count: { fedBy: "machine", help: "session requests (handshakes)" },
  connection_rejected: { fedBy: "transport", help: "connections refused by a limit or by the throttle" },
  connection_drop_count: { fedBy: "transport", help: "connections whose client went away" },
  connection_revalidate_count: { fedBy: "machine", help: "handshakes that renew a session" },
  cnxn_closed_without_zk_server_running: {
    fedBy: "transport",
    help: "connections closed because the server was not serving",
  },
  sessionless_connections_expired: {
    fedBy: "machine",
    help: "connections closed because they were silent too long",
  },
  stale_sessions_expired: { fedBy: "machine", help: "sessions expired" },
  bytes_received_count: { fedBy: "machine", help: "bytes of packets from clients, lengths included" },
  response_bytes: { fedBy: "machine", help: "bytes of responses" },
  watch_bytes: { fedBy: "machine", help: "bytes of watch events" },
  unrecoverable_error_count: { fedBy: "host", help: "errors that end the process" },

  prep_processor_request_queued: { fedBy: "machine", help: "requests that reached the pipeline" },
  outstanding_changes_queued: { fedBy: "machine", help: "changes recorded between prep and apply" },
  outstanding_changes_removed: { fedBy: "machine", help: "recorded changes removed after apply" },
  sync_processor_request_queued: { fedBy: "host", help: "txns handed to the log worker" },
  throttled_ops: { fedBy: "machine", help: "requests answered with THROTTLEDOP" },
  request_throttle_wait_count: { fedBy: "machine", help: "times a request waited in the throttler" },
  stale_requests: { fedBy: "machine", help: "requests found stale in the throttler" },
  stale_requests_dropped: { fedBy: "machine", help: "stale requests dropped" },
  stale_replies: { fedBy: "machine", help: "replies for connections that are gone" },
  large_requests_rejected: { fedBy: "machine", help: "requests refused by the limit of large requests" },
  digest_mismatches_count: {
    fedBy: "machine",
    help: "txns after which the tree's digest was not the expected one",
  },
  ttl_node_created_count: { fedBy: "machine", help: "TTL znodes created" },
  ttl_node_deleted_count: { fedBy: "machine", help: "TTL znodes deleted" },

  ensemble_auth_success: { fedBy: "machine", help: "scheme ensemble: name matched" },
  ensemble_auth_fail: { fedBy: "machine", help: "scheme ensemble: name did not match" },
  ensemble_auth_skip: { fedBy: "machine", help: "scheme ensemble: nothing to compare" },

  unsuccessful_handshake: { fedBy: "transport", help: "TLS handshakes that failed" },
  tls_handshake_exceeded: { fedBy: "transport", help: "TLS connections refused by the handshake limit" },
  insecure_admin_count: { fedBy: "admin", help: "plain connections on a unified admin port" },
  snapshot_error_count: { fedBy: "admin", help: "admin command snapshot: failures" },
  snapshot_rate_limited_count: { fedBy: "admin", help: "admin command snapshot: refused by the rate limit" },
  restore_error_count: { fedBy: "admin", help: "admin command restore: failures" },
  restore_rate_limited_count: { fedBy: "admin", help: "admin command restore: refused by the rate limit" },

  op_count_total: { fedBy: "machine", help: "requests processed, all types" },
  op_count_add_watch: { fedBy: "machine", help: "addWatch requests" },
  op_count_check: { fedBy: "machine", help: "check requests" },
  op_count_check_watches: { fedBy: "machine", help: "checkWatches requests" },
  op_count_close_session: { fedBy: "machine", help: "closeSession requests" },
  op_count_create: { fedBy: "machine", help: "create, create2, createContainer and createTTL requests" },
  op_count_create_session: { fedBy: "machine", help: "sessions created" },
  op_count_delete: { fedBy: "machine", help: "delete and deleteContainer requests" },
  op_count_exists: { fedBy: "machine", help: "exists requests" },
  op_count_get_acl: { fedBy: "machine", help: "getACL requests" },
  op_count_get_all_children_number: { fedBy: "machine", help: "getAllChildrenNumber requests" },
  op_count_get_children: { fedBy: "machine", help: "getChildren and getChildren2 requests" },
  op_count_get_data: { fedBy: "machine", help: "getData requests" },
  op_count_get_ephemerals: { fedBy: "machine", help: "getEphemerals requests" },
  op_count_multi: { fedBy: "machine", help: "multi requests" },
  op_count_multi_read: { fedBy: "machine", help: "multiRead requests" },
  op_count_ping: { fedBy: "machine", help: "pings" },
  op_count_reconfig: { fedBy: "machine", help: "reconfig requests" },
  op_count_remove_watches: { fedBy: "machine", help: "removeWatches requests" },
  op_count_set_acl: { fedBy: "machine", help: "setACL requests" },
  op_count_set_data: { fedBy: "machine", help: "setData requests" },
  op_count_set_watches: { fedBy: "machine", help: "setWatches and setWatches2 requests" },
  op_count_sync: { fedBy: "machine", help: "sync requests" },
  op_count_who_am_i: { fedBy: "machine", help: "whoAmI requests" },

  looking_count: { fedBy: "ensemble", help: "times this server entered an election" },
  diff_count: { fedBy: "ensemble", help: "learners synced by diff" },
  snap_count: { fedBy: "ensemble", help: "learners synced by snapshot" },
  commit_count: { fedBy: "ensemble", help: "commits sent as leader" },
  proposal_count: { fedBy: "ensemble", help: "proposals sent as leader" },
  revalidate_count: { fedBy: "ensemble", help: "sessions revalidated for learners" },
  request_commit_queued: { fedBy: "ensemble", help: "commits queued in the learner pipeline" },
  learner_proposal_received_count: { fedBy: "ensemble", help: "proposals received as learner" },
  learner_commit_received_count: { fedBy: "ensemble", help: "commits received as learner" },
  quit_leading_due_to_disloyal_voter: {
    fedBy: "ensemble",
    help: "times leading ended because a voter went away",
  },
} as const satisfies Record<string, MetricRow>;

/** Counters with one number per key. */
export const COUNTER_SETS = {
  quota_exceeded_error_per_namespace: {
    fedBy: "machine",
    help: "requests refused by a hard quota, by first path component",
  },
} as const satisfies Record<string, MetricRow>;

export type CounterName = keyof typeof COUNTERS;
