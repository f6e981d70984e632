/** What the AdminServer takes at most. Beyond a limit the request is refused or its connection closed. */
export const ADMIN_LIMITS = {
  /** Request line and headers together; more is answered with 431. Jetty, Apache's server, has the same default. */
  headerBytesMax: 8 * 1024,
  /** Body of a POST; more is answered with 413. */
  bodyBytesMax: 64 * 1024,
  /** Connections at once; further ones are closed when they arrive. */
  connectionsMax: 200,
  /** From a connection's first byte to the end of the headers; slower ones are answered with 408 and closed. */
  headerTimeoutMs: 10_000,
  /** From the first byte to the end of the body; slower ones are answered with 408 and closed. */
  requestTimeoutMs: 20_000,
  /** How often slow connections are looked for. */
  slowCheckIntervalMs: 1000,
  /** Characters of an answer that are made in one event-loop turn. */
  chunkChars: 16 * 1024,
} as const;
