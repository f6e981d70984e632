import { JuteError, JuteReader } from "../../../protocol/jute-reader.ts";
import type { QuorumPacket } from "../../../protocol/records/quorum.ts";
import { counterOf, epochOf, type Zxid, zxidText } from "../../../protocol/zxid.ts";
import { encodeAckEpoch, PacketType, PROTOCOL_VERSION_OURS } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";
import type { RoleEnd } from "../role.ts";
import type { LeaderLink } from "./leader-link.ts";

/** The epochs that a learner accepts of its leader: the one it joins in, and those that the leader goes on to. */
export class EpochAcceptance {
  readonly #state: PeerState;
  readonly #link: LeaderLink;
  readonly #end: RoleEnd;
  #epoch = 0;
  #isChanging = false;

  constructor(state: PeerState, link: LeaderLink, end: RoleEnd) {
    this.#state = state;
    this.#link = link;
    this.#end = end;
  }

  /** The last one accepted of this leader; 0 before. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The leader goes on to another epoch: until that is stored, nothing of it may get into the log (S11). */
  get isChanging(): boolean {
    return this.#isChanging;
  }

  /**
   * The leader's first packet.
   *
   * @param lastZxid up to where this server says that it has the history
   * @throws JuteError when it is not LEADERINFO
   */
  join({ type, zxid, data }: QuorumPacket, lastZxid: Zxid): void {
    const link = this.#link;
    const { acceptedEpoch } = this.#state;
    if (type !== PacketType.LEADERINFO) {
      throw new JuteError(`its first packet has type ${type}, not LEADERINFO`);
    }
    if (epochOf(zxid) < acceptedEpoch) {
      this.#end.ended(
        `leader ${link.leaderSid} leads epoch ${epochOf(zxid)}, but epoch ${acceptedEpoch} was accepted here: the data of ` +
          "this server is of another ensemble, or the others have lost theirs. To have the leader's data here, move version-2 " +
          "of this server aside (keep myid) and start it again",
      );
      return;
    }
    link.phase = "acknowledged";
    link.restartClock();
    link.isLeaderOurs = isOurs(data);
    this.#accept(epochOf(zxid), lastZxid);
  }

  /**
   * The leader goes on to another epoch without an election: everything before it is here, and stays.
   *
   * @throws JuteError when it may not
   */
  change(zxid: Zxid, lastZxid: Zxid): void {
    const { phase } = this.#link;
    if (phase !== "serving" || epochOf(zxid) <= this.#state.acceptedEpoch || counterOf(zxid) !== 0) {
      throw new JuteError(`LEADERINFO of ${zxidText(zxid)} while ${phase}`);
    }
    this.#isChanging = true;
    this.#state.notice("info", `leader ${this.#link.leaderSid} goes on to epoch ${epochOf(zxid)}`);
    this.#accept(epochOf(zxid), lastZxid);
  }

  /** Once accepted, an epoch is never accepted again: a second answer says -1 and does not count. */
  #accept(epoch: number, lastZxid: Zxid): void {
    const state = this.#state;
    let reply = -1;
    if (epoch > state.acceptedEpoch) {
      reply = state.currentEpoch;
      state.storeAccepted(epoch);
    }
    this.#epoch = epoch;
    this.#link.sendDurable(encodeAckEpoch(lastZxid, reply));
  }

  /** `current` is on disk. Whether a change is over with that. */
  stored(current: number | undefined): boolean {
    if (!this.#isChanging || current !== this.#state.acceptedEpoch) return false;
    this.#isChanging = false;
    return true;
  }
}

/** Whether a LEADERINFO is of a server of this project. */
function isOurs(data: Uint8Array | null): boolean {
  return data !== null && data.length >= 4 && new JuteReader(data).readInt() === PROTOCOL_VERSION_OURS;
}
