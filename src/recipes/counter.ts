import { type Client, MisuseError } from "../client/index.ts";
import type { WaitOptions } from "./patience.ts";
import { SharedValue, type ValueCodec } from "./shared-value.ts";
import { textOf, utf8 } from "./znode-path.ts";

/** Where a counter begins and how it is written. */
export interface CounterOptions {
  /** Value of a counter that does not exist yet; default 0. */
  readonly initial?: number | undefined;
  /**
   * "kazoo" (default): decimal text, kazoo's Counter. "curator": 4 bytes big-endian, Curator's SharedCount and
   * DistributedAtomicInteger, kazoo's Counter with `support_curator`.
   */
  readonly layout?: "kazoo" | "curator" | undefined;
}

/** Before and after a change. */
export interface Counted<N = number> {
  /** Right before the change. */
  readonly before: N;
  /** Right after it. */
  readonly after: N;
}

const DECIMAL: ValueCodec<number> = {
  encode: (value) => utf8(String(value)),
  decode: (data) => {
    const text = textOf(data);
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value))
      throw new MisuseError(`${JSON.stringify(text)} is no decimal counter: is it one of the other layout?`);
    return value;
  },
};

const INT32: ValueCodec<number> = {
  encode: (value) => {
    if (value !== (value | 0))
      throw new MisuseError(`the counter would be ${value}: it has 32 bits with sign`);
    const out = new Uint8Array(4);
    new DataView(out.buffer).setInt32(0, value);
    return out;
  },
  decode: (data) => view(data, 4).getInt32(0),
};

/** 8 bytes big-endian. @internal */
export const INT64: ValueCodec<bigint> = {
  encode: (value) => {
    if (BigInt.asIntN(64, value) !== value)
      throw new MisuseError(`the number would be ${value}: it has 64 bits with sign`);
    const out = new Uint8Array(8);
    new DataView(out.buffer).setBigInt64(0, value);
    return out;
  },
  decode: (data) => view(data, 8).getBigInt64(0),
};

function view(data: Uint8Array, length: number): DataView {
  if (data.length !== length)
    throw new MisuseError(
      `the number has ${data.length} bytes, not ${length}: is it one of the other layout?`,
    );
  return new DataView(data.buffer, data.byteOffset, length);
}

/**
 * A number that many processes count up and down; no step is lost.
 *
 * Layout: the data of `<path>`, persistent, as decimal text or as 4 bytes. Changed by comparing versions.
 */
export class Counter {
  /** The znode in which it lives. */
  readonly path: string;
  readonly #value: SharedValue<number>;

  constructor(client: Client, path: string, options: CounterOptions = {}) {
    this.path = path;
    const codec = options.layout === "curator" ? INT32 : DECIMAL;
    this.#value = new SharedValue(client, path, options.initial ?? 0, codec);
  }

  /** The number as this client's server knows it; the znode is created if it is missing. */
  async get(options: WaitOptions = {}): Promise<number> {
    return (await this.#value.get(options)).value;
  }

  /** Adds (a negative number: subtracts). A connection that breaks before the answer rejects with `outcome: "unknown"`. */
  async add(step: number, options: WaitOptions = {}): Promise<Counted> {
    const { before, after } = await this.#value.update((value) => value + step, options);
    return { before: before.value, after: after.value };
  }

  /** Sets the number whatever it was. */
  async set(value: number, options: WaitOptions = {}): Promise<void> {
    await this.#value.set(value, options);
  }
}
