import { Fifo } from "../../../base/fifo.ts";
import { unreachable } from "../../../base/invariant.ts";
import { JuteError, JuteReader } from "../../../protocol/jute-reader.ts";
import { OpCode } from "../../../protocol/opcode.ts";
import type { QuorumPacket } from "../../../protocol/records/quorum.ts";
import { ZXID_ZERO, type Zxid } from "../../../protocol/zxid.ts";
import { learnerChain } from "../../pipeline/chains.ts";
import { MembershipError } from "../../quorum/membership.ts";
import type { LogEntry } from "../../ready.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import { encodeAck, encodeLearnerInfo, PacketType, requireData } from "../packets.ts";
import type { JobDone, LinkAccepted, LinkId, LogSurveyed, SnapshotReceived } from "../peer-face.ts";
import type { LoggedEntry, PeerState } from "../peer-state.ts";
import type { Role, RoleEnd, SyncMode, ZabPhase } from "../role.ts";
import { CatchUp } from "./catch-up.ts";
import { ClientRelay } from "./client-relay.ts";
import { EpochAcceptance } from "./epoch-acceptance.ts";
import { LeaderDial } from "./leader-dial.ts";
import { LeaderLink } from "./leader-link.ts";
import { ReceivedProposals } from "./received-proposals.ts";

const NO_OBSERVERS: ReadonlyMap<LinkId, LearnerHandler> = new Map();
const NEVER = Number.POSITIVE_INFINITY;

/**
 * The side of Zab 1.0 of a follower and of an observer (quorum-protocol 3.3, 3.5, 3.12, 3.15): connects, gives each packet of the
 * leader to the part that it is for, and begins to serve. See {@link FollowPhase} for its phases.
 */
export class Learner implements Role {
  readonly state: "following" | "observing";
  readonly leaderSid: number;
  readonly #state: PeerState;
  readonly #end: RoleEnd;
  readonly #dial: LeaderDial;
  readonly #link: LeaderLink;
  readonly #epochs: EpochAcceptance;
  readonly #proposals: ReceivedProposals;
  readonly #catchUp: CatchUp;
  readonly #relay: ClientRelay;
  /** What came while the log, or the epoch, was being changed. */
  readonly #held = new Fifo<QuorumPacket>();
  #isStopped = false;

  constructor(state: PeerState, end: RoleEnd, leaderSid: number) {
    this.#state = state;
    this.#end = end;
    this.leaderSid = leaderSid;
    this.#link = new LeaderLink(state, leaderSid);
    this.state = this.#link.isObserver ? "observing" : "following";
    this.#dial = new LeaderDial(state, leaderSid);
    this.#epochs = new EpochAcceptance(state, this.#link, end);
    this.#proposals = new ReceivedProposals(state, this.#link, (logged, leader) =>
      this.#committed(logged, leader),
    );
    this.#catchUp = new CatchUp(state, this.#link, this.#proposals, end);
    this.#relay = new ClientRelay(state, this.#link, this.#proposals);
    this.#startDialing();
  }

  get isServing(): boolean {
    return this.#link.phase === "serving";
  }

  /** The server that this one learns from: its leader, or a follower that feeds observers. */
  get masterSid(): number {
    return this.#dial.triedSid;
  }

  /** Observers that are fed from here, by link. */
  get observers(): ReadonlyMap<LinkId, LearnerHandler> {
    return this.#relay.master?.observers ?? NO_OBSERVERS;
  }

  get zabPhase(): ZabPhase {
    return this.#link.zabPhase;
  }

  get syncMode(): SyncMode | undefined {
    return this.isServing ? undefined : this.#catchUp.mode;
  }

  get nextDeadline(): number {
    return Math.min(
      this.#link.deadlineMs,
      this.#dial.nextDeadline,
      this.#relay.master?.nextDeadline ?? NEVER,
    );
  }

  // The link

  #startDialing(): void {
    this.#link.phase = "dialing";
    this.#link.deadlineMs = NEVER;
    this.#dial.start();
    this.#checkDial();
  }

  #checkDial(): void {
    const { failure } = this.#dial;
    if (failure !== undefined) this.#end.ended(failure);
  }

  linkUp(link: LinkId): void {
    if (!this.#dial.opened(link)) return;
    this.#link.opened(link);
    const { acceptedEpoch, options, sid, view } = this.#state;
    const type = this.#link.isObserver ? PacketType.OBSERVERINFO : PacketType.FOLLOWERINFO;
    // Without reconfig versions mean nothing.
    const configVersion = options.server.reconfigEnabled ? view.committed.version : ZXID_ZERO;
    this.#link.send(encodeLearnerInfo(type, acceptedEpoch, { serverid: sid, configVersion }));
  }

  linkAccepted(input: LinkAccepted): void {
    const { master } = this.#relay;
    if (master === undefined) this.#state.out.close(input.link);
    else master.linkAccepted(input);
  }

  linkDown(link: LinkId, reason: string): void {
    const { master } = this.#relay;
    if (master?.has(link)) master.linkDown(link);
    else if (this.#link.phase === "dialing") {
      this.#dial.failed(link, reason);
      this.#checkDial();
    } else if (link === this.#link.id) {
      const joining = this.isServing ? "" : " before this server has joined (the leader's log may say more)";
      this.#end.ended(`the connection to leader ${this.leaderSid} is gone${joining}: ${reason}`);
    }
  }

  linkProgress(link: LinkId): void {
    if (link === this.#link.id) this.#link.restartClock();
    else this.#relay.master?.linkProgress(link);
  }

  tick(): void {
    if (this.#link.phase === "dialing") {
      this.#dial.tick();
      this.#checkDial();
    } else if (this.#state.nowMs >= this.#link.deadlineMs) {
      this.#end.ended(`nothing was heard of leader ${this.leaderSid} within ${this.#link.limit}`);
    } else {
      this.#relay.master?.tick();
    }
  }

  // Packets of the leader

  packet(link: LinkId, packet: QuorumPacket): void {
    if (link !== this.#link.id) {
      this.#relay.master?.packet(link, packet);
      return;
    }
    this.#link.restartClock();
    try {
      if (this.#holds(packet.type)) this.#held.push(keep(packet));
      else this.#packet(packet);
    } catch (error) {
      // The leader does what no leader may: whatever it says next, nothing of it is taken.
      if (!(error instanceof JuteError || error instanceof MembershipError)) throw error;
      this.#end.ended(`leader ${this.leaderSid} broke the protocol: ${error.message}`);
    }
  }

  #holds(type: number): boolean {
    const { phase } = this.#link;
    if (phase === "cutting" || phase === "installing") return true;
    return this.#epochs.isChanging && type !== PacketType.NEWLEADER && type !== PacketType.PING;
  }

  #takeHeld(): void {
    while (this.#held.length > 0 && !this.#isStopped && !this.#holds(this.#held.peek()!.type)) {
      this.packet(this.#link.id, this.#held.shift()!);
    }
  }

  #packet(packet: QuorumPacket): void {
    const { phase } = this.#link;
    switch (phase) {
      case "introduced":
        this.#epochs.join(packet, this.#catchUp.lastZxid);
        break;
      case "acknowledged":
        this.#catchUp.begin(packet);
        break;
      case "syncing":
      case "following":
      case "serving":
        this.#followed(packet);
        break;
      case "dialing":
      case "receiving":
      case "cutting":
      case "installing":
        throw new JuteError(`packet of type ${packet.type} while ${phase}`);
      default:
        unreachable(phase, "learner phase");
    }
  }

  #followed({ type, zxid, data }: QuorumPacket): void {
    switch (type) {
      case PacketType.PROPOSAL:
        this.#proposals.proposed(zxid, requireData(data));
        break;
      case PacketType.COMMIT:
        this.#proposals.commit(zxid, undefined);
        break;
      case PacketType.COMMITANDACTIVATE:
        this.#proposals.commit(zxid, new JuteReader(requireData(data)).readLong());
        break;
      case PacketType.INFORM:
        this.#proposals.informed(zxid, requireData(data), undefined);
        break;
      case PacketType.INFORMANDACTIVATE: {
        const bytes = requireData(data);
        this.#proposals.informed(zxid, bytes.subarray(8), new JuteReader(bytes).readLong());
        break;
      }
      case PacketType.NEWLEADER:
        this.#catchUp.complete(zxid, data);
        break;
      case PacketType.UPTODATE:
        this.#upToDate();
        break;
      case PacketType.PING:
        // Before that no packet may overtake the acknowledgement of NEWLEADER, for which Apache's leaders wait (3.9).
        if (this.isServing) this.#relay.ping(zxid);
        break;
      case PacketType.SYNC:
        this.#relay.syncAnswered();
        break;
      case PacketType.REVALIDATE:
        this.#relay.revalidated(zxid, requireData(data));
        break;
      case PacketType.LEADERINFO:
        this.#epochChanges(zxid);
        break;
      default:
        // F68: what a leader of a later version may have to say does no harm then.
        if (this.#link.phase === "syncing") throw new JuteError(`packet of type ${type} while syncing`);
        this.#state.notice("warn", `leader ${this.leaderSid} has sent a packet of type ${type}: ignored`);
    }
  }

  #committed({ txn, entry }: LoggedEntry, leader: number | undefined): void {
    this.#relay.master?.committed(entry, leader);
    if (leader === undefined || txn.body.type !== OpCode.reconfig) return;
    this.#end.reconfigured(this.#state.parseMembership(txn.body.data), leader);
  }

  #epochChanges(zxid: Zxid): void {
    this.#epochs.change(zxid, this.#proposals.last);
    this.#relay.master?.offerEpoch(this.#epochs.epoch);
  }

  // The leader's history comes

  snapshotReceived({ link, database }: SnapshotReceived): void {
    if (link === this.#link.id && this.#link.phase === "receiving") this.#catchUp.received(database);
  }

  jobDone(done: JobDone): void {
    if (this.#catchUp.jobDone(done)) this.#takeHeld();
    else this.#connectAnew();
  }

  #connectAnew(): void {
    this.#link.close();
    this.#held.truncate(0);
    this.#catchUp.restart();
    this.#startDialing();
  }

  #upToDate(): void {
    const { zxid, membership } = this.#catchUp.newLeader;
    if (this.#link.phase === "syncing" || zxid === ZXID_ZERO)
      throw new JuteError("UPTODATE before NEWLEADER");
    // Apache's leaders send the last one that they have seen, committed or not.
    const isCommitted = membership !== null && !this.#proposals.isPending(membership.version);
    if (isCommitted && !this.#end.reconfigured(membership, undefined)) return;
    const wasServing = this.isServing;
    if (!wasServing) this.#serve();
    this.#end.established(this.#epochs.epoch);
    this.#relay.feedObservers(this.#epochs.epoch);
    if (!wasServing) this.#link.sendDurable(encodeAck(zxid));
  }

  #serve(): void {
    const state = this.#state;
    const { isObserver, openedAtMs } = this.#link;
    this.#link.phase = "serving";
    state.showConfiguration();
    state.startServer(
      learnerChain(isObserver ? "observer" : "follower", (request) => this.#relay.forward(request)),
      {
        askLeader: (session, timeoutMs) => this.#relay.askAbout(session, timeoutMs),
        completeBeforeEpoch: this.#epochs.epoch,
      },
    );
    const { observer_sync_time, follower_sync_time } = state.peerStats.summaries;
    (isObserver ? observer_sync_time : follower_sync_time).add(state.nowMs - openedAtMs);
    state.event({ kind: "serving", state: this.state, epoch: this.#epochs.epoch });
  }

  // The disk and the observers fed from here

  epochsStored(current: number | undefined): void {
    if (this.#epochs.stored(current)) this.#takeHeld();
  }

  persisted(): void {
    this.#proposals.persisted();
  }

  snapshotSent(link: LinkId): void {
    this.#relay.master?.snapshotSent(link);
  }

  logSurveyed(survey: LogSurveyed): void {
    this.#relay.master?.logSurveyed(survey);
  }

  stop(): readonly LogEntry[] {
    this.#isStopped = true;
    this.#dial.stop();
    this.#relay.master?.stop();
    this.#link.close();
    return this.#proposals.entries();
  }
}

function keep(packet: QuorumPacket): QuorumPacket {
  return { ...packet, data: packet.data === null ? null : new Uint8Array(packet.data) };
}
