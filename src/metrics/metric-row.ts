/**
 * Which part of the program supplies a metric's numbers.
 *
 * - `machine`: the server machine (`core/`), while it decides and applies
 * - `host`: the host loop, the log worker, the snapshot worker, recovery, the process
 * - `transport`: listeners and sockets
 * - `admin`: the admin commands
 * - `ensemble`: election, Zab and the learner pipeline; zero (or absent, for gauges) on a standalone server, as in Apache
 */
export type MetricFeeder = "machine" | "host" | "transport" | "admin" | "ensemble";

/** One line of a metric table. */
export interface MetricRow {
  readonly fedBy: MetricFeeder;
  /** What one unit means, for people; shown by docs/metrics.md and by exporters. */
  readonly help: string;
}

/** A gauge's line: the only kind whose number may be a fraction. */
export interface GaugeRow extends MetricRow {
  /** True if Apache keeps it as a double: `mntr` prints `0.0` instead of `0`. */
  readonly isDecimal?: boolean;
}
