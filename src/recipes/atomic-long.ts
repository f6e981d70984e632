import type { Client } from "../client/index.ts";
import { type Counted, INT64 } from "./counter.ts";
import type { WaitOptions } from "./patience.ts";
import { SharedValue } from "./shared-value.ts";

/**
 * A 64-bit number with the usual atomic operations.
 *
 * Layout (Curator's DistributedAtomicLong): the data of `<path>`, persistent, 8 bytes big-endian. Changed by comparing versions;
 * an overflow is refused with a MisuseError.
 */
export class AtomicLong {
  /** The znode in which it lives. */
  readonly path: string;
  readonly #value: SharedValue<bigint>;

  constructor(client: Client, path: string, options: { readonly initial?: bigint | undefined } = {}) {
    this.path = path;
    this.#value = new SharedValue(client, path, options.initial ?? 0n, INT64);
  }

  /** The number as this client's server knows it; the znode is created if it is missing. */
  async get(options: WaitOptions = {}): Promise<bigint> {
    return (await this.#value.get(options)).value;
  }

  /** Sets the number whatever it was. @throws MisuseError beyond 64 bits; ConnectionError with `outcome: "unknown"` */
  async set(value: bigint, options: WaitOptions = {}): Promise<void> {
    await this.#value.set(value, options);
  }

  /** Adds `step`, as {@link update} does. */
  add(step: bigint, options: WaitOptions = {}): Promise<Counted<bigint>> {
    return this.update((value) => value + step, options);
  }

  /** Adds 1. */
  increment(options: WaitOptions = {}): Promise<Counted<bigint>> {
    return this.add(1n, options);
  }

  /** Subtracts 1. */
  decrement(options: WaitOptions = {}): Promise<Counted<bigint>> {
    return this.add(-1n, options);
  }

  /** Sets `value` if the number is `expected`; false when it is another. */
  async compareAndSet(expected: bigint, value: bigint, options: WaitOptions = {}): Promise<boolean> {
    for (;;) {
      const found = await this.#value.get(options);
      if (found.value !== expected) return false;
      if (await this.#value.trySet(value, found.version, options)) return true;
    }
  }

  /**
   * Replaces the number by `change(number)`, again until nobody was faster.
   * @throws MisuseError beyond 64 bits; ConnectionError with `outcome: "unknown"` when the answer was lost and the version has moved
   */
  async update(change: (value: bigint) => bigint, options: WaitOptions = {}): Promise<Counted<bigint>> {
    const { before, after } = await this.#value.update(change, options);
    return { before: before.value, after: after.value };
  }
}
