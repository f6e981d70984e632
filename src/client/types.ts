import type { Int64 } from "../protocol/int64.ts";
import type { ACL, Stat } from "../protocol/records/data.ts";
import type { Zxid } from "../protocol/zxid.ts";

/**
 * Where the client stands. `connecting`: no session yet. `connected`: requests flow. `connectedReadOnly`: the server has
 * lost its quorum and answers reads only. `suspended`: the connection broke, the session may still live; whoever holds a
 * lock must stop. `expired`: the session is over (and `connecting` follows, unless `afterExpiry` is "end").
 * `authFailed`, `closed`: for good.
 */
export type ClientState =
  | "connecting"
  | "connected"
  | "connectedReadOnly"
  | "suspended"
  | "expired"
  | "authFailed"
  | "closed";

/** What identifies a session: whoever knows it can continue it, in this process or another. */
export interface Session {
  readonly id: Int64;
  /** 16 bytes. */
  readonly password: Uint8Array;
  /** Negotiated, milliseconds. */
  readonly timeoutMs: number;
}

export type WatchEventType = "created" | "deleted" | "dataChanged" | "childrenChanged";

/** Something happened to a znode. */
export interface WatchEvent {
  readonly type: WatchEventType;
  /** The znode, without the chroot. */
  readonly path: string;
  /** zxid of the change where the server sends it (3.9 and later); undefined from older ones and after a re-registration. */
  readonly zxid: Zxid | undefined;
}

/**
 * Changes may have been missed: the protocol does not repeat to persistent watches what happened while they were not
 * registered. Read again what you derive from the watch. The watch itself is in place again.
 */
export interface GapEvent {
  readonly type: "gap";
  /** The path that is watched. */
  readonly path: string;
  /** Everything up to this zxid was delivered; undefined when the gap is of our own making (`overflow`). */
  readonly afterZxid: Zxid | undefined;
  /** `reconnected`: same session on a new connection. `newSession`: the session expired. `overflow`: the iterator's reader was too slow. */
  readonly reason: "reconnected" | "newSession" | "overflow";
}

/** A one-shot watch: called at most once. */
export type WatchCallback = (event: WatchEvent) => void;

/** What every call takes. */
export interface CallOptions {
  /** Gives the call up; it rejects with {@link AbortedError}. What was sent may still be executed. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now, including waiting for a connection; default `requestDeadlineMs`. */
  readonly deadlineMs?: number | undefined;
}

export interface WatchableOptions extends CallOptions {
  /** Sets a one-shot watch with the read. The same function on the same path counts once. */
  readonly watch?: WatchCallback | undefined;
}

export type CreateMode =
  | "persistent"
  | "ephemeral"
  | "persistent-sequential"
  | "ephemeral-sequential"
  | "container"
  | "persistent-ttl"
  | "persistent-sequential-ttl";

/** Bytes, or text that is sent as UTF-8. null is a value of its own, different from no bytes. */
export type Data = Uint8Array | string | null;

export interface CreateOptions extends CallOptions {
  /** Default: empty. */
  readonly data?: Data | undefined;
  /** Default "persistent". */
  readonly mode?: CreateMode | undefined;
  /** For the ttl modes: 1 … 1099511627775 ms without change or children until the server deletes it. */
  readonly ttlMs?: number | undefined;
  /** Default {@link OPEN_ACL}. */
  readonly acl?: readonly ACL[] | undefined;
  /**
   * "guid" puts `_c_<guid>-` in front of the name (as Curator does), so that after a lost connection the client can find out
   * whether the znode was created, and create it only if it was not.
   */
  readonly protection?: "guid" | undefined;
}

export interface VersionOptions extends CallOptions {
  /** The version the znode must have; default: any. */
  readonly version?: number | undefined;
}

export interface AclVersionOptions extends CallOptions {
  /** The aversion the znode must have; default: any. */
  readonly aversion?: number | undefined;
}

export interface CreateResult {
  /** The final path: with the sequence number, and with the guid. */
  readonly path: string;
  readonly stat: Stat;
  readonly zxid: Zxid;
}

export interface GetResult {
  /** A copy that belongs to the caller. */
  readonly data: Uint8Array | null;
  readonly stat: Stat;
}

export interface ChildrenResult {
  /** Names, not paths, in no particular order. */
  readonly children: string[];
  readonly stat: Stat;
}

export interface AclResult {
  readonly acl: ACL[];
  readonly stat: Stat;
}

/** An identity of this connection. */
export interface Identity {
  readonly scheme: string;
  readonly user: string;
}

/** Which watches `removeWatches` and `checkWatches` mean; the last two need a server of 3.9 or later. */
export type WatchKind = "children" | "data" | "any" | "persistent" | "persistent-recursive";

export type WatchMode = "persistent" | "persistent-recursive";
