import type { QuorumPacket } from "../../protocol/records/quorum.ts";
import type { Membership } from "../quorum/membership.ts";
import type { LogEntry } from "../ready.ts";
import type { JobDone, LinkAccepted, LinkId, LogSurveyed, SnapshotReceived } from "./peer-face.ts";

/** How far a role has come (quorum-protocol 0.1); before it there is `election`. */
export type ZabPhase = "discovery" | "synchronization" | "broadcast";

/** How a learner is brought to what its leader has. */
export type SyncMode = "DIFF" | "TRUNC" | "SNAP";

/** What a member is between two elections: a leader or a learner. */
export interface Role {
  readonly state: "leading" | "following" | "observing";
  readonly leaderSid: number;
  /** Clients are served. */
  readonly isServing: boolean;
  readonly zabPhase: ZabPhase;
  /** Of a learner that is being synchronised; undefined otherwise. */
  readonly syncMode?: SyncMode | undefined;
  readonly nextDeadline: number;
  tick(): void;
  linkAccepted(input: LinkAccepted): void;
  linkUp(link: LinkId): void;
  linkDown(link: LinkId, reason: string): void;
  linkProgress(link: LinkId): void;
  packet(link: LinkId, packet: QuorumPacket): void;
  snapshotReceived?(input: SnapshotReceived): void;
  snapshotSent?(link: LinkId): void;
  logSurveyed?(input: LogSurveyed): void;
  jobDone?(input: JobDone): void;
  epochsStored(current: number | undefined): void;
  /** The log is durable up to `PeerState.durable`. */
  persisted(): void;
  /** A voter looks for a leader. */
  disloyal?(): void;
  /** Gives back links and ports. Returns what it has appended to the log and not applied, oldest first. */
  stop(): readonly LogEntry[];
}

/** What a role tells the peer that it belongs to. */
export interface RoleEnd {
  /** The role is over: the peer looks for a leader again. `reason` is a sentence for a person. */
  ended(reason: string): void;
  /** The server serves from now on, in `epoch`; its vote says so (quorum-protocol 2.7). */
  established(epoch: number): void;
  /**
   * A configuration is committed. With a leader's sid: by a reconfig, whose leader is that; undefined: it came with NEWLEADER.
   * False: role or leader have changed with it, and the role is over.
   */
  reconfigured(membership: Membership, leader: number | undefined): boolean;
}
