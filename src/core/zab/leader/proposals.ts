import { Fifo } from "../../../base/fifo.ts";
import { invariant } from "../../../base/invariant.ts";
import { epochOf, type Zxid } from "../../../protocol/zxid.ts";
import type { Broadcast } from "../../pipeline/broadcast.ts";
import type { Membership } from "../../quorum/membership.ts";
import { type QuorumSystem, quorumSystemOf } from "../../quorum/quorum-system.ts";
import { type QuorumView, quorumSystemsOf } from "../../quorum/quorum-view.ts";
import type { LogEntry } from "../../ready.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import {
  encodeCommit,
  encodeCommitAndActivate,
  encodeInform,
  encodeInformAndActivate,
  encodeProposal,
  SYNC_PACKET,
} from "../packets.ts";
import type { Packet } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";

/** A proposal that is not committed. */
export interface Outstanding {
  readonly entry: LogEntry;
  /**
   * The quorums that it needs: of all configurations that counted when it was proposed (quorum-protocol 5.4). Of the former
   * configuration none any more once the reconfig before it is committed: its voters may have left without another ACK.
   */
  systems: readonly QuorumSystem[];
  readonly proposedAtMs: number;
  /** The configuration that it makes; undefined for anything but a reconfig. */
  readonly reconfig: Membership | undefined;
}

/** What a learner is to be told. */
interface Answer {
  readonly handler: LearnerHandler;
  readonly packet: Packet;
}

/** Who leads once a reconfig is committed; another than this server ends this leadership. */
export type DesignateLeader = (proposal: Outstanding, laterZxids: readonly Zxid[]) => number;

/** A reconfig that has been committed, and who leads from here on. */
export interface Activation {
  readonly membership: Membership;
  readonly leader: number;
}

/**
 * The leader's broadcast (quorum-protocol 4.4): each txn is encoded once and goes to all learners and to the own log; when every
 * quorum it needs has it on disk, and all before it are committed, so is it.
 */
export class Proposals implements Broadcast {
  readonly #state: PeerState;
  readonly #learners: Iterable<LearnerHandler>;
  readonly #designate: DesignateLeader;
  readonly #outstanding = new Fifo<Outstanding>();
  /** Answers that wait for the commit of a proposal. */
  readonly #answers = new Map<Zxid, Answer[]>();
  readonly #acked = new Set<number>();
  #systems: readonly QuorumSystem[] = [];
  #systemsOf: QuorumView | undefined;
  #proposed: Zxid;
  #committed: Zxid;
  #isEnded = false;
  #activation: Activation | undefined;

  constructor(
    state: PeerState,
    epochZxid: Zxid,
    learners: Iterable<LearnerHandler>,
    designate: DesignateLeader,
  ) {
    this.#state = state;
    this.#learners = learners;
    this.#designate = designate;
    this.#proposed = epochZxid;
    this.#committed = epochZxid;
  }

  get committed(): Zxid {
    return this.#committed;
  }

  get proposed(): Zxid {
    return this.#proposed;
  }

  /** Syncs that wait for a commit. */
  get pendingSyncs(): number {
    let count = 0;
    for (const waiting of this.#answers.values())
      for (const { packet } of waiting) if (packet === SYNC_PACKET) count++;
    return count;
  }

  /** Oldest first. */
  get outstanding(): Fifo<Outstanding> {
    return this.#outstanding;
  }

  /** What is appended to the own log and not committed, oldest first. */
  entries(): LogEntry[] {
    const entries: LogEntry[] = [];
    for (let at = 0; at < this.#outstanding.length; at++) entries.push(this.#outstanding.at(at)!.entry);
    return entries;
  }

  propose(entry: LogEntry): void {
    const { zxid, bytes } = entry;
    invariant(zxid === this.#proposed + 1, () => `proposal ${zxid} behind ${this.#proposed}`);
    const state = this.#state;
    this.#proposed = zxid;
    const { lastSeen } = state.view;
    const reconfig = lastSeen?.version === zxid ? lastSeen : undefined;
    this.#outstanding.push({ entry, systems: this.#currentSystems(), proposedAtMs: state.nowMs, reconfig });
    state.peerStats.proposed(bytes.length);
    state.append(entry);
    const packet = encodeProposal(zxid, bytes);
    for (const handler of this.#learners) {
      if (!handler.isForwarding || handler.isObserver) continue;
      handler.proposed(zxid, state.nowMs);
      state.out.send(handler.link, packet);
    }
  }

  #currentSystems(): readonly QuorumSystem[] {
    const { view } = this.#state;
    if (view !== this.#systemsOf) {
      this.#systemsOf = view;
      this.#systems = quorumSystemsOf(view);
    }
    return this.#systems;
  }

  /** The own disk has more; see {@link advance}. */
  persisted(): void {
    this.countAck(this.#state.sid, this.#state.durable);
    this.advance();
  }

  /** Answers a learner's question now, or right behind what was proposed before it: so answers keep the order of the questions. */
  answer(handler: LearnerHandler, packet: Packet): void {
    if (this.#outstanding.length === 0) {
      this.#state.out.send(handler.link, packet);
      return;
    }
    const waiting = this.#answers.get(this.#proposed);
    if (waiting === undefined) this.#answers.set(this.#proposed, [{ handler, packet }]);
    else waiting.push({ handler, packet });
  }

  /** A server has acknowledged everything up to `zxid`: how late the last of it was, unless it is committed already. */
  countAck(sid: number, zxid: Zxid): void {
    const first = this.#outstanding.peek();
    if (first === undefined || zxid < first.entry.zxid) return;
    const acked = this.#outstanding.at(zxid - first.entry.zxid);
    if (acked !== undefined) this.#state.peerStats.acked(sid, this.#state.nowMs - acked.proposedAtMs);
  }

  /** Commits whatever has its quorums, in order. */
  advance(): void {
    for (let next = this.#outstanding.peek(); next !== undefined; next = this.#outstanding.peek()) {
      if (this.#isEnded || !this.#hasQuorums(next)) return;
      this.#commit(next);
    }
  }

  #hasQuorums({ entry: { zxid }, systems }: Outstanding): boolean {
    const acked = this.#acked;
    acked.clear();
    if (this.#state.durable >= zxid) acked.add(this.#state.sid);
    for (const handler of this.#learners) {
      if (handler.hasAcked(zxid) && !handler.isObserver) acked.add(handler.sid);
    }
    return systems.every((system) => system.containsQuorum(acked));
  }

  #commit(next: Outstanding): void {
    const { entry, reconfig } = next;
    const { zxid } = entry;
    const leader = reconfig === undefined ? undefined : this.#designate(next, this.#entriesBehind());
    this.#outstanding.shift();
    this.#committed = zxid;
    const { counters, summaries } = this.#state.peerStats;
    counters.commit_count++;
    counters.request_commit_queued++;
    summaries.quorum_ack_latency.add(this.#state.nowMs - next.proposedAtMs);
    if (leader === undefined) this.#tellCommit(entry);
    else this.#tellActivation(entry, leader);
    const waiting = this.#answers.get(zxid);
    if (waiting !== undefined) {
      this.#answers.delete(zxid);
      for (const { handler, packet } of waiting) this.#state.out.send(handler.link, packet);
    }
    if (reconfig === undefined || leader === undefined) return;
    this.#systems = [quorumSystemOf(reconfig)];
    this.#systemsOf = this.#state.view;
    for (let at = 0; at < this.#outstanding.length; at++) this.#outstanding.at(at)!.systems = this.#systems;
    if (leader !== this.#state.sid) this.#isEnded = true;
    this.#activation = { membership: reconfig, leader };
  }

  /** A reconfig that was committed since the last call: to be acted on when it has been applied. */
  takeActivation(): Activation | undefined {
    const activation = this.#activation;
    this.#activation = undefined;
    return activation;
  }

  #entriesBehind(): Zxid[] {
    return this.entries()
      .slice(1)
      .map(({ zxid }) => zxid);
  }

  #tellCommit({ zxid, bytes }: LogEntry): void {
    const { out } = this.#state;
    const commit = encodeCommit(zxid);
    let inform: ReturnType<typeof encodeInform> | undefined;
    for (const handler of this.#learners) {
      if (!handler.isForwarding) continue;
      if (!handler.isObserver) this.#sendCommit(handler, commit);
      else {
        inform ??= encodeInform(zxid, bytes);
        out.send(handler.link, inform);
      }
    }
  }

  #tellActivation({ zxid, bytes }: LogEntry, leader: number): void {
    const { out } = this.#state;
    const commit = encodeCommitAndActivate(zxid, leader);
    const inform = encodeInformAndActivate(zxid, leader, bytes);
    for (const handler of this.#learners) {
      if (!handler.isForwarding) continue;
      if (handler.isObserver) out.send(handler.link, inform);
      else this.#sendCommit(handler, commit);
    }
  }

  #sendCommit({ heldCommits, link }: LearnerHandler, commit: Packet): void {
    if (heldCommits === null) this.#state.out.send(link, commit);
    else heldCommits.push(commit);
  }

  /** The learner is gone: nobody waits for its answers. */
  forget(handler: LearnerHandler): void {
    for (const [zxid, waiting] of this.#answers) {
      const left = waiting.filter((answer) => answer.handler !== handler);
      if (left.length > 0) this.#answers.set(zxid, left);
      else this.#answers.delete(zxid);
    }
  }

  /** The epoch has changed while all that was proposed is committed. */
  startEpoch(zxid: Zxid): void {
    invariant(this.#outstanding.length === 0, "an epoch begins while proposals are outstanding");
    invariant(epochOf(zxid) > epochOf(this.#proposed), `epoch ${zxid} begins behind ${this.#proposed}`);
    this.#proposed = zxid;
    this.#committed = zxid;
  }
}
