import type { GapEvent, WatchEvent } from "./types.ts";

/** Events that may wait for a reader that is slower than the changes; then they become one gap. */
const EVENTS_MAX = 10_000;

/**
 * A persistent watch: an async iterator of events, or callbacks, or both. It survives reconnects and expired sessions; where
 * the protocol can have lost something in between, it says so with a {@link GapEvent}. It ends with `close`, with its
 * AbortSignal, or with the client.
 *
 * ```ts
 * await using watch = await zk.watch("/config", { mode: "persistent-recursive" });
 * for await (const event of watch) …
 * ```
 */
export class Watch implements AsyncIterable<WatchEvent | GapEvent>, AsyncDisposable {
  /** The path that is watched. */
  readonly path: string;
  readonly #callbacks = new Set<(event: WatchEvent | GapEvent) => void>();
  readonly #events: (WatchEvent | GapEvent)[] = [];
  readonly #readers: ((result: IteratorResult<WatchEvent | GapEvent, undefined>) => void)[] = [];
  #unregister: (() => void) | undefined;
  #isClosed = false;
  /** Events wait only for a program that iterates, from the first event on unless it has chosen callbacks. */
  #isIterated = false;

  constructor(path: string) {
    this.path = path;
  }

  /** True once no more events come. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls `callback` with each event, also those that came before anybody listened; the returned function ends that. */
  on(callback: (event: WatchEvent | GapEvent) => void): () => void {
    this.#callbacks.add(callback);
    if (!this.#isIterated) for (const event of this.#events.splice(0)) callback(event);
    return () => this.#callbacks.delete(callback);
  }

  /** Ends the watch, also on the server when it was the last on its path. Iterations end. */
  async close(): Promise<void> {
    this.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchEvent | GapEvent, undefined> {
    this.#isIterated = true;
    return {
      next: () => this.#next(),
      return: async () => {
        this.end();
        return { done: true, value: undefined };
      },
    };
  }

  /** @internal The client takes the watch from its tables with `unregister`. */
  begin(unregister: () => void): void {
    this.#unregister = unregister;
    if (this.#isClosed) unregister();
  }

  /** @internal */
  deliver(event: WatchEvent | GapEvent): void {
    if (this.#isClosed) return;
    for (const callback of this.#callbacks) callback(event);
    const reader = this.#readers.shift();
    if (reader !== undefined) reader({ done: false, value: event });
    else if (this.#isIterated || this.#callbacks.size === 0) this.#keep(event);
  }

  /** @internal */
  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unregister?.();
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  #keep(event: WatchEvent | GapEvent): void {
    if (this.#events.length >= EVENTS_MAX) {
      const afterZxid = undefined;
      this.#events.length = 0;
      this.#events.push({ type: "gap", path: this.path, reason: "overflow", afterZxid });
    }
    this.#events.push(event);
  }

  #next(): Promise<IteratorResult<WatchEvent | GapEvent, undefined>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }
}
