import type { Names } from "./replies.ts";

/** One thing done and everything that was seen because of it. */
export interface Step {
  /** Unique within the scenario: who did what, with `#2`, `#3` … for repetitions. */
  readonly step: string;
  readonly seen: string;
}

/** At most a millisecond: shorter than any timer. */
function awaitLaterThan(time: number): void {
  while (Date.now() <= time);
}

/**
 * What one scenario saw on one server, in words that are equal on two servers that behave the same: zxids count
 * from the scenario's start, times are the number of the write that was under way, sessions go by their owner's name.
 */
export class Transcript implements Names {
  readonly steps: Step[] = [];
  readonly #base: bigint;
  readonly #writes: { readonly start: number; end: number }[] = [];
  readonly #sessions = new Map<bigint, string>();
  readonly #counts = new Map<string, number>();

  /** `base`: the last zxid before the scenario. Returns in a later millisecond than everything before. */
  constructor(base: bigint) {
    this.#base = base;
    awaitLaterThan(Date.now());
  }

  add(step: string, seen: string): void {
    const count = (this.#counts.get(step) ?? 0) + 1;
    this.#counts.set(step, count);
    this.steps.push({ step: count === 1 ? step : `${step} #${count}`, seen });
  }

  nameSession(id: bigint, name: string): void {
    this.#sessions.set(BigInt.asIntN(64, id), name);
  }

  /** Waits for the next millisecond, so that no two writes share one, and notes that a write begins. */
  beginWrite(): () => void {
    const previous = this.#writes.at(-1);
    if (previous !== undefined) awaitLaterThan(previous.end);
    const write = { start: Date.now(), end: Number.POSITIVE_INFINITY };
    this.#writes.push(write);
    return () => {
      write.end = Date.now();
    };
  }

  zxid(value: bigint): string {
    if (value === 0n || value === -1n) return String(value);
    return value < this.#base ? "old" : `+${value - this.#base}`;
  }

  time(value: bigint): string {
    if (value === 0n) return "0";
    const at = Number(value);
    const index = this.#writes.findIndex((write) => at >= write.start && at <= write.end);
    if (index >= 0) return `w${index + 1}`;
    const first = this.#writes[0];
    return first === undefined || at < first.start ? "before" : `between`;
  }

  session(value: bigint): string {
    return this.#sessions.get(BigInt.asIntN(64, value)) ?? `0x${BigInt.asUintN(64, value).toString(16)}`;
  }

  /** The zxid `offset` after the start of the scenario: for requests that must name one. */
  zxidAt(offset: bigint): bigint {
    return this.#base + offset;
  }
}
