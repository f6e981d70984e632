import { Fifo } from "../../../base/fifo.ts";
import { COUNTER_MAX, counterOf, EPOCH_MAX, makeZxid, type Zxid } from "../../../protocol/zxid.ts";
import type { ChainPlan, SubmitRequest } from "../../pipeline/chains.ts";
import type { Request } from "../../pipeline/connection.ts";
import { formatMembership } from "../../quorum/membership-text.ts";
import { containsAllQuorums } from "../../quorum/quorum-view.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import type { LearnerRegistry } from "../master/learner-registry.ts";
import { encodeLeaderInfo, encodeNewLeader, UPTODATE_PACKET } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";
import type { Proposals } from "./proposals.ts";

/** What the roll asks of its leader. */
export interface EpochRollEvents {
  /** The epoch that is led. */
  readonly epoch: number;
  failed(reason: string): void;
  done(epoch: number): void;
}

/**
 * - `draining`: what was proposed is being committed, further writes wait
 * - `accepting`: LEADERINFO of the next epoch has gone out
 * - `leading`: a quorum has accepted it, NEWLEADER has gone out
 */
type Stage = "idle" | "draining" | "accepting" | "leading";

/** The last counter of an epoch; Apache proposes nothing with all bits set either (quorum-protocol 3.14). */
const COUNTER_LAST = COUNTER_MAX - 1;

/**
 * When the counter of an epoch is used up, the leader begins the next epoch over the links that it has: all phases of Zab,
 * with an empty synchronisation, while clients stay connected and writes wait. Only servers of ours know this: with any
 * other learner the leader steps down, as Apache does, and an election gives the next epoch.
 */
export class EpochRoll {
  readonly #state: PeerState;
  readonly #learners: LearnerRegistry;
  readonly #events: EpochRollEvents;
  readonly #held = new Fifo<Request>();
  /** Voters, this server included, that have done what the stage asks for. */
  readonly #acked = new Set<number>();
  /** Learners that were told of the epoch; those of them that have accepted it, and that follow in it. */
  readonly #asked = new Set<LearnerHandler>();
  readonly #accepted = new Set<LearnerHandler>();
  readonly #confirmed = new Set<LearnerHandler>();
  #proposals: Proposals | undefined;
  #write: SubmitRequest = () => {};
  #stage: Stage = "idle";
  #epoch = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;

  get #counterMax(): number {
    return this.#state.ensemble.counterMax ?? COUNTER_LAST;
  }

  constructor(state: PeerState, learners: LearnerRegistry, events: EpochRollEvents) {
    this.#state = state;
    this.#learners = learners;
    this.#events = events;
  }

  get isRolling(): boolean {
    return this.#stage !== "idle";
  }

  get nextDeadline(): number {
    return this.#deadlineMs;
  }

  get isOverdue(): boolean {
    return this.#state.nowMs >= this.#deadlineMs;
  }

  /** The leader has begun to propose. */
  begin(proposals: Proposals): void {
    this.#proposals = proposals;
  }

  /** `plan`, but a write that would find no zxid left waits for the next epoch. */
  chain(plan: ChainPlan): ChainPlan {
    return {
      ...plan,
      connect: (stages) => {
        const chain = plan.connect(stages);
        this.#write = chain.write;
        const write = (request: Request): void => {
          if (!this.isRolling && counterOf(stages.prep.zxid) < this.#counterMax) chain.write(request);
          else this.#hold(request);
        };
        return { ...chain, write };
      },
    };
  }

  #hold(request: Request): void {
    this.#held.push(request);
    if (!this.isRolling) this.#startNext();
  }

  #startNext(): void {
    const { epoch } = this.#events;
    if (!this.#isPossible) {
      this.#events.failed(`the zxids of epoch ${epoch} are used up: the next election begins another epoch`);
      return;
    }
    this.#state.notice("info", `the zxids of epoch ${epoch} are used up: the next epoch begins`);
    this.#start(epoch + 1);
  }

  /** All learners know how, and there are epochs left. */
  get #isPossible(): boolean {
    const learners = [...this.#learners];
    return (
      this.#events.epoch < EPOCH_MAX && learners.every(({ isOurs, isForwarding }) => isOurs || !isForwarding)
    );
  }

  /**
   * A voter has accepted `epoch` from a leader that came to nothing, and can follow no leader below it: the next epoch is above
   * that, or the voter would stay out until the next election. False: that is not possible now.
   */
  raise(epoch: number): boolean {
    if (this.isRolling || this.#proposals === undefined || epoch >= EPOCH_MAX || !this.#isPossible)
      return false;
    this.#start(epoch + 1);
    return true;
  }

  #start(epoch: number): void {
    const { tickMs, nowMs, ensemble } = this.#state;
    this.#stage = "draining";
    this.#epoch = epoch;
    this.#deadlineMs = nowMs + ensemble.initLimitTicks * tickMs;
    for (const handler of [...this.#learners]) {
      // Nor one that has not come along with the change before: its answers could not be told apart.
      if (handler.phase !== "serving" || handler.followedEpoch !== this.#events.epoch)
        this.#learners.close(handler, "the epoch is being changed: it is welcome in the next one");
    }
    this.advance();
  }

  /** Something may have been committed, made durable, or gone. */
  advance(): void {
    if (this.#stage !== "draining") return;
    const proposals = this.#proposals;
    if (proposals === undefined || proposals.outstanding.length > 0) return;
    if (this.#state.durable < this.#state.lastZxid) return;
    this.#stage = "accepting";
    for (const set of [this.#acked, this.#asked, this.#accepted, this.#confirmed]) set.clear();
    this.#acked.add(this.#state.sid);
    this.#state.storeAccepted(this.#epoch);
    for (const handler of this.#learners) {
      if (handler.phase !== "serving") continue;
      this.#asked.add(handler);
      this.#state.out.sendDurable(handler.link, encodeLeaderInfo(this.#epoch));
    }
    this.#countEpochAcks();
  }

  /** ACKEPOCH: the learner has accepted the epoch, and has everything before it on disk. False: nobody has asked. */
  epochAcknowledged(handler: LearnerHandler, lastZxid: Zxid): boolean {
    if (!this.#asked.has(handler) || this.#accepted.has(handler)) return false;
    // An epoch without txns ends where the one before did.
    if (this.#stage === "accepting" && lastZxid !== this.#state.lastZxid) return false;
    this.#accepted.add(handler);
    if (this.#stage !== "accepting") this.#sendNewLeader(handler);
    else {
      handler.ackedUpTo(lastZxid);
      if (!handler.isObserver) this.#acked.add(handler.sid);
      this.#countEpochAcks();
    }
    return true;
  }

  #countEpochAcks(): void {
    if (this.#stage !== "accepting" || !containsAllQuorums(this.#state.view, this.#acked)) return;
    this.#stage = "leading";
    this.#acked.clear();
    this.#state.storeCurrent(this.#epoch);
    for (const handler of this.#accepted) this.#sendNewLeader(handler);
  }

  #sendNewLeader({ link }: LearnerHandler): void {
    const { committed } = this.#state.view;
    this.#state.out.send(link, encodeNewLeader(this.#epoch, formatMembership(committed)));
  }

  epochsStored(current: number | undefined): void {
    if (this.#stage !== "leading" || current !== this.#epoch) return;
    this.#acked.add(this.#state.sid);
    this.#finish();
  }

  /** ACK of NEWLEADER. False: it is not about this change. */
  newLeaderAcknowledged(handler: LearnerHandler, zxid: Zxid): boolean {
    if (!this.#accepted.has(handler) || zxid !== makeZxid(this.#epoch, 0)) return false;
    if (this.#confirmed.has(handler)) return true;
    this.#confirmed.add(handler);
    handler.followedEpoch = this.#epoch;
    if (this.#stage === "leading") {
      if (!handler.isObserver) this.#acked.add(handler.sid);
      this.#finish();
    } else {
      this.#state.out.send(handler.link, UPTODATE_PACKET);
    }
    return true;
  }

  /** Not without this server: its log counts for the txns of the epoch, so it must have that on disk as any other has (F20). */
  #finish(): void {
    if (!this.#acked.has(this.#state.sid) || !containsAllQuorums(this.#state.view, this.#acked)) return;
    const zxid = makeZxid(this.#epoch, 0);
    this.#stage = "idle";
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#proposals?.startEpoch(zxid);
    this.#state.server?.startEpoch(zxid);
    for (const { link } of this.#confirmed) this.#state.out.send(link, UPTODATE_PACKET);
    this.#events.done(this.#epoch);
    this.#writeHeld();
  }

  /** More may have been held than an epoch has room for. */
  #writeHeld(): void {
    while (this.#held.length > 0) {
      if (this.isRolling || this.#state.server === null) return;
      if (counterOf(this.#state.server.preparedZxid) >= this.#counterMax) this.#startNext();
      else this.#write(this.#held.shift()!);
    }
  }
}
