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
  readonly path: string;
  readonly #value: SharedValue<bigint>;

  constructor(client: Client, path: string, options: { readonly initial?: bigint | undefined } = {}) {
    this.path = path;
    this.#value = new SharedValue(client, path, options.initial ?? 0n, INT64);
  }

  async get(options: WaitOptions = {}): Promise<bigint> {
    return (await this.#value.get(options)).value;
  }

  async set(value: bigint, options: WaitOptions = {}): Promise<void> {
    await this.#value.set(value, options);
  }

  add(step: bigint, options: WaitOptions = {}): Promise<Counted<bigint>> {
    return this.update((value) => value + step, options);
  }

  increment(options: WaitOptions = {}): Promise<Counted<bigint>> {
    return this.add(1n, options);
  }

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

  async update(change: (value: bigint) => bigint, options: WaitOptions = {}): Promise<Counted<bigint>> {
    const { before, after } = await this.#value.update(change, options);
    return { before: before.value, after: after.value };
  }
}
