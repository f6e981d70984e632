import { Buffer } from "node:buffer";
import { constants, crc32, createGunzip, deflateRaw } from "node:zlib";
import { JuteError } from "../../protocol/jute-reader.ts";

/** Header of a gzip member: magic, deflate, no flags, no time, no extra flags, unknown system. */
const HEADER = Buffer.from("1f8b08000000000000ff", "hex");
/** An empty last block: closes a deflate stream that consists of blocks of slices. */
const LAST_BLOCK = Buffer.from("0300", "hex");
/** What one step of expanding hands on. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Compresses in slices into one gzip member. Each slice becomes blocks of its own, ended at a byte boundary, and is
 * compressed in the thread pool: the event loop is free, and nothing waits for the rest of the snapshot.
 */
export class GzipEncoder {
  #isStarted = false;
  #crc = 0;
  #bytes = 0;

  async encode(bytes: Uint8Array): Promise<Uint8Array> {
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.length;
    const blocks = await deflate(bytes);
    const isFirst = !this.#isStarted;
    this.#isStarted = true;
    return isFirst ? Buffer.concat([HEADER, blocks]) : blocks;
  }

  finish(): Uint8Array {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#bytes % 0x1_0000_0000, 4);
    return Buffer.concat(this.#isStarted ? [LAST_BLOCK, trailer] : [HEADER, LAST_BLOCK, trailer]);
  }
}

function deflate(bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflateRaw(bytes, { finishFlush: constants.Z_SYNC_FLUSH }, (error, out) =>
      error ? reject(error) : resolve(out),
    );
  });
}

/** Expands a gzip stream in bounded steps. Throws JuteError when it is damaged. */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const stream = createGunzip({ chunkSize: CHUNK_BYTES });
  let failure: unknown;
  const feeding = feed(stream, chunks).catch((error: unknown) => {
    failure = error;
    stream.destroy(error as Error);
  });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw failure ?? new JuteError(`a broken gzip stream: ${(error as Error).message}`);
  } finally {
    stream.destroy();
    await feeding;
  }
}

async function feed(
  stream: ReturnType<typeof createGunzip>,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.destroyed) return;
    // The stream keeps what it is given for a while, the giver reuses it.
    if (!stream.write(Buffer.from(chunk))) await drained(stream);
  }
  stream.end();
}

/** Resolves when the stream takes more, or never will. */
function drained(stream: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}
