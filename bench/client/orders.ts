/** What a process that measures one library is told to do next. */
export interface MeasureOrder {
  readonly operation: string;
  /** "many": 100 loops at a time; "one": the next call is made when the last was answered. */
  readonly inFlight: "many" | "one";
  readonly ms: number;
}

/** What it saw. */
export interface Slice {
  readonly perSecond: number;
  /** CPU time of the whole process, all threads, per call. */
  readonly cpuMicros: number;
}
