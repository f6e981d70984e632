import { unreachable } from "../../../base/invariant.ts";
import type { Zxid } from "../../../protocol/zxid.ts";
import type { DurablePacket, LinkId, Packet } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";
import type { ZabPhase } from "../role.ts";

/**
 * Where a learner stands with its leader (quorum-protocol 3.3):
 * - `dialing`: no link to the leader
 * - `introduced`: waits for LEADERINFO
 * - `acknowledged`: has accepted the epoch, waits for DIFF, TRUNC or SNAP
 * - `receiving`: the leader's snapshot is coming; `cutting`: the own log is being cut
 * - `syncing`: gets what it lacks, up to NEWLEADER
 * - `installing`: the leader's history is being made durable as a snapshot
 * - `following`: has the leader's history, and waits for UPTODATE
 * - `serving`: clients are served
 */
export type FollowPhase =
  | "dialing"
  | "introduced"
  | "acknowledged"
  | "receiving"
  | "cutting"
  | "syncing"
  | "installing"
  | "following"
  | "serving";

/** A learner's link to its leader: who is at its two ends, and how far they have come with each other. */
export class LeaderLink {
  readonly leaderSid: number;
  readonly isObserver: boolean;
  /** Whether this server keeps a log: an observer need not. */
  readonly isLogging: boolean;
  readonly #state: PeerState;
  phase: FollowPhase = "dialing";
  /** A leader of ours takes an ACK for all proposals up to it; Apache's wants one for each. */
  isLeaderOurs = false;
  /** When the leader counts as gone, unless something comes from it. */
  deadlineMs = Number.POSITIVE_INFINITY;
  #id: LinkId = 0;
  #openedAtMs = 0;

  constructor(state: PeerState, leaderSid: number) {
    this.#state = state;
    this.leaderSid = leaderSid;
    this.isObserver = state.learnerType === "observer";
    this.isLogging = !this.isObserver || state.ensemble.observersPersist;
  }

  /** 0 while there is none. */
  get id(): LinkId {
    return this.#id;
  }

  /** `Instant.elapsedMs`. */
  get openedAtMs(): number {
    return this.#openedAtMs;
  }

  /** The leader's history is here: what it proposes goes to the log at once. */
  get hasHistory(): boolean {
    return this.phase === "following" || this.phase === "serving";
  }

  get zabPhase(): ZabPhase {
    switch (this.phase) {
      case "dialing":
      case "introduced":
      case "acknowledged":
        return "discovery";
      case "receiving":
      case "cutting":
      case "syncing":
      case "installing":
      case "following":
        return "synchronization";
      case "serving":
        return "broadcast";
      default:
        return unreachable(this.phase, "learner phase");
    }
  }

  opened(id: LinkId): void {
    this.#id = id;
    this.#openedAtMs = this.#state.nowMs;
    this.phase = "introduced";
    this.restartClock();
  }

  /** Something has come from the leader, or a new phase begins. */
  restartClock(): void {
    const { initLimitMs, nowMs, syncLimitMs } = this.#state;
    this.deadlineMs = nowMs + (this.hasHistory ? syncLimitMs : initLimitMs);
  }

  /** What its clock counts to, for people. */
  get limit(): string {
    const { initLimitMs, syncLimitMs } = this.#state;
    return this.hasHistory ? `syncLimit (${syncLimitMs} ms)` : `initLimit (${initLimitMs} ms)`;
  }

  send(bytes: Packet): void {
    this.#state.out.send(this.#id, bytes);
  }

  sendDurable(bytes: DurablePacket): void {
    this.#state.out.sendDurable(this.#id, bytes);
  }

  acknowledgeUpTo(zxid: Zxid): void {
    this.#state.out.acknowledgeUpTo(this.#id, zxid);
  }

  /** What still comes on it, before the host has closed it, is nobody's. */
  close(): void {
    if (this.#id !== 0) this.#state.out.close(this.#id);
    this.#id = 0;
  }
}
