import type { Rng } from "../../base/ports.ts";
import { formatAddress, type ServerAddress } from "../connect-string.ts";

/** Which server comes next: round robin over a list that was shuffled once, so that clients spread (client-protocol 10.1). */
export class ServerList {
  readonly #rng: Rng;
  readonly #isShuffled: boolean;
  #servers: ServerAddress[];
  #at = -1;
  #triesOfRound = 0;
  /** Servers to try first after the list changed, see {@link update}. */
  #preferred: ServerAddress[] = [];

  constructor(servers: readonly ServerAddress[], rng: Rng, isShuffled: boolean) {
    this.#rng = rng;
    this.#isShuffled = isShuffled;
    this.#servers = this.#ordered(servers);
  }

  get size(): number {
    return this.#servers.length;
  }

  get servers(): readonly ServerAddress[] {
    return this.#servers;
  }

  /** Whether every server was tried since the last {@link succeeded}, or since the last time this was true. */
  get isRoundDone(): boolean {
    return this.#triesOfRound >= this.#servers.length;
  }

  next(): ServerAddress {
    if (this.isRoundDone) this.#triesOfRound = 0;
    this.#triesOfRound++;
    const preferred = this.#preferred.shift();
    if (preferred !== undefined) {
      this.#at = this.#indexOf(preferred);
      return preferred;
    }
    this.#at = (this.#at + 1) % this.#servers.length;
    return this.#servers[this.#at]!;
  }

  /** A connection to the current server works: the next loss starts a new round. */
  succeeded(): void {
    this.#triesOfRound = 0;
    this.#preferred = [];
  }

  /** Makes `server` the next one. */
  prefer(server: ServerAddress): void {
    this.#preferred = [server];
  }

  /** The server behind `server` in the order, for looking around while connected; undefined when there is no other. */
  after(server: ServerAddress): ServerAddress | undefined {
    if (this.#servers.length < 2) return undefined;
    return this.#servers[(this.#indexOf(server) + 1) % this.#servers.length];
  }

  /**
   * Takes another list and says whether the client should leave `current`, so that all clients together end up spread evenly:
   * a growing ensemble takes over just the share of clients that the new servers are due, a shrinking one hands its clients
   * to the remaining servers such that those that had clients already get fewer of them (ZOOKEEPER-1355).
   */
  update(servers: readonly ServerAddress[], current: ServerAddress | undefined): boolean {
    const old = new Set(this.#servers.map(formatAddress));
    const before = this.#servers.length;
    this.#servers = this.#ordered(servers);
    this.#at = -1;
    this.#triesOfRound = 0;
    const kept = this.#servers.filter((server) => old.has(formatAddress(server)));
    const added = this.#servers.filter((server) => !old.has(formatAddress(server)));
    this.#preferred = [];
    if (current === undefined) return false;
    const stays = this.#indexOf(current) >= 0;
    const after = this.#servers.length;
    if (stays) {
      const isMoving = after > before && this.#chance(1 - before / after);
      if (isMoving) this.#preferred = this.#shuffled(added);
      else this.#at = this.#indexOf(current);
      return isMoving;
    }
    const keptShare =
      after > before || before === kept.length
        ? 0
        : (kept.length * (before - after)) / (after * (before - kept.length));
    this.#preferred = this.#shuffled(this.#chance(keptShare) ? kept : added);
    return true;
  }

  #chance(probability: number): boolean {
    return this.#rng.uint32() / 0x1_0000_0000 < probability;
  }

  #indexOf(server: ServerAddress): number {
    return this.#servers.findIndex(({ host, port }) => host === server.host && port === server.port);
  }

  #ordered(servers: readonly ServerAddress[]): ServerAddress[] {
    return this.#isShuffled ? this.#shuffled(servers) : [...servers];
  }

  #shuffled(servers: readonly ServerAddress[]): ServerAddress[] {
    const out = [...servers];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.#rng.below(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}
