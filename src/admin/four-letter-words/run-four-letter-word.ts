import type { AdminView } from "../admin-view.ts";
import { NOT_SERVING } from "../not-serving.ts";
import { refusalOf } from "./whitelist.ts";
import type { Answer, FourLetterWord } from "./word.ts";
import { FOUR_LETTER_WORDS, type WordName } from "./word-table.ts";

/** Characters after which a chunk is handed to the socket and the event loop gets its turn. */
const CHUNK_CHARS = 16 * 1024;

export interface FourLetterWordOptions {
  /** Made once, at start, by `whitelistOf`. */
  readonly whitelist: ReadonlySet<string>;
  /** Resolves one event-loop turn later, so that a long answer does not keep requests waiting. */
  readonly nextTurn: () => Promise<void>;
}

/** Takes the next part of the answer, to be sent as UTF-8; a promise holds the answer back until the socket has room. */
export type WriteChunk = (chunk: string) => void | Promise<void>;

/**
 * Bytes to wait for behind `word` before it is run: 8 for `stmk`, 0 for the others and for a word that will only be
 * refused.
 */
export function argumentBytesOf(word: string, whitelist: ReadonlySet<string>): number {
  return whitelist.has(word) ? (wordNamed(word)?.argumentBytes ?? 0) : 0;
}

/**
 * Runs one word and resolves once the whole answer has been written; the caller then closes the connection.
 *
 * `word` is what `fourLetterWordOf` returned. `argument` are the {@link argumentBytesOf} bytes behind it; if the client
 * closed before all of them came, the answer is empty, as from Apache. Rejects if the view fails: then the caller logs
 * and closes.
 */
export async function runFourLetterWord(
  word: string,
  argument: Uint8Array,
  view: AdminView,
  options: FourLetterWordOptions,
  write: WriteChunk,
): Promise<void> {
  if (!options.whitelist.has(word)) return write(refusalOf(word));
  const entry = wordNamed(word);
  if (entry === undefined || argument.length < (entry.argumentBytes ?? 0)) return;
  const answer = mustRefuse(entry, view) ? [notServing(entry)] : await entry.answer(view, argument);
  await writeInChunks(answer, options.nextTurn, write);
}

function wordNamed(word: string): FourLetterWord | undefined {
  return Object.hasOwn(FOUR_LETTER_WORDS, word) ? FOUR_LETTER_WORDS[word as WordName] : undefined;
}

function mustRefuse(entry: FourLetterWord, view: AdminView): boolean {
  return entry.whileNotServing !== "answers" && !view.isServing();
}

function notServing(entry: FourLetterWord): string {
  return entry.whileNotServing === "line" ? `${NOT_SERVING}\n` : NOT_SERVING;
}

async function writeInChunks(
  answer: Answer,
  nextTurn: () => Promise<void>,
  write: WriteChunk,
): Promise<void> {
  let chunk = "";
  for (const piece of answer) {
    chunk += piece;
    if (chunk.length >= CHUNK_CHARS) {
      await write(chunk);
      chunk = "";
      await nextTurn();
    }
  }
  if (chunk !== "") await write(chunk);
}
