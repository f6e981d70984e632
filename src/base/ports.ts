/**
 * The ports: everything the deciding code may ask of the outside world. Production fills them with Node
 * adapters in `server/start-server.ts` and `client/connect.ts`; the simulator fills them with virtual ones.
 */

/** Two clocks read at one moment. */
export interface Instant {
  /** Monotonic milliseconds since an arbitrary origin; session expiry and all limits use it. */
  readonly elapsedMs: number;
  /** Wall clock, milliseconds since the Unix epoch; stamped into transactions (ctime, mtime), nothing else. */
  readonly wallMs: number;
}

export interface Clock {
  now(): Instant;
}

export interface Timer {
  /** Calls `callback` once after at least `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls `callback` after the I/O that is already waiting has been handled (one event-loop turn later). */
  soon(callback: () => void): void;
}

export interface Rng {
  /** Uniform in 0 … 2^32-1. */
  uint32(): number;
  /** Uniform integer in 0 … bound-1; `bound` 1 … 2^32. */
  below(bound: number): number;
  bytes(length: number): Uint8Array;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

/** The shape of a pino logger, so that pino fits without an adapter. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}

/** Why a disk operation failed; `code` is the operating system's name (`ENOSPC`, `EACCES`, `EIO`, `ENOENT`, …). */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly code: string;
  readonly path: string;
  readonly operation: string;
  constructor(code: string, operation: string, path: string, detail?: string) {
    super(detail ?? `${operation} ${path} failed: ${code}`);
    this.code = code;
    this.operation = operation;
    this.path = path;
  }
}

/**
 * A file system, as little of it as storage needs. Every method rejects with {@link DiskError}.
 * Nothing is durable before `sync` (file contents) or `syncDirectory` (names) has resolved.
 */
export interface Disk {
  /** Names in the directory, unordered. Rejects with ENOENT when it does not exist. */
  list(directory: string): Promise<string[]>;
  makeDirectory(directory: string): Promise<void>;
  /** File size in bytes, or undefined when there is no such file. */
  size(path: string): Promise<number | undefined>;
  readFile(path: string): Promise<Uint8Array>;
  /** Opens an existing file for reading. */
  openRead(path: string): Promise<DiskReader>;
  /** Creates or empties the file; its writes are durable after `sync`. */
  create(path: string): Promise<DiskFile>;
  /** Creates or empties the file; each of its writes is durable when it resolves (O_DSYNC): one call, not two. */
  createDurable(path: string): Promise<DiskFile>;
  /** Opens an existing file for writing without emptying it. */
  openWrite(path: string): Promise<DiskFile>;
  /** Replaces `to` if it exists, atomically. Both are in one directory. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncDirectory(directory: string): Promise<void>;
  /**
   * Claims `directory` for this server, or rejects with EBUSY and a detail that names who holds it. The claim ends
   * with the process, however that ends.
   */
  lock(directory: string): Promise<DiskLock>;
}

export interface DiskReader {
  readonly size: number;
  /** Reads up to `into.length` bytes at `position`; returns how many were read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface DiskFile {
  /** Writes all of `bytes` at `position`. The caller must not change `bytes` before it resolves. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Makes everything written so far durable (fdatasync). */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

export interface DiskLock {
  release(): Promise<void>;
}

/** Where a link goes to or a listener is bound: a name or address without brackets, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One stream connection between two servers, as the side that holds it sees it. Ordered, until it breaks. */
export interface NetLink {
  /** `address:port` of the other side, for people. */
  readonly remote: string;
  /** Bytes written and not yet taken by the operating system. */
  readonly bufferedBytes: number;
  /** Sends behind everything written before. The bytes must not change afterwards. Ignored when the link is closed. */
  write(bytes: Uint8Array): void;
  /** What was written leaves now; otherwise it leaves at the latest when this turn of the event loop ends. */
  flush(): void;
  /** Calls back once, when {@link bufferedBytes} has become small; never after the link is closed. */
  whenDrained(callback: () => void): void;
  pause(): void;
  resume(): void;
  /** Closes behind what was written. The handler's `closed` is still called. */
  close(): void;
  /** Closes at once; what was written may be lost. The handler's `closed` is still called. */
  destroy(): void;
}

export interface NetLinkHandler {
  /** The bytes may be used again when it returns. */
  received(bytes: Uint8Array): void;
  /** Called exactly once, also for a link that this side closed. `reason` is a sentence for a person. */
  closed(reason: string): void;
}

export interface NetListener {
  /** The bound port. */
  readonly port: number;
  /** Accepts nothing more; accepted links live on. */
  close(): Promise<void>;
}

export interface DialOptions {
  /** Names are resolved anew at each dial. */
  readonly to: Endpoint;
  readonly timeoutMs: number;
  readonly hasTcpKeepAlive?: boolean;
}

/** Streams between servers: TCP in production, a simulated network in `sim/`. */
export interface Network {
  /** Rejects when the endpoint cannot be bound, with a message that says which and why. `host` null = every address. */
  listen(
    at: { readonly host: string | null; readonly port: number; readonly backlog?: number },
    accepted: (link: NetLink) => NetLinkHandler,
  ): Promise<NetListener>;
  /** Calls `opened` or `failed`, once, never before it returns. The result gives the attempt up (neither is called then). */
  dial(
    options: DialOptions,
    opened: (link: NetLink) => NetLinkHandler,
    failed: (reason: string) => void,
  ): () => void;
}
