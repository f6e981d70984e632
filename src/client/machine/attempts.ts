import { formatAddress, type ServerAddress } from "../connect-string.ts";
import { ConnectionError } from "../errors.ts";
import type { MachineOptions } from "./machine-options.ts";
import type { LinkFailure } from "./ready.ts";
import { ReconnectDelay } from "./reconnect-delay.ts";
import { ServerList } from "./server-list.ts";

/** An attempt (TCP, TLS, handshake, SASL) may take the session timeout divided by the servers, within these bounds. */
const ATTEMPT_MS_MIN = 1_000;
const ATTEMPT_MS_MAX = 10_000;

/** Whom to dial and when, and what came of it. */
export class Attempts {
  readonly list: ServerList;
  readonly #delay: ReconnectDelay;
  readonly #sessionTimeoutMs: number;
  readonly #failures = new Map<string, ConnectionError>();
  /** Of the last attempt or connection that failed. */
  lastFailure: ConnectionError | undefined;

  constructor(options: MachineOptions) {
    this.list = new ServerList(options.servers, options.rng, options.isShuffled);
    this.#delay = new ReconnectDelay(options.rng, options.backoffInitialMs, options.backoffMaxMs);
    this.#sessionTimeoutMs = options.sessionTimeoutMs;
  }

  /** The last failure of each server since the last time that it worked. */
  get failures(): readonly ConnectionError[] {
    return [...this.#failures.values()];
  }

  /** How long one attempt may take. */
  get patienceMs(): number {
    return Math.min(ATTEMPT_MS_MAX, Math.max(ATTEMPT_MS_MIN, this.#sessionTimeoutMs / this.list.size));
  }

  succeeded(server: ServerAddress): void {
    this.list.succeeded();
    this.#delay.reset();
    this.#failures.delete(formatAddress(server));
  }

  /** Notes why, and returns how long to wait before the next attempt. */
  failed(server: ServerAddress, { kind, message, cause }: LinkFailure, wasServing: boolean): number {
    const name = formatAddress(server);
    this.lastFailure = new ConnectionError(kind, `${name} ${message}`, { server: name, cause });
    this.#failures.set(name, this.lastFailure);
    if (wasServing) return this.#delay.afterLossMs();
    return this.list.isRoundDone ? this.#delay.afterRoundMs() : 0;
  }
}
