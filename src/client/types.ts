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
  /** The server's number; compare with `equals`. */
  readonly id: Int64;
  /** 16 bytes. */
  readonly password: Uint8Array;
  /** Negotiated, milliseconds. */
  readonly timeoutMs: number;
}

/** What happened to a znode; `childrenChanged` to its list of children. */
export type WatchEventType = "created" | "deleted" | "dataChanged" | "childrenChanged";

/** Something happened to a znode. */
export interface WatchEvent {
  /** What happened. */
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
  /** Tells it from a {@link WatchEvent}. */
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

/** What a read that can set a watch takes. */
export interface WatchableOptions extends CallOptions {
  /** Sets a one-shot watch with the read. The same function on the same path counts once. */
  readonly watch?: WatchCallback | undefined;
}

/**
 * How long a znode lives (until deleted, as long as its session, until its last child has gone, until its TTL has run out), and whether
 * the server appends a number to its name.
 */
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

/** How a znode is created. */
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

/** For writes that compare the version. */
export interface VersionOptions extends CallOptions {
  /** The version the znode must have; default: any. */
  readonly version?: number | undefined;
}

/** For setAcl, which compares the ACL's version. */
export interface AclVersionOptions extends CallOptions {
  /** The aversion the znode must have; default: any. */
  readonly aversion?: number | undefined;
}

/** What was created. */
export interface CreateResult {
  /** The final path: with the sequence number, and with the guid. */
  readonly path: string;
  /** As it was at its creation. */
  readonly stat: Stat;
  /** Of the creation. */
  readonly zxid: Zxid;
}

/** What a get finds. */
export interface GetResult {
  /** A copy that belongs to the caller. */
  readonly data: Uint8Array | null;
  /** Of the same moment as the data. */
  readonly stat: Stat;
}

/** What a list finds. */
export interface ChildrenResult {
  /** Names, not paths, in no particular order. */
  readonly children: string[];
  /** Of the parent. */
  readonly stat: Stat;
}

/** An ACL and its znode. */
export interface AclResult {
  /** In the server's order. */
  readonly acl: ACL[];
  /** `aversion` is the ACL's version. */
  readonly stat: Stat;
}

/** An identity of this connection. */
export interface Identity {
  /** `digest`, `ip`, `x509`, `sasl`, … */
  readonly scheme: string;
  /** As the scheme shows it; of `digest` without the password. */
  readonly user: string;
}

/** Which watches `removeWatches` and `checkWatches` mean; the last two need a server of 3.9 or later. */
export type WatchKind = "children" | "data" | "any" | "persistent" | "persistent-recursive";

/** One znode and its list of children, or everything below it, too (without `childrenChanged`). */
export type WatchMode = "persistent" | "persistent-recursive";
