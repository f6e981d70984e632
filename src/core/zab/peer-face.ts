import type { QuorumPacket } from "../../protocol/records/quorum.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { Membership } from "../quorum/membership.ts";
import type { Input, LogEntry, Ready } from "../ready.ts";
import type { Database } from "../tree/database.ts";
import type { SnapshotWalk } from "./snapshot-walk.ts";

/**
 * The face of a member of an ensemble (ARCHITECTURE.md): the same `step`, `takeReady` and `nextDeadline` as a standalone
 * machine, with more that can happen and more that has to be done.
 */

/** A link between a learner and its leader (or observer master): positive when it was accepted here, negative when dialed. */
export type LinkId = number;

/** An election notification of a peer (quorum-protocol 2.1): the payload of one frame. Looked at only during `step`. */
export interface NotificationReceived {
  readonly kind: "notification";
  readonly from: number;
  readonly payload: Uint8Array;
}

/** Nobody answers at the election address of a peer that a notification was to be sent to. */
export interface PeerUnreachable {
  readonly kind: "peerUnreachable";
  readonly peer: number;
}

/** A learner has connected to the quorum port, which is open only while {@link PeerReady.listen} says so. */
export interface LinkAccepted {
  readonly kind: "linkAccepted";
  readonly link: LinkId;
  /** `address:port`, for people. */
  readonly remote: string;
}

/** A dial of {@link PeerReady.dial} has succeeded. */
export interface LinkUp {
  readonly kind: "linkUp";
  readonly link: LinkId;
}

/** The link is gone, or its dial has failed. Not told of links that {@link PeerReady.closeLinks} named. */
export interface LinkDown {
  readonly kind: "linkDown";
  readonly link: LinkId;
  /** A sentence for a person. */
  readonly reason: string;
}

/** One whole QuorumPacket. `data` is looked at only during `step`. */
export interface PacketReceived {
  readonly kind: "packet";
  readonly link: LinkId;
  readonly packet: QuorumPacket;
}

/**
 * Behind a SNAP packet on a dialed link: its stream has been read to the end (signature included) into a database at the
 * packet's zxid, which belongs to the machine from now on. A stream that breaks or is malformed is a {@link LinkDown}.
 */
export interface SnapshotReceived {
  readonly kind: "snapshotReceived";
  readonly link: LinkId;
  readonly database: Database;
}

/** {@link PeerReady.epochs} and {@link PeerReady.memberships} of one Ready are durable. */
export interface EpochsStored {
  readonly kind: "epochsStored";
  readonly accepted: number | undefined;
  readonly current: number | undefined;
}

/** The answer to a {@link StorageJob}: they are answered in the order in which they were given. */
export type JobDone =
  | { readonly kind: "snapshotInstalled"; readonly zxid: Zxid }
  /** `lastZxid`: of the last durable record or snapshot, -1 when there is nothing that may vote. */
  | { readonly kind: "recovered"; readonly database: Database; readonly lastZxid: Zxid }
  /** The log could not be cut: nothing was changed. */
  | { readonly kind: "truncateRefused"; readonly reason: string };

/** What {@link PeerReady.surveys} asked: whether the log on disk can bring a learner from `zxid` on to the committed log in memory. */
export interface LogSurveyed {
  readonly kind: "logSurveyed";
  readonly link: LinkId;
  /** The zxid that was asked about. */
  readonly zxid: Zxid;
  /** The greatest record at or below `zxid`; undefined when there is none. */
  readonly atOrBelow: Zxid | undefined;
  /** The first record above it; undefined when there is none. */
  readonly above: Zxid | undefined;
  /** Bytes of all log files that hold what is above. */
  readonly bytes: number;
  /** Bytes of the newest snapshot; 0 without one. */
  readonly snapshotBytes: number;
}

/**
 * A snapshot has been made to its end ({@link LinkSend}): what is sent from here on comes behind all txns that can be in it. Only
 * then the learner may hear that it has everything (ZOOKEEPER-3104).
 */
export interface SnapshotSent {
  readonly kind: "snapshotSent";
  readonly link: LinkId;
}

/**
 * A long stream (a snapshot, a part of the log) is going on over the link, in either direction: told about once a second
 * while bytes move, so that nobody takes the other side for dead meanwhile.
 */
export interface LinkProgress {
  readonly kind: "linkProgress";
  readonly link: LinkId;
}

/** Everything that can happen to a member of an ensemble. */
export type PeerInput =
  | Input
  | NotificationReceived
  | PeerUnreachable
  | LinkAccepted
  | LinkUp
  | LinkDown
  | PacketReceived
  | SnapshotReceived
  | SnapshotSent
  | LinkProgress
  | EpochsStored
  | JobDone
  | LogSurveyed;

declare const durable: unique symbol;
/** An encoded packet that promises nothing about this server's disk. */
export type Packet = Uint8Array & { readonly [durable]?: false };
/** An encoded packet that claims something is on this server's disk (ACK, ACKEPOCH, LEADERINFO). */
export type DurablePacket = Uint8Array & { readonly [durable]: true };

/** Something to be sent on a link, behind everything given for that link before. */
export type LinkSend =
  | { readonly kind: "packet"; readonly link: LinkId; readonly bytes: Packet }
  /** The rest of a SNAP: the walk's bytes as they come, then the signature. Answered with {@link SnapshotSent}. */
  | { readonly kind: "snapshot"; readonly link: LinkId; readonly walk: SnapshotWalk }
  /** PROPOSAL and COMMIT for each record of the own log above `after` up to `through`. A gap or an error closes the link. */
  | { readonly kind: "log"; readonly link: LinkId; readonly after: Zxid; readonly through: Zxid };

/** Sent on a link when everything that this Ready and those before it want on disk is there. */
export interface DurableSend {
  readonly link: LinkId;
  readonly bytes: DurablePacket;
}

/**
 * Work on this server's data, performed one after the other, each behind the appends and epochs of its own Ready and all
 * before. Until it is answered the machine appends nothing.
 */
export type StorageJob =
  /**
   * The database came from the leader: makes it this server's durable state. Every record above `zxid` goes from the log and
   * every snapshot above it, then the snapshot of `database`, whose lastProcessedZxid is `zxid`, is written; the log goes on behind it.
   */
  | { readonly kind: "installSnapshot"; readonly zxid: Zxid; readonly database: Database }
  /** Cuts the log behind `zxid`, durably, and recovers. */
  | { readonly kind: "truncate"; readonly zxid: Zxid }
  /** Recovers from the disk: what is in memory is not to be trusted any more. */
  | { readonly kind: "reload" };

export interface Dial {
  readonly link: LinkId;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** What a member of an ensemble wants done beside what a standalone server does. */
export interface PeerReady extends Ready {
  /** PROPOSAL, COMMIT and the like: at once, in order. */
  readonly sendNow: readonly LinkSend[];
  /** Behind `append`, `epochs` and `memberships` of this Ready, when those are durable; in order over all Readys. */
  readonly sendAfterPersist: readonly DurableSend[];
  /** To be stored behind `append` of this Ready: accepted first, then current. Answered with {@link EpochsStored}. */
  readonly epochs: { readonly accepted?: number; readonly current?: number } | undefined;
  /**
   * The configuration has changed: where peers are dialed, and which files hold it (quorum-protocol 5.2). Stored behind `append`
   * and in front of `epochs`; the links follow it at once. `lastSeen` null: there is none any more.
   */
  readonly memberships: { readonly committed: Membership; readonly lastSeen: Membership | null } | undefined;
  readonly jobs: readonly StorageJob[];
  readonly surveys: readonly { readonly link: LinkId; readonly zxid: Zxid }[];
  /** Election notifications. A newer one for the same peer replaces one that has not left. */
  readonly notify: readonly { readonly to: number; readonly payload: Uint8Array }[];
  /** The state has changed: notifications of the former state are not to be repeated. */
  readonly forgetsNotifications: boolean;
  /** Peers whose election links are to be closed, as what came on them was no notification. */
  readonly endElectionLinks: readonly { readonly peer: number; readonly reason: string }[] | undefined;
  readonly dial: readonly Dial[];
  /** To be closed behind what was sent on them. Nothing more is told of them. */
  readonly closeLinks: readonly LinkId[];
  /** Which ports are open from now on; undefined: as before. */
  readonly listen: { readonly quorum: boolean; readonly observerMaster: boolean } | undefined;
}

export type { LogEntry };
