import { Readable } from "node:stream";

/** Characters of an answer that are made in one event-loop turn. */
const CHUNK_CHARS = 16 * 1024;

/**
 * Makes a response body of `pieces`, in UTF-8: bytes if it is short (so the reply has a length), else a stream that
 * makes the next part only when the last one has been taken, one part per event-loop turn.
 */
export function answerBody(pieces: Iterable<string>, nextTurn: () => Promise<void>): Buffer | Readable {
  const chunks = inChunks(pieces);
  const first = chunks.next();
  if (first.done) return Buffer.alloc(0);
  const second = chunks.next();
  if (second.done) return Buffer.from(first.value);
  return Readable.from(paced([first.value, second.value], chunks, nextTurn), { objectMode: false });
}

async function* paced(
  made: readonly string[],
  rest: Iterable<string>,
  nextTurn: () => Promise<void>,
): AsyncIterable<string> {
  yield* made;
  for (const chunk of rest) {
    yield chunk;
    await nextTurn();
  }
}

function* inChunks(pieces: Iterable<string>): Generator<string, void> {
  let chunk = "";
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length >= CHUNK_CHARS) {
      yield chunk;
      chunk = "";
    }
  }
  if (chunk !== "") yield chunk;
}
