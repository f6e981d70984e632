/** What the parent asks the load process to do, and what it gets back. Plain data: it crosses a process boundary. */

/** What the connections of a throughput job send, in turn. */
export type PlanName = "get" | "set" | "mix" | "createDelete" | "multi";

export interface ThroughputJob {
  readonly kind: "throughput";
  readonly plan: PlanName;
  /** Client ports: connections are spread over them in turn. */
  readonly ports: readonly number[];
  readonly serverPids: readonly number[];
  readonly connections: number;
  /** Requests in flight on each connection; with a rate, the most. */
  readonly depth: number;
  /** Requests per second of all connections together; without it, as many as the servers answer. */
  readonly rate?: number | undefined;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface WatchersJob {
  readonly kind: "watchers";
  /** Client ports: connections are spread over them in turn. */
  readonly ports: readonly number[];
  readonly serverPids: readonly number[];
  /** Connections that each watch the one znode. */
  readonly watchers: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface ConnectJob {
  readonly kind: "connect";
  /** Client ports: connections are spread over them in turn. */
  readonly ports: readonly number[];
  readonly serverPids: readonly number[];
  /** Sessions that are opened and closed at the same time. */
  readonly concurrency: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** Creates the znodes that the other jobs work on. */
export interface PrepareJob {
  readonly kind: "prepare";
  readonly port: number;
}

/** Creates a tree of `znodes` znodes with `dataBytes` each, a thousand to a directory. */
export interface PopulateJob {
  readonly kind: "populate";
  readonly port: number;
  readonly znodes: number;
  readonly dataBytes: number;
}

/** Checks that the tree of a PopulateJob is there, by its counts and by every 997th znode. */
export interface VerifyTreeJob {
  readonly kind: "verifyTree";
  readonly port: number;
  readonly znodes: number;
  readonly dataBytes: number;
}

/**
 * Kills the leader of an ensemble under a load of sets, and measures how long until its clients are served again. The load stays at
 * the surviving servers and comes back with its sessions, as clients do.
 */
export interface FailoverJob {
  readonly kind: "failover";
  /** Client ports of all servers that serve; connections are spread over them in turn. */
  readonly ports: readonly number[];
  /** One of `ports`, and the process behind it. */
  readonly leader: { readonly port: number; readonly pid: number };
  readonly connections: number;
  readonly depth: number;
  /** Load before the kill. */
  readonly warmupMs: number;
}

/** Jobs that measure an interval. */
export type MeasuringJob = ThroughputJob | WatchersJob | ConnectJob;

export type LoadJob = MeasuringJob | FailoverJob | PrepareJob | PopulateJob | VerifyTreeJob;

export interface LatencySummary {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** What one measured interval gave. */
export interface LoadResult {
  /** Completed units: replies, or sessions opened and closed, or writes seen by all watchers. */
  readonly count: number;
  readonly seconds: number;
  readonly latency: LatencySummary;
  /** CPU time in seconds during the interval: of all servers, of the load generator, of everybody else on the machine. */
  readonly serverCpu: number;
  readonly loadCpu: number;
  readonly otherCpu: number;
}

/** Times from the SIGKILL, in ms. */
export interface FailoverResult {
  /** Until the first write that was sent after it was acknowledged. */
  readonly firstWriteMs: number;
  /** Until every connection had such a write. */
  readonly allServedMs: number;
}

export type JobResult = LoadResult | FailoverResult | undefined;

export type LoadReply =
  | { readonly ok: true; readonly result: JobResult }
  | { readonly ok: false; readonly error: string };
