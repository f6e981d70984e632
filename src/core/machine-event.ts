import type { SessionId } from "../protocol/session-id.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { ConnectionId } from "./connection-id.ts";

/**
 * What the machine did that somebody outside may want to know: plain data that the host turns into one log line or one
 * audit line each. `reason` is a sentence for a person.
 */
export type MachineEvent =
  | SessionEvent
  | ConnectionEvent
  | AuthEvent
  | ThrottleEvent
  | DataEvent
  | AuditEvent
  | PeerEvent;

export type SessionEvent =
  | {
      readonly kind: "sessionCreated" | "sessionRenewed";
      readonly session: SessionId;
      readonly connection: ConnectionId;
      /** Negotiated, in ms. */
      readonly timeoutMs: number;
      readonly isLocal: boolean;
    }
  /** The client asked to continue a session that cannot be continued; the connection is closed after the answer. */
  | {
      readonly kind: "sessionRefused";
      readonly session: SessionId;
      readonly connection: ConnectionId;
      readonly reason: string;
    }
  | { readonly kind: "sessionExpired"; readonly session: SessionId; readonly timeoutMs: number }
  | { readonly kind: "sessionClosed"; readonly session: SessionId }
  | { readonly kind: "sessionUpgraded"; readonly session: SessionId }
  /** At start: ephemerals of a session that does not exist were removed, without a txn (storage-formats 3.6). */
  | {
      readonly kind: "orphanedEphemeralsRemoved";
      readonly session: SessionId;
      readonly paths: readonly string[];
    };

export type ConnectionEvent =
  /** A frame that cannot be understood: the connection is closed. */
  | {
      readonly kind: "malformedFrame";
      readonly connection: ConnectionId;
      readonly peerAddress: string;
      readonly session: SessionId;
      readonly reason: string;
    }
  /** A handshake was not answered (client-protocol 2.2): the connection is closed. */
  | {
      readonly kind: "connectionRefused";
      readonly connection: ConnectionId;
      readonly peerAddress: string;
      readonly reason: string;
    }
  /** No session within the limit, or its session is gone. */
  | {
      readonly kind: "connectionExpired";
      readonly connection: ConnectionId;
      readonly peerAddress: string;
      readonly session: SessionId;
      readonly reason: string;
    }
  /** A request type that does not exist or is not for clients: answered with UNIMPLEMENTED, then closed. */
  | {
      readonly kind: "unknownRequest";
      readonly connection: ConnectionId;
      readonly session: SessionId;
      readonly type: number;
    };

export type AuthEvent =
  | {
      readonly kind: "authenticated";
      readonly connection: ConnectionId;
      readonly scheme: string;
      readonly id: string;
    }
  | {
      readonly kind: "authFailed";
      readonly connection: ConnectionId;
      readonly peerAddress: string;
      readonly scheme: string;
      readonly reason: string;
    };

export type ThrottleEvent =
  | { readonly kind: "largeRequestRejected"; readonly connection: ConnectionId; readonly reason: string }
  | { readonly kind: "staleRequestDropped"; readonly connection: ConnectionId; readonly reason: string };

/** A write at `path` was refused with QUOTAEXCEEDED. Soft limits are reported by the tree itself (`TreeReport`). */
export interface DataEvent {
  readonly kind: "quotaExceeded";
  readonly path: string;
  readonly session: SessionId;
}

/** What a member of an ensemble does with the others. */
export type PeerEvent =
  | {
      readonly kind: "roleChanged";
      /** `looking`, or what it has become: `leading` and so on from the election on, not only when it serves. */
      readonly state: "looking" | "leading" | "following" | "observing";
      readonly leader: number | undefined;
      /** Why the role before has ended; empty at the start. */
      readonly reason: string;
      /** Of this server's vote when it looks, and of the elected one then: up to where the data goes, and the epoch that was led. */
      readonly zxid: Zxid;
      readonly epoch: number;
    }
  /** The role's server has begun to serve clients. */
  | {
      readonly kind: "serving";
      readonly state: "leading" | "following" | "observing" | "read-only";
      readonly epoch: number;
    }
  /** One line for the log: `message` says what, about whom, and why. */
  | { readonly kind: "peerNotice"; readonly level: "debug" | "info" | "warn"; readonly message: string };

/** One line of the audit log (operations.md 4.1), present only when auditing is on. */
export interface AuditEvent {
  readonly kind: "audit";
  readonly operation:
    | "create"
    | "delete"
    | "setData"
    | "setAcl"
    | "multiOperation"
    | "reconfig"
    | "ephemeralZNodeDeletionOnSessionCloseOrExpire";
  readonly result: "success" | "failure";
  readonly session: SessionId;
  /** Names of the session's identities, comma separated; undefined for the server itself. */
  readonly user: string | undefined;
  readonly ip: string | undefined;
  readonly znode: string | undefined;
  readonly znodeType: string | undefined;
  /** `scheme:id:perms`, concatenated. */
  readonly acl: string | undefined;
}
