import type { Zxid } from "../protocol/zxid.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { MachineEvent } from "./machine-event.ts";

/**
 * The face of the server machine (ARCHITECTURE.md): inputs go in through `step`, and everything that has to be done
 * outside comes out of `takeReady` as plain data. Nothing here is performed by the core.
 */

export type { ConnectionId } from "./connection-id.ts";

/** A client connection was accepted. Nothing is read from it before. */
export interface ConnectionOpened {
  readonly kind: "connectionOpened";
  readonly connection: ConnectionId;
  /** The peer's address as text without port: `127.0.0.1`, `2001:db8:0:0:0:0:0:1` or `2001:db8::1`, perhaps with `%scope`. */
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly isSecure: boolean;
  /** Subject of the verified client certificate, RFC 2253 text (scheme x509). */
  readonly certificateSubject?: string | undefined;
}

/**
 * One frame arrived: its payload, without the length. The transport has checked the length against `jute.maxbuffer`.
 * `bytes` and the input object are looked at only during `step` (what the machine keeps it copies), so that both may be
 * used again afterwards.
 */
export interface FrameReceived {
  readonly kind: "frame";
  readonly connection: ConnectionId;
  readonly bytes: Uint8Array;
}

/** The connection is gone. Ignored for one that the machine has closed itself. */
export interface ConnectionClosed {
  readonly kind: "connectionClosed";
  readonly connection: ConnectionId;
}

/** Every entry of {@link Ready.append} up to this zxid is durable. */
export interface Persisted {
  readonly kind: "persisted";
  readonly zxid: Zxid;
}

/** All that {@link Ready.reportTaken} asked about has left for the client: it may get more. */
export interface OutputTaken {
  readonly kind: "outputTaken";
  readonly connection: ConnectionId;
}

/** An operator wants this connection gone (shed_connections). Its session lives on. */
export interface CloseConnection {
  readonly kind: "closeConnection";
  readonly connection: ConnectionId;
}

/** Time has passed: to be sent when {@link nextDeadline} is reached; earlier or more often does no harm. */
export interface Tick {
  readonly kind: "tick";
}

/** Everything that can happen to a server machine. */
export type Input =
  | ConnectionOpened
  | FrameReceived
  | ConnectionClosed
  | CloseConnection
  | OutputTaken
  | Persisted
  | Tick;

/** One record for the log: the payload of storage-formats 2.2 (header, txn, digest), encoded once. */
export interface LogEntry {
  readonly zxid: Zxid;
  readonly bytes: Uint8Array;
}

/**
 * What goes out on one connection in this turn: at most one per connection and {@link Ready}, so that the host needs one
 * socket write. The bytes belong to the host from now on. A host that is done with them gives the output back with
 * `ServerMachine.reuse`: their memory serves the next one, and the collector has nothing to do.
 */
export interface ConnectionOutput {
  readonly connection: ConnectionId;
  /** Whole frames with their lengths, in order; may be empty when the connection only has to be closed. */
  readonly bytes: Uint8Array;
  /** Close the connection after these bytes. The machine has already forgotten it. */
  readonly isClosing: boolean;
}

/** What the host of a server has to perform, in any order. A member of an ensemble wants more: `zab/peer-face.ts`. */
export interface Ready {
  /** To be appended to the log, in this order. */
  readonly append: readonly LogEntry[];
  /** Whether `append` has to be made durable before a {@link Persisted} input (false only when it is empty). */
  readonly mustSync: boolean;
  /** Replies and watch events. They may be sent at once: what they tell has been persisted before. */
  readonly output: readonly ConnectionOutput[];
  /** Stop reading from these connections (back pressure, client-protocol 7.7). Frames already cut may still be given. */
  readonly pauseReading: readonly ConnectionId[];
  readonly resumeReading: readonly ConnectionId[];
  /**
   * These have got so much in this turn that their further reads wait: each wants an {@link OutputTaken} when its output up
   * to here has been taken by the client. None is owed to a connection that ends before.
   */
  readonly reportTaken: readonly ConnectionId[];
  /** For the log, the audit log and counters. */
  readonly events: readonly MachineEvent[];
}
