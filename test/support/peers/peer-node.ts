import type { LogEntry } from "../../../src/core/ready.ts";
import type { Database } from "../../../src/core/tree/database.ts";
import type { Peer } from "../../../src/core/zab/peer.ts";
import type { PeerInput, PeerReady } from "../../../src/core/zab/peer-face.ts";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { QuorumPacket } from "../../../src/protocol/records/quorum.ts";
import { counterOf, epochOf, type Zxid } from "../../../src/protocol/zxid.ts";

/** What a server has on disk. */
export interface PeerStore {
  log: LogEntry[];
  snapshot: { zxid: Zxid; bytes: Uint8Array } | undefined;
  accepted: number;
  current: number;
  /** False: empty, and nobody has said that it may be (`db.autocreate=false`). */
  mayVote: boolean;
}

export function emptyStore(): PeerStore {
  return { log: [], snapshot: undefined, accepted: 0, current: 0, mayVote: true };
}

export interface PeerNode {
  readonly sid: number;
  readonly store: PeerStore;
  /** Undefined: its process does not run. */
  peer: Peer | undefined;
  isQuorumOpen: boolean;
  isMasterOpen: boolean;
}

export function newNode(sid: number): PeerNode {
  return { sid, store: emptyStore(), peer: undefined, isQuorumOpen: false, isMasterOpen: false };
}

/** One thing of those that a server's disk and links do for it, in their order. */
export type ServerStep =
  | { readonly kind: "log"; readonly zxid: Zxid }
  | { readonly kind: "accepted" | "current"; readonly epoch: number }
  | { readonly kind: "job"; readonly job: PeerReady["jobs"][number]["kind"] }
  /** A packet that claims something of the disk leaves. */
  | { readonly kind: "claim"; readonly packet: QuorumPacket };

/** What the links and the disks of a cluster know of it. */
export interface PeerWorld {
  readonly nodes: ReadonlyMap<number, PeerNode>;
  /** An empty tree as this server has it. */
  createDatabase(sid: number): Database;
  /** Behind everything that is to happen already. */
  later(callback: () => void): void;
  /** Tells the server, and does what it wants done; nothing, when it does not run. */
  input(node: PeerNode, input: PeerInput): void;
}

/** Whether a log may go on with `to` behind `from`: no txn is missing in between. Not the servers' own rule, on purpose. */
export function follows(from: Zxid, to: Zxid): boolean {
  return to === from + 1 || (epochOf(to) > epochOf(from) && counterOf(to) === 1);
}

export function packetOf(bytes: Uint8Array): QuorumPacket {
  return QuorumPacket.read(new JuteReader(Uint8Array.from(bytes)));
}
