import type { GaugeRow } from "./metric-row.ts";

/** Gauges of every server, in the order in which they are printed (operations.md 3.2). */
export const SERVER_GAUGES = {
  avg_latency: { fedBy: "machine", help: "mean request latency in ms since the last srst", isDecimal: true },
  max_latency: { fedBy: "machine", help: "longest request latency in ms since the last srst" },
  min_latency: { fedBy: "machine", help: "shortest request latency in ms since the last srst" },
  packets_received: { fedBy: "machine", help: "packets from clients since the last srst" },
  packets_sent: { fedBy: "machine", help: "packets to clients since the last srst" },
  num_alive_connections: { fedBy: "transport", help: "open client connections" },
  outstanding_requests: { fedBy: "machine", help: "requests accepted and not answered" },
  uptime: { fedBy: "host", help: "ms since the server began to serve" },
  znode_count: { fedBy: "machine", help: "znodes in the tree" },
  watch_count: { fedBy: "machine", help: "data and child watches" },
  ephemerals_count: { fedBy: "machine", help: "ephemeral znodes" },
  approximate_data_size: { fedBy: "machine", help: "bytes of all paths and data" },
  global_sessions: { fedBy: "machine", help: "global sessions" },
  local_sessions: { fedBy: "machine", help: "local sessions" },
  open_file_descriptor_count: { fedBy: "host", help: "open file descriptors of the process" },
  max_file_descriptor_count: { fedBy: "host", help: "limit of open file descriptors" },
  connection_drop_probability: {
    fedBy: "machine",
    help: "probability with which the connection throttle drops a new session",
    isDecimal: true,
  },
  last_client_response_size: { fedBy: "machine", help: "bytes of the last response, -1 before the first" },
  max_client_response_size: { fedBy: "machine", help: "bytes of the largest response, -1 before the first" },
  min_client_response_size: { fedBy: "machine", help: "bytes of the smallest response, -1 before the first" },
  outstanding_tls_handshake: { fedBy: "transport", help: "TLS handshakes in progress" },
  auth_failed_count: { fedBy: "machine", help: "authentications that failed" },
  non_mtls_remote_conn_count: {
    fedBy: "transport",
    help: "connections from other hosts without a certificate",
  },
  non_mtls_local_conn_count: { fedBy: "transport", help: "connections from this host without a certificate" },
} as const satisfies Record<string, GaugeRow>;

/** Gauges that only a quorum member has; registered when its role begins. */
export const QUORUM_GAUGES = {
  quorum_size: { fedBy: "ensemble", help: "voters of the configuration" },
  synced_observers: { fedBy: "ensemble", help: "observers in sync (leader, follower as observer master)" },
  learners: { fedBy: "ensemble", help: "connected learners (leader)" },
  synced_followers: { fedBy: "ensemble", help: "voting followers in sync (leader)" },
  synced_non_voting_followers: { fedBy: "ensemble", help: "non-voting followers in sync (leader)" },
  pending_syncs: { fedBy: "ensemble", help: "sync requests that wait (leader)" },
  leader_uptime: { fedBy: "ensemble", help: "ms since this leader was established" },
  last_proposal_size: { fedBy: "ensemble", help: "bytes of the last proposal, -1 before the first (leader)" },
  max_proposal_size: {
    fedBy: "ensemble",
    help: "bytes of the largest proposal, -1 before the first (leader)",
  },
  min_proposal_size: {
    fedBy: "ensemble",
    help: "bytes of the smallest proposal, -1 before the first (leader)",
  },
} as const satisfies Record<string, GaugeRow>;

/** Gauges with one number per key; the key is the first component of the path that has the quota. */
export const GAUGE_SETS = {
  quota_count_limit_per_namespace: { fedBy: "machine", help: "quota limit of znodes" },
  quota_bytes_limit_per_namespace: { fedBy: "machine", help: "quota limit of bytes" },
  quota_count_usage_per_namespace: { fedBy: "machine", help: "znodes below a quota" },
  quota_bytes_usage_per_namespace: { fedBy: "machine", help: "bytes below a quota" },
} as const satisfies Record<string, GaugeRow>;

export const GAUGES = { ...SERVER_GAUGES, ...QUORUM_GAUGES } as const;

export type ServerGaugeName = keyof typeof SERVER_GAUGES;
export type QuorumGaugeName = keyof typeof QUORUM_GAUGES;
export type GaugeName = ServerGaugeName | QuorumGaugeName;
export type GaugeSetName = keyof typeof GAUGE_SETS;
