import type { Log, NetLink, NetLinkHandler, NetListener, Network, Timer } from "../../base/ports.ts";

/** Where to listen; host null is every address. */
export interface BindAddress {
  readonly host: string | null;
  readonly port: number;
}

export interface ElectionListenerOptions {
  readonly network: Network;
  readonly timer: Timer;
  readonly log: Log;
  /** `electionPortBindRetry`: how often an address is tried; 0 means for ever. */
  readonly bindRetries: number;
  accepted(link: NetLink): NetLinkHandler;
  /** No address can be bound: peers cannot reach this server any more. */
  failed(error: Error): void;
}

const RETRY_MS = 1000;

/** Listens on the election addresses of this server, and on others when they change (quorum-protocol 1.5). */
export class ElectionListener {
  readonly #options: ElectionListenerOptions;
  #binds: Bind[] = [];
  #isClosed = false;

  constructor(options: ElectionListenerOptions) {
    this.#options = options;
  }

  /** The bound ports. */
  get ports(): number[] {
    return this.#binds.flatMap(({ listener }) => (listener === undefined ? [] : [listener.port]));
  }

  /**
   * Listens on `addresses` and, as soon as that is known, on no others. Resolves when each is bound or given up; when all are given up
   * {@link ElectionListenerOptions.failed} has been called.
   */
  async listen(addresses: readonly BindAddress[]): Promise<void> {
    const kept = this.#binds.filter((bind) => addresses.some((address) => isSame(bind.address, address)));
    for (const bind of this.#binds) if (!kept.includes(bind)) void this.#release(bind);
    const added = addresses
      .filter((address) => !kept.some((bind) => isSame(bind.address, address)))
      .map(
        (address): Bind => ({
          address,
          listener: undefined,
          error: undefined,
          isReleased: false,
          cancel: undefined,
        }),
      );
    const binds = [...kept, ...added];
    this.#binds = binds;
    await Promise.all(added.map((bind) => this.#bind(bind)));
    const isCurrent = this.#binds === binds && !this.#isClosed;
    const error = binds.every((bind) => bind.error !== undefined) ? binds[0]?.error : undefined;
    if (isCurrent && error !== undefined) this.#options.failed(error);
  }

  /** Accepts nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#binds.map((bind) => this.#release(bind)));
  }

  async #bind(bind: Bind): Promise<void> {
    const { network, timer, log, bindRetries, accepted } = this.#options;
    for (let errors = 0; !bind.isReleased; ) {
      try {
        const listener = await network.listen(bind.address, accepted);
        bind.listener = listener;
        if (bind.isReleased) await listener.close();
        return;
      } catch (error) {
        errors++;
        log.error({ ...bind.address }, `the election port cannot be bound: ${(error as Error).message}`);
        if (bindRetries !== 0 && errors >= bindRetries) {
          bind.error = error as Error;
          return;
        }
      }
      if (bind.isReleased) return;
      await new Promise<void>((resolve) => {
        const stop = timer.after(RETRY_MS, resolve);
        bind.cancel = () => {
          stop();
          resolve();
        };
      });
    }
  }

  async #release(bind: Bind): Promise<void> {
    bind.isReleased = true;
    bind.cancel?.();
    await bind.listener?.close();
  }
}

interface Bind {
  readonly address: BindAddress;
  listener: NetListener | undefined;
  /** Why it was given up. */
  error: Error | undefined;
  isReleased: boolean;
  /** Ends the wait for the next try. */
  cancel: (() => void) | undefined;
}

function isSame(a: BindAddress, b: BindAddress): boolean {
  return a.host === b.host && a.port === b.port;
}
