/** One printable number: what `mntr` and `/commands/monitor` show in one line. */
export interface MetricValue {
  /** Without the `zk_` prefix. */
  readonly name: string;
  readonly value: number;
  /** True if it is a double in Apache, so that it is printed with a fraction even when it has none. */
  readonly isDecimal: boolean;
}

/** Anything that has lines to print and can start again at zero. */
export interface Metric {
  /** Its lines under `name`; an unused summary has lines with zeros. */
  values(name: string): Iterable<MetricValue>;
  reset(): void;
}
