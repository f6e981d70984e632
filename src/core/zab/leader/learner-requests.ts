import { JuteReader } from "../../../protocol/jute-reader.ts";
import { JuteWriter } from "../../../protocol/jute-writer.ts";
import type { QuorumPacket } from "../../../protocol/records/quorum.ts";
import { ZXID_NONE } from "../../../protocol/zxid.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import { encodeWithData, PacketType, SYNC_PACKET } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";
import type { Leadership } from "./leadership.ts";

/** What learners ask of their leader for their clients (quorum-protocol 3.12, 3.15). */
export class LearnerRequests {
  readonly #state: PeerState;
  readonly #leadership: Leadership;

  constructor(state: PeerState, leadership: Leadership) {
    this.#state = state;
    this.#leadership = leadership;
  }

  /** The answer to a PING: sessions that the learner has heard of. */
  touched(data: Uint8Array | null): void {
    const { server } = this.#state;
    if (data === null || server === null) return;
    const reader = new JuteReader(data);
    while (reader.remaining >= 12) {
      const session = reader.readInt64();
      server.leaderSide.touch(session, reader.readInt());
    }
  }

  /** A write, or a sync, which is answered behind all that was proposed before it. */
  request(handler: LearnerHandler, data: Uint8Array, authinfo: QuorumPacket["authinfo"]): void {
    handler.requests++;
    const kind = this.#state.server?.leaderSide.request(handler.link, data, authinfo);
    if (kind === "sync") this.#leadership.proposals?.answer(handler, SYNC_PACKET);
  }

  /**
   * Whether a session lives; from here on it is the learner's. The answer comes behind what was proposed before, as that may be the
   * session's: a learner tells its clients' txns by session and cxid, and another program that goes on with a session counts anew.
   *
   * @throws JuteError when the data is too short
   */
  revalidate(handler: LearnerHandler, data: Uint8Array): void {
    const { peerStats, server } = this.#state;
    peerStats.counters.revalidate_count++;
    const reader = new JuteReader(data);
    const session = reader.readInt64();
    const timeoutMs = reader.readInt();
    const isValid = server?.leaderSide.revalidate(handler.link, session, timeoutMs) ?? false;
    const answer = new JuteWriter(9);
    answer.writeInt64(session);
    answer.writeBoolean(isValid);
    const packet = encodeWithData(PacketType.REVALIDATE, ZXID_NONE, answer.bytes());
    this.#leadership.proposals?.answer(handler, packet);
  }
}
