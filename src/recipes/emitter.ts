/** Listeners of one kind of event; each is told in a microtask of its own, so that none can break the others. */
export class Emitter<T> {
  readonly #listeners = new Set<(event: T) => void>();

  /** The returned function ends it. */
  on(listener: (event: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) queueMicrotask(() => listener(event));
  }
}
