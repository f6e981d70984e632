import dns from "node:dns";
import { type MockInstance, vi } from "vitest";

/** No name is known to this process, as long as it lasts: a real name service may take longer to say so than a test has. */
export class UnknownNames implements Disposable {
  readonly #lookup: MockInstance;

  constructor() {
    const refuse = (name: string, _options: object, done: (error: Error) => void): void =>
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" }));
    this.#lookup = vi.spyOn(dns, "lookup").mockImplementation(refuse as never);
  }

  [Symbol.dispose](): void {
    this.#lookup.mockRestore();
  }
}
