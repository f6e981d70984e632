import { Fifo } from "../../../base/fifo.ts";
import { JuteError } from "../../../protocol/jute-reader.ts";
import { OpCode } from "../../../protocol/opcode.ts";
import { decodeTxn, type LoggedTxn } from "../../../protocol/txn.ts";
import { epochOf, follows, ZXID_ZERO, type Zxid, zxidText } from "../../../protocol/zxid.ts";
import type { LogEntry } from "../../ready.ts";
import { encodeAck } from "../packets.ts";
import type { LoggedEntry, PeerState } from "../peer-state.ts";
import type { LeaderLink } from "./leader-link.ts";

/** Who hears of a txn of the broadcast once it is applied. `leader`: the sid that came with its commit, if one did. */
export type TxnCommitted = (logged: LoggedEntry, leader: number | undefined) => void;

/** What the leader has proposed and committed, as a learner gets it (quorum-protocol 3.5, 4.4). */
export class ReceivedProposals {
  readonly #state: PeerState;
  readonly #link: LeaderLink;
  readonly #onCommitted: TxnCommitted;
  #last: Zxid = ZXID_ZERO;
  /** Proposals that are not committed; while `syncing` they are not in the log either. */
  readonly #pending = new Fifo<LoggedEntry>();
  /** While `syncing`: how many of them have been committed, and come into the log first. */
  #committed = 0;
  /** Up to here acknowledgements are in the metrics. */
  #ackCounted: Zxid = ZXID_ZERO;

  constructor(state: PeerState, link: LeaderLink, onCommitted: TxnCommitted) {
    this.#state = state;
    this.#link = link;
    this.#onCommitted = onCommitted;
  }

  /** The last txn that the leader has sent, or that it takes for granted. */
  get last(): Zxid {
    return this.#last;
  }

  /** What the leader sends next follows `zxid`. */
  startBehind(zxid: Zxid): void {
    this.#last = zxid;
  }

  /** @throws JuteError when it is not the next that this leader can propose */
  proposed(zxid: Zxid, data: Uint8Array): void {
    const isSyncing = this.#link.phase === "syncing";
    // Around the point of the sync a txn may come twice, or be in the snapshot already.
    if (zxid <= this.#last) {
      if (isSyncing) return;
      throw new JuteError(`proposal ${zxidText(zxid)} behind ${zxidText(this.#last)}`);
    }
    if (!follows(this.#last, zxid)) {
      throw new JuteError(
        `proposal ${zxidText(zxid)} does not follow ${zxidText(this.#last)}: something is missing`,
      );
    }
    const { acceptedEpoch, currentEpoch } = this.#state;
    const epoch = isSyncing ? acceptedEpoch : currentEpoch;
    if (epochOf(zxid) > epoch) throw new JuteError(`proposal ${zxidText(zxid)}, while epoch ${epoch} is led`);
    // Not slice(): of a Buffer that would be a view.
    const bytes = new Uint8Array(data);
    const txn = decodeTxn(bytes, this.#state.options.server.fieldBytesMax);
    if (txn.header.zxid !== zxid)
      throw new JuteError(`proposal ${zxidText(zxid)} holds txn ${zxidText(txn.header.zxid)}`);
    // One that cannot be read must not wait for the log.
    if (txn.body.type === OpCode.reconfig) this.#state.parseMembership(txn.body.data);
    this.#last = zxid;
    const logged = { txn, entry: { zxid, bytes } };
    this.#pending.push(logged);
    const { counters, summaries } = this.#state.peerStats;
    counters.learner_proposal_received_count++;
    summaries.proposal_latency.add(this.#ageOf(txn));
    if (!isSyncing) this.#log(logged);
  }

  /**
   * A reconfig comes into the log: from now on its configuration counts, and not before, as nobody may complete what he does not
   * have (F46). One that is older than what is committed here is history, which a sync repeats.
   */
  #noteReconfig({ txn: { body } }: LoggedEntry): void {
    if (body.type !== OpCode.reconfig || !this.#state.options.server.reconfigEnabled) return;
    const membership = this.#state.parseMembership(body.data);
    if (membership.version > this.#state.view.committed.version) this.#state.setLastSeen(membership);
  }

  /** To the log, and once it is there the leader hears of it. */
  #log(logged: LoggedEntry): void {
    const { isLogging, isObserver, isLeaderOurs } = this.#link;
    const { entry } = logged;
    this.#noteReconfig(logged);
    if (!isLogging) {
      this.#state.hasUnlogged = true;
      return;
    }
    this.#state.append(entry);
    if (isObserver) return;
    if (isLeaderOurs) this.#link.acknowledgeUpTo(entry.zxid);
    else this.#link.sendDurable(encodeAck(entry.zxid));
  }

  /** ms since the leader stamped the txn. */
  #ageOf({ header }: LoggedTxn): number {
    return Math.max(0, this.#state.turn.wallMs - header.time);
  }

  /**
   * @param leader of COMMITANDACTIVATE: who leads from here on
   * @throws JuteError when it is not the next that can be committed
   */
  commit(zxid: Zxid, leader: number | undefined): void {
    this.#state.peerStats.counters.learner_commit_received_count++;
    if (this.#link.phase === "syncing") {
      this.#commitInSync(zxid);
      return;
    }
    const next = this.#pending.peek();
    if (next === undefined || next.entry.zxid !== zxid) {
      const expected = next === undefined ? "nothing" : zxidText(next.entry.zxid);
      throw new JuteError(`commit of ${zxidText(zxid)} where ${expected} is the next proposal`);
    }
    this.#pending.shift();
    this.#state.peerStats.counters.request_commit_queued++;
    this.#state.peerStats.summaries.commit_propagation_latency.add(this.#ageOf(next.txn));
    const { server } = this.#state;
    if (server === null) this.#state.apply(next);
    else server.applyCommitted(next.txn, next.entry);
    this.#onCommitted(next, leader);
  }

  #commitInSync(zxid: Zxid): void {
    const next = this.#pending.at(this.#committed);
    // Its proposal was in the snapshot already.
    if (next === undefined || zxid < next.entry.zxid) {
      if (zxid <= this.#last) return;
    } else if (zxid === next.entry.zxid) {
      this.#committed++;
      return;
    }
    throw new JuteError(`commit of ${zxidText(zxid)}, which was not proposed`);
  }

  /** A proposal and its commit in one, as observers get them. @throws JuteError as the two do */
  informed(zxid: Zxid, data: Uint8Array, leader: number | undefined): void {
    const before = this.#last;
    this.proposed(zxid, data);
    if (this.#last !== before) this.commit(zxid, leader);
  }

  /** Whether the txn has come as a proposal of this leader and is not committed. */
  isPending(zxid: Zxid): boolean {
    for (let at = 0; at < this.#pending.length; at++) {
      if (this.#pending.at(at)!.entry.zxid === zxid) return true;
    }
    return false;
  }

  /** At the end of a sync whose history goes to the disk as a whole: what is committed needs no log. */
  applyCommitted(): void {
    for (; this.#committed > 0; this.#committed--) this.#state.apply(this.#pending.shift()!);
  }

  /** At the end of any other sync: what is committed comes into the log and the tree. */
  logCommitted(): void {
    for (; this.#committed > 0; this.#committed--) {
      const logged = this.#pending.shift()!;
      if (this.#link.isLogging) this.#state.append(logged.entry);
      else this.#state.hasUnlogged = true;
      this.#noteReconfig(logged);
      this.#state.apply(logged);
    }
  }

  /** Behind that: what is only proposed, as if it had come now. */
  logPending(): void {
    for (let at = 0; at < this.#pending.length; at++) this.#log(this.#pending.at(at)!);
  }

  /** What has become durable is acknowledged: how old it is. */
  persisted(): void {
    if (this.#link.isObserver || !this.#link.hasHistory) return;
    const { durable, peerStats } = this.#state;
    const first = this.#pending.peek()?.entry.zxid ?? durable;
    for (let at = Math.max(0, this.#ackCounted + 1 - first); ; at++) {
      const next = this.#pending.at(at);
      if (next === undefined || next.entry.zxid > durable) return;
      this.#ackCounted = next.entry.zxid;
      peerStats.summaries.proposal_ack_creation_latency.add(this.#ageOf(next.txn));
    }
  }

  /** What is appended to the log and not committed, oldest first. */
  entries(): LogEntry[] {
    const entries: LogEntry[] = [];
    if (!this.#link.hasHistory || !this.#link.isLogging) return entries;
    for (let at = 0; at < this.#pending.length; at++) entries.push(this.#pending.at(at)!.entry);
    return entries;
  }
}
