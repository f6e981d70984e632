import { Buffer } from "node:buffer";
import type { Endpoint, Log, NetLink, NetLinkHandler, Network } from "../../base/ports.ts";
import { ElectionWireError, ElectionWireReader, encodeElectionFrame } from "../../protocol/election-wire.ts";

/** With more than this on its way, a link gets no further notification: only the newest will be sent when it drains. */
const HELD_BACK_BYTES = 64 * 1024;

/**
 * Notifications on one link that nothing has come back for before the next one goes out on another. Whoever lives says something:
 * the answer, or its own search. A link that is dead on the way, without a reset, would else be found by the system only
 * after a quarter of an hour.
 */
const UNANSWERED_MAX = 4;

const COMPLAINTS_MAX = 16;

/** What all links of one server have in common. */
export interface ElectionContext {
  readonly sid: number;
  readonly network: Network;
  readonly log: Log;
  readonly connectTimeoutMs: number;
  readonly hasTcpKeepAlive: boolean;
  /** The initial message, as it is now. */
  initialMessage(): Uint8Array;
  /** Where the configurations say that a peer is; several are tried in turn. */
  addressesOf(sid: number): readonly Endpoint[];
  received(from: number, payload: Uint8Array): void;
  /** Nobody answers at any address of the peer. */
  unreachable(sid: number): void;
}

/**
 * The way to one peer: at most one link, at most one dial, at most one notification that waits (quorum-protocol 1.2, 1.4). The server with
 * the larger id is the one that dials; dialing a larger one only asks it to dial back.
 */
export class ElectionPeer {
  readonly sid: number;
  readonly #context: ElectionContext;
  #link: NetLink | undefined;
  /** The newest notification; sent again on a new link, as the other may not have got it. Undefined when there is none to be sent. */
  #newest: Uint8Array | undefined;
  #isNewestWritten = false;
  /** Notifications that went out on the link since something came. */
  #unanswered = 0;
  /** A link that broke with the newest notification on it has been dialed anew; once, as the next may break as well. */
  #hasRedialed = false;
  /** The link that is waited for to drain. */
  #draining: NetLink | undefined;
  /** Gives the dial in progress up. */
  #giveUp: (() => void) | undefined;
  /** What was complained about, so that a peer that is down costs one line, not one per notification. */
  readonly #complaints = new Set<string>();

  constructor(sid: number, context: ElectionContext) {
    this.sid = sid;
    this.#context = context;
  }

  get isLinked(): boolean {
    return this.#link !== undefined;
  }

  /** Nothing would be lost with this object: what waits for a server that nobody can dial waits for ever, and it will ask again. */
  get isIdle(): boolean {
    if (this.#link !== undefined || this.#giveUp !== undefined) return false;
    return this.#newest === undefined || this.#context.addressesOf(this.sid).length === 0;
  }

  /** A newer notification replaces one that has not left. */
  send(payload: Uint8Array): void {
    this.#newest = payload;
    this.#isNewestWritten = false;
    this.#hasRedialed = false;
    if (this.#unanswered >= UNANSWERED_MAX) this.dropLink();
    if (this.#link === undefined) this.dial(this.#context.addressesOf(this.sid));
    else this.#flush(this.#link);
  }

  /** What was sent, or was to be, is not true any more. */
  forget(): void {
    this.#newest = undefined;
    this.#isNewestWritten = false;
  }

  /** Dials one address after the other until one answers; nothing, when a dial is in progress. */
  dial(addresses: readonly Endpoint[]): void {
    if (this.#giveUp === undefined) this.#dialFirst(addresses);
  }

  /** Takes a link that the peer, of larger id, has dialed; its initial message has been read. */
  accept(link: NetLink, reader: ElectionWireReader): NetLinkHandler {
    this.#stopDialing(); // it would only ask for this link again
    const handler = this.#serve(link, reader);
    this.#deliver(link, reader);
    return handler;
  }

  /** Closes the link, as the peer, of smaller id, has asked for another one. */
  dropLink(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.destroy();
  }

  /** Closes the link for what came on it. */
  endLink(reason: string): void {
    if (this.#link === undefined) return;
    const fields = { peer: this.sid, remote: this.#link.remote };
    this.#context.log.warn(fields, `election link of server ${this.sid} closed: ${reason}`);
    this.dropLink();
  }

  close(): void {
    this.#stopDialing();
    this.forget();
    this.dropLink();
  }

  #stopDialing(): void {
    this.#giveUp?.();
    this.#giveUp = undefined;
  }

  #dialFirst([to, ...others]: readonly Endpoint[]): void {
    const { network, connectTimeoutMs: timeoutMs, hasTcpKeepAlive } = this.#context;
    if (to === undefined) return;
    this.#giveUp = network.dial(
      { to, timeoutMs, hasTcpKeepAlive },
      (link) => {
        this.#giveUp = undefined;
        return this.#opened(link);
      },
      (reason) => {
        this.#giveUp = undefined;
        this.#complain(`cannot connect to the election port of server ${this.sid}: ${reason}`);
        if (others.length > 0) this.#dialFirst(others);
        else this.#context.unreachable(this.sid);
      },
    );
  }

  #opened(link: NetLink): NetLinkHandler {
    link.write(this.#context.initialMessage());
    if (this.sid > this.#context.sid) {
      link.close(); // the larger one dials back
      return { received() {}, closed() {} };
    }
    return this.#serve(link, new ElectionWireReader(false));
  }

  #serve(link: NetLink, reader: ElectionWireReader): NetLinkHandler {
    const former = this.#link;
    this.#link = link;
    this.#unanswered = 0;
    former?.destroy();
    this.#complaints.clear();
    this.#isNewestWritten = false;
    this.#flush(link);
    return {
      received: (bytes) => {
        if (this.#link !== link) return;
        reader.push(bytes);
        this.#deliver(link, reader);
      },
      closed: () => {
        if (this.#link !== link) return;
        this.#link = undefined;
        if (this.#newest === undefined || this.#hasRedialed) return;
        this.#hasRedialed = true;
        this.dial(this.#context.addressesOf(this.sid));
      },
    };
  }

  /** Hands on what has come whole. What is malformed costs the link, and nothing else. */
  #deliver(link: NetLink, reader: ElectionWireReader): void {
    try {
      for (
        let payload = reader.next();
        payload !== undefined && this.#link === link;
        payload = reader.next()
      ) {
        this.#unanswered = 0;
        this.#context.received(this.sid, Buffer.from(payload)); // a view of memory that the link uses again
      }
    } catch (error) {
      if (!(error instanceof ElectionWireError)) throw error;
      this.endLink(error.message);
    }
  }

  #flush(link: NetLink): void {
    if (this.#newest === undefined || this.#isNewestWritten) return;
    if (link.bufferedBytes > HELD_BACK_BYTES) {
      this.#flushWhenDrained(link);
      return;
    }
    this.#isNewestWritten = true;
    this.#unanswered++;
    link.write(encodeElectionFrame(this.#newest));
  }

  #flushWhenDrained(link: NetLink): void {
    if (this.#draining === link) return;
    this.#draining = link;
    link.whenDrained(() => {
      if (this.#draining === link) this.#draining = undefined;
      if (this.#link === link) this.#flush(link);
    });
  }

  #complain(complaint: string): void {
    if (this.#complaints.has(complaint)) return;
    if (this.#complaints.size >= COMPLAINTS_MAX) this.#complaints.clear();
    this.#complaints.add(complaint);
    this.#context.log.warn({ peer: this.sid }, complaint);
  }
}
