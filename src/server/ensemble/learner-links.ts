import type { NetLink, NetLinkHandler, Network } from "../../base/ports.ts";
import type { Dial, DurableSend, LinkId, LinkSend } from "../../core/zab/peer-face.ts";
import { LearnerLink, type LinkContext } from "./learner-link.ts";
import type { LinkTraffic } from "./link-outbox.ts";

/**
 * Connections to the quorum port at the same time. An ensemble has at most 254 servers; the rest is room for those that come
 * back before their old connection is known to be dead. For one more, the oldest goes that has not said who it is.
 */
const ACCEPTED_MAX = 1024;

export interface LearnerLinksOptions extends Omit<LinkContext, "ended"> {
  readonly network: Network;
  /** `tcpKeepAlive`. */
  readonly hasTcpKeepAlive: boolean;
}

/** The links between this server and its leader or its learners. */
export class LearnerLinks {
  readonly #options: LearnerLinksOptions;
  readonly #context: LinkContext;
  readonly #links = new Map<LinkId, LearnerLink>();
  /** Dials that are under way, and how each is given up. */
  readonly #dials = new Map<LinkId, () => void>();
  #accepted = 0;
  #lastAccepted = 0;

  constructor(options: LearnerLinksOptions) {
    this.#options = options;
    this.#context = {
      ...options,
      ended: (link) => {
        this.#links.delete(link);
        if (link > 0) this.#accepted--;
      },
    };
  }

  /** Links that are open; dials do not count. */
  get size(): number {
    return this.#links.size;
  }

  /** What has been sent on a link, and what waits; nothing when it is gone. */
  traffic(id: LinkId): LinkTraffic {
    return this.#links.get(id)?.traffic ?? { packetsSent: 0, queuedPackets: 0, queuedBytes: 0 };
  }

  /** A learner has connected: for `Network.listen`. */
  accept(net: NetLink): NetLinkHandler {
    const { log, timer } = this.#options;
    if (this.#accepted >= ACCEPTED_MAX)
      this.#silent()?.giveUp("too many others have not said who they are either");
    if (this.#accepted >= ACCEPTED_MAX) {
      log.warn({ remote: net.remote }, `refused a learner: there are ${ACCEPTED_MAX} connections already`);
      timer.soon(() => net.destroy());
      return IGNORED;
    }
    const link = new LearnerLink(++this.#lastAccepted, net, this.#context);
    this.#accepted++;
    this.#links.set(link.id, link);
    this.#options.step({ kind: "linkAccepted", link: link.id, remote: net.remote });
    return link;
  }

  /** The oldest accepted link on which nothing has come. */
  #silent(): LearnerLink | undefined {
    for (const link of this.#links.values()) if (link.id > 0 && !link.hasSpoken) return link;
    return undefined;
  }

  dial({ link: id, host, port, timeoutMs }: Dial): void {
    const { network, hasTcpKeepAlive, step } = this.#options;
    const giveUp = network.dial(
      { to: { host, port }, timeoutMs, hasTcpKeepAlive },
      (net) => {
        this.#dials.delete(id);
        const link = new LearnerLink(id, net, this.#context);
        this.#links.set(id, link);
        step({ kind: "linkUp", link: id });
        return link;
      },
      (reason) => {
        this.#dials.delete(id);
        step({ kind: "linkDown", link: id, reason });
      },
    );
    this.#dials.set(id, giveUp);
  }

  /** In order, and at once: others wait for it. What is for a link that is gone is dropped. */
  send(sends: readonly LinkSend[]): void {
    for (const item of sends) {
      const link = this.#links.get(item.link);
      if (link !== undefined) link.send(item);
      else if (item.kind === "snapshot") item.walk.abandon();
    }
    for (const link of this.#links.values()) link.flush();
  }

  sendDurable(sends: readonly DurableSend[]): void {
    for (const { link, bytes } of sends) this.#links.get(link)?.sendBytes(bytes);
  }

  close(links: readonly LinkId[]): void {
    for (const id of links) {
      this.#dials.get(id)?.();
      this.#dials.delete(id);
      this.#links.get(id)?.close();
    }
  }

  closeAll(): void {
    this.close([...this.#dials.keys(), ...this.#links.keys()]);
  }
}

const IGNORED: NetLinkHandler = { received() {}, closed() {} };
