import type { AdminView } from "../admin-view.ts";

/** Pieces of an answer, in order; newlines are part of them. Long answers come from a generator, piece by piece. */
export type Answer = Iterable<string>;

/** One four-letter word. */
export interface FourLetterWord {
  /**
   * What a server says that does not serve: `line` the usual text with a newline, `bare` the same without one (only
   * `hash`), `answers` that the word works all the same.
   */
  readonly whileNotServing: "line" | "bare" | "answers";
  /** Bytes that belong to the word and follow it (only `stmk`: 8). */
  readonly argumentBytes?: number;
  /** Makes the answer. `argument` has exactly {@link argumentBytes} bytes. */
  answer(view: AdminView, argument: Uint8Array): Answer | Promise<Answer>;
}
