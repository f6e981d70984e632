import type { Rng } from "../../src/base/ports.ts";
import type { Trace } from "../trace.ts";
import type { VirtualClock } from "../virtual-clock.ts";
import type { VirtualNetwork } from "../virtual-network.ts";
import type { Mode } from "./mode.ts";

export interface ModeFaultsOptions {
  readonly rng: Rng;
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  /** Machines of servers and of clients. */
  readonly hosts: readonly string[];
  readonly clients: readonly string[];
  readonly trace: Trace;
  readonly mode: Mode;
}

/** A server without the others serves read-only after two seconds at the earliest. */
const ASIDE_MS_MIN = 3_000;
const ASIDE_MS = 5_000;
const ASIDE_PAUSE_MS = 3_000;
const CLIENT_RESET_PAUSE_MS = 4_000;

/** The harm that a mode is there to bear, beside what befalls everybody; whoever ends that heals this too. */
export class ModeFaults {
  readonly #options: ModeFaultsOptions;
  readonly counts = new Map<string, number>();
  /** The server that is cut off from the others. */
  aside: string | undefined;
  #isOver = false;

  constructor(options: ModeFaultsOptions) {
    this.#options = options;
  }

  /** Strikes until {@link stop}. */
  start(): void {
    const { hasReadOnly, sessions } = this.#options.mode;
    if (hasReadOnly) this.#again(ASIDE_PAUSE_MS, () => this.#serverAside());
    if (hasReadOnly || sessions !== "global") this.#again(CLIENT_RESET_PAUSE_MS, () => this.#clientReset());
  }

  stop(): void {
    this.#isOver = true;
  }

  #serverAside(): void {
    const { rng, hosts, network } = this.#options;
    if (this.aside !== undefined) return;
    const host = hosts[rng.below(hosts.length)]!;
    const others = hosts.filter((other) => other !== host);
    const ms = ASIDE_MS_MIN + rng.below(ASIDE_MS);
    this.#struck("server aside", `${host} is cut off from the other servers for ${ms} ms`);
    for (const other of others) {
      network.cut(host, other);
      network.cut(other, host);
    }
    this.aside = host;
    this.#later(ms, () => {
      this.aside = undefined;
      for (const other of others) network.heal(host, other);
    });
  }

  #clientReset(): void {
    const { rng, hosts, clients, network } = this.#options;
    const client = clients[rng.below(clients.length)]!;
    this.#struck("client reset", `connections of ${client} are reset`);
    for (const host of hosts) network.reset(client, host);
  }

  #struck(name: string, text: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.#options.trace.say("FAULT", text);
  }

  #again(pauseMs: number, strike: () => void): void {
    this.#later(this.#options.rng.below(pauseMs), () => {
      strike();
      this.#again(pauseMs, strike);
    });
  }

  #later(ms: number, then: () => void): void {
    this.#options.clock.after(ms, () => {
      if (!this.#isOver) then();
    });
  }
}
