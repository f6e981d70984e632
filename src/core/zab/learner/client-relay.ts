import { Fifo } from "../../../base/fifo.ts";
import { JuteReader } from "../../../protocol/jute-reader.ts";
import { JuteWriter } from "../../../protocol/jute-writer.ts";
import { OpCode } from "../../../protocol/opcode.ts";
import type { SessionId } from "../../../protocol/session-id.ts";
import { ZXID_NONE, type Zxid } from "../../../protocol/zxid.ts";
import type { Request } from "../../pipeline/connection.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import { ObserverMaster } from "../master/observer-master.ts";
import { encodeRequest, encodeWithData, PacketType } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";
import type { LeaderLink } from "./leader-link.ts";
import type { ReceivedProposals } from "./received-proposals.ts";

/**
 * What goes to the leader for the clients of this server and for the observers that it feeds, and the answers (quorum-protocol 3.12,
 * 3.15, 3.16).
 */
export class ClientRelay {
  readonly #state: PeerState;
  readonly #link: LeaderLink;
  readonly #proposals: ReceivedProposals;
  /** Who has asked the leader, in order: an observer fed from here, or null for a client of this server. */
  readonly #syncAskers = new Fifo<LearnerHandler | null>();
  readonly #revalidationAskers = new Fifo<LearnerHandler | null>();
  #master: ObserverMaster | undefined;

  constructor(state: PeerState, link: LeaderLink, proposals: ReceivedProposals) {
    this.#state = state;
    this.#link = link;
    this.#proposals = proposals;
  }

  /** Feeds observers; undefined when nobody is fed here. */
  get master(): ObserverMaster | undefined {
    return this.#master;
  }

  /** Takes observers, or takes them along to the epoch, if this is a follower and the configuration has a port for them. */
  feedObservers(epoch: number): void {
    this.#master?.beginEpoch(epoch);
    if (this.#master !== undefined || this.#link.isObserver || this.#state.ensemble.observerMasterPort === 0)
      return;
    this.#master = new ObserverMaster(this.#state, epoch, {
      send: (bytes) => this.#link.send(bytes),
      syncAsked: (asker) => this.#syncAskers.push(asker),
      revalidationAsked: (asker) => this.#revalidationAskers.push(asker),
    });
  }

  /** A write or a sync of a client of this server. */
  forward(request: Request): void {
    const { frame, ids, operation } = request;
    request.askedBehind = this.#proposals.last;
    const body = new JuteWriter(8 + frame.length);
    body.writeInt64(request.sessionId);
    body.writeRaw(frame);
    if (operation.type === OpCode.sync) {
      this.#state.server?.learnerSide.syncAsked(request);
      this.#syncAskers.push(null);
    }
    const authinfo = operation.type === OpCode.createSession ? null : ids;
    this.#link.send(encodeRequest(body.bytes(), authinfo));
  }

  syncAnswered(): void {
    const asker = this.#syncAskers.shift();
    if (asker === null) this.#state.server?.learnerSide.syncAnswered();
    else if (asker !== undefined) this.#master?.syncAnswered(asker);
  }

  /** Whether a session lives that a client of this server wants to go on with. */
  askAbout(session: SessionId, timeoutMs: number): void {
    const body = new JuteWriter(12);
    body.writeInt64(session);
    body.writeInt(timeoutMs);
    this.#revalidationAskers.push(null);
    this.#link.send(encodeWithData(PacketType.REVALIDATE, ZXID_NONE, body.bytes()));
  }

  revalidated(zxid: Zxid, data: Uint8Array): void {
    const asker = this.#revalidationAskers.shift();
    if (asker !== null) {
      if (asker !== undefined) this.#master?.revalidated(asker, zxid, data);
      return;
    }
    const reader = new JuteReader(data);
    const session = reader.readInt64();
    this.#state.server?.revalidated(session, reader.readBoolean());
  }

  /** Answers a PING with the sessions that have been heard of since the last one. */
  ping(zxid: Zxid): void {
    const body = new JuteWriter(64);
    const touched = this.#state.server?.sessions.takeTouched() ?? [];
    for (const { id, timeoutMs, isClosing } of touched) {
      if (isClosing) continue;
      body.writeInt64(id);
      body.writeInt(timeoutMs);
    }
    this.#link.send(encodeWithData(PacketType.PING, zxid, body.bytes()));
  }
}
