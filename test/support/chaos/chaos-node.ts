import type { Rng } from "../../../src/base/ports.ts";
import type { Membership } from "../../../src/core/quorum/membership.ts";
import type { LogEntry } from "../../../src/core/ready.ts";
import type { Database } from "../../../src/core/tree/database.ts";
import type { Peer } from "../../../src/core/zab/peer.ts";
import type { PeerInput, PeerReady } from "../../../src/core/zab/peer-face.ts";
import { ZXID_ZERO, type Zxid } from "../../../src/protocol/zxid.ts";

/** What is on a member's disk: what a crash leaves. */
export interface ChaosStore {
  log: LogEntry[];
  /** Oldest first; null: the empty tree. */
  snapshots: { readonly zxid: Zxid; readonly bytes: Uint8Array | null }[];
  accepted: number;
  current: number;
  membership: Membership;
  lastSeen: Membership | null;
}

export type Work = Pick<PeerReady, "sendAfterPersist" | "epochs" | "memberships" | "jobs">;

/** A running process: its machine and what it has asked for and not got. */
export interface Process {
  readonly peer: Peer;
  /** To be written, in order. */
  readonly toLog: LogEntry[];
  /** What waits for the log up to a zxid; a job resets the zxids. */
  readonly queue: { readonly barrier: number; readonly work: Work }[];
  appended: number;
  isQuorumOpen: boolean;
  isMasterOpen: boolean;
}

export interface ChaosNode {
  readonly sid: number;
  readonly store: ChaosStore;
  process: Process | undefined;
  /** Nothing of its disk gets done. */
  isDiskFrozen: boolean;
}

export function newNode(sid: number, membership: Membership): ChaosNode {
  const snapshots = [{ zxid: ZXID_ZERO, bytes: null }];
  const store = { log: [], snapshots, accepted: 0, current: 0, membership, lastSeen: null };
  return { sid, store, process: undefined, isDiskFrozen: false };
}

/** One thing that can happen next. */
export type Thing = () => void;

/** What the disks and the links know of the cluster. */
export interface ChaosWorld {
  readonly nodes: ReadonlyMap<number, ChaosNode>;
  readonly rng: Rng;
  createDatabase(): Database;
  /** Tells the server; nothing, when it does not run. */
  step(node: ChaosNode, input: PeerInput): void;
  /** Tells the process later, before anything that is told it later. */
  soon(process: Process, input: PeerInput): void;
}
