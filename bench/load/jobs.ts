/** What the parent asks the load process to do, and what it gets back. Plain data: it crosses a process boundary. */

/** What the connections of a throughput job send, in turn. */
export type PlanName = "get" | "set" | "mix" | "createDelete" | "multi";

export interface ThroughputJob {
  readonly kind: "throughput";
  readonly plan: PlanName;
  readonly port: number;
  readonly serverPid: number;
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly depth: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface WatchersJob {
  readonly kind: "watchers";
  readonly port: number;
  readonly serverPid: number;
  /** Connections that each watch the one znode. */
  readonly watchers: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface ConnectJob {
  readonly kind: "connect";
  readonly port: number;
  readonly serverPid: number;
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

export type LoadJob = ThroughputJob | WatchersJob | ConnectJob | PrepareJob | PopulateJob | VerifyTreeJob;

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
  /** CPU time in seconds during the interval: of the server, of the load generator, of everybody else on the machine. */
  readonly serverCpu: number;
  readonly loadCpu: number;
  readonly otherCpu: number;
}

export type LoadReply =
  | { readonly ok: true; readonly result: LoadResult | undefined }
  | { readonly ok: false; readonly error: string };
