import { Changes } from "./changes.ts";

/** What a program prints, piece by piece, as a test reads it. */
export class GrowingText {
  readonly #changes = new Changes();
  readonly #clean: (text: string) => string;
  #unseen = "";

  /** @param clean takes out of all that is unseen what is not to be read; default: nothing */
  constructor(clean: (text: string) => string = (text) => text) {
    this.#clean = clean;
  }

  /** Not seen yet, as it was printed. */
  get unseen(): string {
    return this.#unseen;
  }

  readonly add = (piece: string): void => {
    this.#unseen += piece;
    this.#changes.note();
  };

  /**
   * Waits for a text that has not been seen yet; everything up to its end counts as seen then.
   *
   * @returns what came before it
   * @throws Error with all that is unseen when `deadlineMs` have passed
   */
  async sees(text: string, deadlineMs = 25_000): Promise<string> {
    const never = (): string => `never saw ${JSON.stringify(text)} in:\n${this.#clean(this.#unseen)}`;
    await this.#changes.until(() => this.#clean(this.#unseen).includes(text), deadlineMs, never);
    const clean = this.#clean(this.#unseen);
    const at = clean.indexOf(text);
    this.#unseen = clean.slice(at + text.length);
    return clean.slice(0, at);
  }
}
