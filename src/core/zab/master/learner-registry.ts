import type { Zxid } from "../../../protocol/zxid.ts";
import { encodeBare, PacketType } from "../packets.ts";
import type { LinkAccepted, LinkId } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";
import { LearnerHandler } from "./learner-handler.ts";

/** The learners that are connected to this server, by link. */
export class LearnerRegistry {
  readonly #state: PeerState;
  readonly #onGone: (handler: LearnerHandler) => void;
  readonly #handlers = new Map<LinkId, LearnerHandler>();

  /** @param onGone a learner's link is closed or broken; it is none of these any more */
  constructor(state: PeerState, onGone: (handler: LearnerHandler) => void) {
    this.#state = state;
    this.#onGone = onGone;
  }

  get byLink(): ReadonlyMap<LinkId, LearnerHandler> {
    return this.#handlers;
  }

  get(link: LinkId): LearnerHandler | undefined {
    return this.#handlers.get(link);
  }

  [Symbol.iterator](): Iterator<LearnerHandler> {
    return this.#handlers.values();
  }

  /** When the first of them counts as dead. */
  get nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.#handlers.values()) next = Math.min(next, deadlineMs);
    return next;
  }

  accepted({ link, remote }: LinkAccepted): void {
    const { nowMs, initLimitMs, turn } = this.#state;
    const handler = new LearnerHandler(link, remote, nowMs + initLimitMs, turn.wallMs);
    handler.heardMs = nowMs;
    this.#handlers.set(link, handler);
  }

  /** A long packet is on its way from or to it. */
  progress(link: LinkId): void {
    const handler = this.#handlers.get(link);
    if (handler !== undefined) handler.deadlineMs = this.#state.nowMs + this.#state.initLimitMs;
  }

  /** Its link is gone. */
  forget(handler: LearnerHandler): void {
    this.#handlers.delete(handler.link);
    this.#onGone(handler);
  }

  close(handler: LearnerHandler, reason: string): void {
    this.#state.notice("warn", `closing the connection of ${handler.name}: ${reason}`);
    this.#state.out.close(handler.link);
    this.forget(handler);
  }

  /**
   * Where a learner of this id is connected that has answered within a tick, as each does two times a tick. A server that connects anew
   * has ended its former link, or that is dead; two servers of one id would close each other's links for ever.
   */
  liveRemoteOf(sid: number): string | undefined {
    const { nowMs, tickMs } = this.#state;
    for (const { heardMs, phase, remote, sid: other } of this.#handlers.values()) {
      if (other === sid && phase === "serving" && nowMs - heardMs <= tickMs) return remote;
    }
    return undefined;
  }

  /** One link per server: what came over an earlier one does not count. */
  closeOthersOf(handler: LearnerHandler): void {
    for (const other of this.#handlers.values()) {
      if (other !== handler && other.sid === handler.sid && other.phase !== "connected") {
        this.close(other, `server ${handler.sid} has connected anew from ${handler.remote}`);
      }
    }
  }

  /** Closes those that have been silent for too long, or owe an acknowledgement for too long. */
  closeLate(): void {
    const { nowMs, syncLimitMs } = this.#state;
    for (const handler of [...this.#handlers.values()]) {
      if (nowMs >= handler.deadlineMs)
        this.close(handler, `nothing was heard of it for ${nowMs - handler.heardMs} ms`);
      else if (handler.phase === "serving" && handler.isLate(nowMs, syncLimitMs)) {
        this.close(handler, `a proposal was not acknowledged within syncLimit (${syncLimitMs} ms)`);
      }
    }
  }

  ping(zxid: Zxid): void {
    const ping = encodeBare(PacketType.PING, zxid);
    for (const { link, isForwarding } of this.#handlers.values()) {
      if (isForwarding) this.#state.out.send(link, ping);
    }
  }

  /** The role ends: nobody is told of each. */
  closeAll(): void {
    for (const { link } of this.#handlers.values()) this.#state.out.close(link);
    this.#handlers.clear();
  }
}
