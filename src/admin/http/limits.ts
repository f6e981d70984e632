/** What the AdminServer takes at most. Beyond a limit the request is refused or its connection closed. */
export interface AdminLimits {
  /** Request line and headers together; more is answered with 431. Jetty, Apache's server, has the same default. */
  readonly headerBytesMax: number;
  /** Body of a POST; more is answered with 413. */
  readonly bodyBytesMax: number;
  /** Connections at once; further ones are closed when they arrive. */
  readonly connectionsMax: number;
  /** From a connection's first byte to the end of the headers; slower ones are answered with 408 and closed. */
  readonly headerTimeoutMs: number;
  /** From the first byte to the end of the body; slower ones are answered with 408 and closed. */
  readonly requestTimeoutMs: number;
  /** How often slow connections are looked for. */
  readonly slowCheckIntervalMs: number;
}

export const ADMIN_LIMITS_DEFAULT: AdminLimits = Object.freeze({
  headerBytesMax: 8 * 1024,
  bodyBytesMax: 64 * 1024,
  connectionsMax: 200,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  slowCheckIntervalMs: 1000,
});
