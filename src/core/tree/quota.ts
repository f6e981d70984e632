/** The public face; the body follows in the next commit. */
export declare class QuotaRegistry {
  /** Whether a create (countDelta 1) or setData (countDelta 0) that adds `bytesDelta` data bytes at `path` breaks a hard limit. Reports soft ones. */
  wouldExceed(path: string, countDelta: number, bytesDelta: number): boolean;
}
