import type { Endpoint, Log, NetLink, NetLinkHandler, Network, Timer } from "../../base/ports.ts";
import { memberOf, type ServerSpec } from "../../core/quorum/membership.ts";
import type { QuorumView } from "../../core/quorum/quorum-view.ts";
import {
  ElectionWireError,
  ElectionWireReader,
  encodeInitialMessage,
  type InitialMessage,
} from "../../protocol/election-wire.ts";
import { type BindAddress, ElectionListener } from "./election-listener.ts";
import { ElectionPeer } from "./election-peer.ts";

export interface ElectionNetworkOptions {
  readonly sid: number;
  readonly network: Network;
  readonly timer: Timer;
  readonly log: Log;
  /** `cnxTimeout`. */
  readonly connectTimeoutMs: number;
  /** `quorumCnxnTimeoutMs`: how long a dialer may take to say who it is. */
  readonly readTimeoutMs: number;
  /** `electionPortBindRetry`; 0 means for ever. */
  readonly bindRetries: number;
  /** `quorumListenOnAllIPs`. */
  readonly listensOnAllAddresses: boolean;
  /** `multiAddress.enabled`: the initial message names all addresses, which servers before 3.6 do not understand. */
  readonly sendsV2: boolean;
  /** `tcpKeepAlive`. */
  readonly hasTcpKeepAlive?: boolean;
  /** Servers outside of the configuration may connect: with reconfig that is how new members learn the configuration. */
  readonly acceptsStrangers?: boolean;
  /** A notification's payload; it belongs to the receiver. */
  received(from: number, payload: Uint8Array): void;
  /** Nobody answers at any election address of a peer that something was to be sent to. */
  unreachable(sid: number): void;
  /** The election port cannot be bound: this server can take part in no election (exit code 14). */
  failed(error: Error): void;
}

/** Links whose dialer has not said who it is; the oldest one goes for another. */
const HANDSHAKES_MAX = 64;
/** Servers outside of the configuration that are talked to at once. */
const STRANGERS_MAX = 64;

/**
 * The election links of one server (quorum-protocol 1.2 to 1.5): one per peer, dialed by the larger id. Notifications are not queued: the
 * newest one for a peer waits for its link, and goes out again on the next one until {@link forget}.
 */
export class ElectionNetwork {
  readonly #options: ElectionNetworkOptions;
  readonly #listener: ElectionListener;
  readonly #peers = new Map<number, ElectionPeer>();
  /** The links in their handshake, oldest first, with what stops their timeout. */
  readonly #handshakes = new Map<NetLink, () => void>();
  #view: QuorumView | undefined;
  /** Own addresses by the last configuration that had this server. */
  #own: readonly Endpoint[] = [];
  #isListening = false;
  #isClosed = false;

  constructor(options: ElectionNetworkOptions) {
    this.#options = options;
    this.#listener = new ElectionListener({
      network: options.network,
      timer: options.timer,
      log: options.log,
      bindRetries: options.bindRetries,
      accepted: (link) => this.#accepted(link),
      failed: (error) => options.failed(error),
    });
  }

  /** Who is where from now on. When this server's own election address has changed, its listener moves. */
  setView(view: QuorumView): void {
    this.#view = view;
    const own = memberOf(view.committed, this.#options.sid);
    if (own !== undefined) this.#own = electionAddresses(own);
    for (const [sid, peer] of this.#peers) {
      if (this.#isMember(sid)) continue;
      if (!this.#options.acceptsStrangers) peer.close();
      if (peer.isIdle) this.#peers.delete(sid);
    }
    if (this.#isListening) void this.#listener.listen(this.#bindAddresses());
  }

  /** Resolves when the election port is bound, or was given up ({@link ElectionNetworkOptions.failed}). {@link setView} comes first. */
  async listen(): Promise<void> {
    this.#isListening = true;
    await this.#listener.listen(this.#bindAddresses());
  }

  /** The bound election ports. */
  get ports(): readonly number[] {
    return this.#listener.ports;
  }

  /** Peers with a link. */
  get linkedPeers(): readonly number[] {
    return [...this.#peers.values()].filter(({ isLinked }) => isLinked).map(({ sid }) => sid);
  }

  /** Sends a notification as soon as there is a link, for which one is dialed. A newer one replaces it. */
  send(to: number, payload: Uint8Array): void {
    if (this.#isClosed || to === this.#options.sid) return;
    this.#peer(to).send(payload);
  }

  /** The state has changed: what waits, and what would be sent again on new links, is not true any more. */
  forget(): void {
    for (const peer of this.#peers.values()) peer.forget();
  }

  /** What came from the peer was no notification: its link is closed, if it still has one. */
  endLink(sid: number, reason: string): void {
    this.#peers.get(sid)?.endLink(reason);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const link of [...this.#handshakes.keys()]) this.#endHandshake(link, undefined);
    for (const peer of this.#peers.values()) peer.close();
    await this.#listener.close();
  }

  #bindAddresses(): BindAddress[] {
    if (!this.#options.listensOnAllAddresses) return [...this.#own];
    return [...new Set(this.#own.map(({ port }) => port))].map((port) => ({ host: null, port }));
  }

  #isMember(sid: number): boolean {
    return this.#view !== undefined && specsOf(this.#view, sid).length > 0;
  }

  #peer(sid: number): ElectionPeer {
    let peer = this.#peers.get(sid);
    if (peer === undefined) {
      const {
        network,
        log,
        connectTimeoutMs,
        hasTcpKeepAlive = false,
        received,
        unreachable,
      } = this.#options;
      peer = new ElectionPeer(sid, {
        sid: this.#options.sid,
        network,
        log,
        connectTimeoutMs,
        hasTcpKeepAlive,
        initialMessage: () =>
          encodeInitialMessage(this.#options.sid, this.#own, this.#options.sendsV2 ? 2 : 1),
        addressesOf: (of) => this.#addressesOf(of),
        received,
        unreachable,
      });
      this.#peers.set(sid, peer);
    }
    return peer;
  }

  /** By the committed configuration first, then by the one that is proposed. */
  #addressesOf(sid: number): Endpoint[] {
    return this.#view === undefined ? [] : distinct(specsOf(this.#view, sid).flatMap(electionAddresses));
  }

  #accepted(link: NetLink): NetLinkHandler {
    const { timer, readTimeoutMs } = this.#options;
    const reader = new ElectionWireReader(true);
    let served: NetLinkHandler | undefined;
    if (this.#handshakes.size >= HANDSHAKES_MAX) {
      const [oldest] = this.#handshakes.keys();
      this.#endHandshake(oldest!, "too many others have not said who they are either");
    }
    const stop = timer.after(readTimeoutMs, () =>
      this.#endHandshake(link, `it has not said who it is within ${readTimeoutMs} ms`),
    );
    this.#handshakes.set(link, stop);
    return {
      received: (bytes) => {
        if (served !== undefined) served.received(bytes);
        else if (this.#handshakes.has(link)) {
          reader.push(bytes);
          served = this.#introduce(link, reader);
        }
      },
      closed: (reason) => {
        this.#handshakes.get(link)?.();
        this.#handshakes.delete(link);
        served?.closed(reason);
      },
    };
  }

  /** Reads who has dialed. Returns the handler of the link from now on; undefined while it is not known, or when the link is closed. */
  #introduce(link: NetLink, reader: ElectionWireReader): NetLinkHandler | undefined {
    let dialer: InitialMessage | undefined;
    try {
      dialer = reader.initial();
    } catch (error) {
      if (!(error instanceof ElectionWireError)) throw error;
      this.#endHandshake(link, error.message);
      return undefined;
    }
    if (dialer === undefined) return undefined;
    const refusal = this.#refusalOf(dialer.sid);
    if (refusal !== undefined) {
      this.#endHandshake(link, refusal);
      return undefined;
    }
    if (dialer.sid > this.#options.sid) {
      this.#handshakes.get(link)?.();
      this.#handshakes.delete(link);
      return this.#peer(dialer.sid).accept(link, reader);
    }
    this.#endHandshake(link, undefined);
    const peer = this.#peer(dialer.sid);
    peer.dropLink();
    peer.dial(distinct([...dialer.addresses, ...this.#addressesOf(dialer.sid)]));
    return undefined;
  }

  #refusalOf(sid: number): string | undefined {
    if (sid === this.#options.sid)
      return "it has the id of this server: a mistake in a myid file or in the configuration";
    if (this.#isMember(sid)) return undefined;
    if (!this.#options.acceptsStrangers || sid < 0) return `server ${sid} is not in the configuration`;
    const strangers = [...this.#peers.values()].filter((peer) => !this.#isMember(peer.sid));
    for (const peer of strangers) if (peer.isIdle) this.#peers.delete(peer.sid);
    const isTooMany =
      strangers.filter(({ isIdle }) => !isIdle).length >= STRANGERS_MAX && !this.#peers.has(sid);
    return isTooMany
      ? `server ${sid} is not in the configuration, and neither are ${STRANGERS_MAX} others`
      : undefined;
  }

  /** Closes a link that is still in its handshake; a reason is told. */
  #endHandshake(link: NetLink, reason: string | undefined): void {
    this.#handshakes.get(link)?.();
    this.#handshakes.delete(link);
    link.destroy();
    if (reason === undefined) return;
    this.#options.log.warn({ remote: link.remote }, `election link from ${link.remote} closed: ${reason}`);
  }
}

/** What the configurations say of a server: the committed one, then the proposed one. */
function specsOf({ committed, lastSeen }: QuorumView, sid: number): ServerSpec[] {
  const specs = [memberOf(committed, sid), lastSeen === null ? undefined : memberOf(lastSeen, sid)];
  return specs.filter((spec) => spec !== undefined);
}

function electionAddresses({ addresses }: ServerSpec): Endpoint[] {
  return addresses.map(({ host, electionPort }) => ({ host, port: electionPort }));
}

function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map((endpoint) => [`${endpoint.host} ${endpoint.port}`, endpoint])).values()];
}
