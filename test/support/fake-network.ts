import type { VirtualClock } from "../../sim/virtual-clock.ts";
import type { NetLink, NetLinkHandler, NetListener, Network } from "../../src/base/ports.ts";

const DELAY_MS = 1;

/** Streams in memory over the virtual clock: everything takes a millisecond. Ports belong to host names, which need not resolve. */
export class FakeNetwork {
  readonly #clock: VirtualClock;
  readonly #listeners = new Map<string, (link: NetLink) => NetLinkHandler>();
  /** Hosts whose name does not resolve. */
  readonly unresolved = new Set<string>();
  /** `host:port` that cannot be bound. */
  readonly unbindable = new Set<string>();
  /** Every dial, `host:port`. */
  readonly dials: string[] = [];
  /** Both ends of every open link. */
  readonly links = new Set<FakeLink>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get listening(): string[] {
    return [...this.#listeners.keys()].sort();
  }

  /** The network as `host` sees it: what it binds to every address is bound to its name. */
  at(host: string): Network {
    return {
      listen: async (bound, accepted) => this.#listen(`${bound.host ?? host}:${bound.port}`, accepted),
      dial: ({ to }, opened, failed) => this.#dial(to.host, to.port, opened, failed),
    };
  }

  #listen(where: string, accepted: (link: NetLink) => NetLinkHandler): NetListener {
    if (this.unbindable.has(where)) throw new Error(`${where} cannot be bound`);
    if (this.#listeners.has(where)) throw new Error(`${where} is in use`);
    this.#listeners.set(where, accepted);
    return {
      port: Number(where.slice(where.lastIndexOf(":") + 1)),
      close: async () => void this.#listeners.delete(where),
    };
  }

  #dial(
    host: string,
    port: number,
    opened: (link: NetLink) => NetLinkHandler,
    failed: (reason: string) => void,
  ) {
    const where = `${host}:${port}`;
    this.dials.push(where);
    return this.#clock.after(DELAY_MS, () => {
      const accepted = this.#listeners.get(where);
      if (this.unresolved.has(host)) return failed(`${host} cannot be resolved`);
      if (accepted === undefined) return failed(`${where} refused`);
      const [near, far] = [new FakeLink(this, this.#clock, where), new FakeLink(this, this.#clock, "dialer")];
      near.other = far;
      far.other = near;
      far.handler = accepted(far);
      near.handler = opened(near);
    });
  }
}

class FakeLink implements NetLink {
  readonly remote: string;
  readonly #network: FakeNetwork;
  readonly #clock: VirtualClock;
  other: FakeLink | undefined;
  handler: NetLinkHandler | undefined;
  #isOpen = true;
  /** What a link that is not read holds back. */
  bufferedBytes = 0;
  #drained: (() => void)[] = [];

  constructor(network: FakeNetwork, clock: VirtualClock, remote: string) {
    this.#network = network;
    this.#clock = clock;
    this.remote = remote;
    network.links.add(this);
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    const copy = Buffer.from(bytes);
    this.#clock.after(DELAY_MS, () => {
      if (this.other?.isOpen) this.other.handler?.received(copy);
    });
  }

  flush(): void {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  whenDrained(callback: () => void): void {
    this.#drained.push(callback);
  }

  /** Ends the jam that a test made by setting {@link bufferedBytes}. */
  drain(): number {
    this.bufferedBytes = 0;
    const waiting = this.#drained.splice(0);
    for (const callback of waiting) callback();
    return waiting.length;
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.#end();
  }

  destroy(): void {
    this.#end();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#network.links.delete(this);
    this.#clock.after(DELAY_MS, () => {
      this.handler?.closed("closed here");
      this.other?.close();
    });
  }
}
