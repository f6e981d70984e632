import { Buffer } from "node:buffer";
import { parseDecimal } from "../base/decimal.ts";
import type { Endpoint } from "../base/ports.ts";
import { foreignHello } from "./foreign-hello.ts";
import { FRAME_HEADER_BYTES, FrameLengthError, FrameReader } from "./frame.ts";
import { JuteReader } from "./jute-reader.ts";
import { JuteWriter } from "./jute-writer.ts";

/** What a dialer says first on an election connection (quorum-protocol 1.3). */
export interface InitialMessage {
  /** Who dials. */
  readonly sid: number;
  /** Where the dialer's election port is; empty before ZooKeeper 3.5, and when it names wildcards only. */
  readonly addresses: readonly Endpoint[];
}

/** An initial message or a frame that no server sends: the connection is to be closed. */
export class ElectionWireError extends Error {
  override readonly name = "ElectionWireError";
}

/** Highest length of a notification's payload, in bytes. */
export const NOTIFICATION_BYTES_MAX = 512 * 1024;
/** Highest length of the addresses' text in an initial message, in bytes. */
export const ADDRESS_BYTES_MAX = 2048;

const VERSION_1 = -65_536;
const VERSION_2 = -65_535;
const HEADER_BYTES = 20;
/** What observers without an id send; such ids cannot be dialed back (quorum-protocol 1.3). */
const NO_SID_HI = 0x7fff_ffff;

/**
 * The initial message, to be sent in one write: Java reads the addresses with one call. Version 2 lists all `addresses` and is for
 * `multiAddress.enabled`; servers before 3.6 do not know it (ZOOKEEPER-3720). Version 1 takes the first one.
 */
export function encodeInitialMessage(
  sid: number,
  addresses: readonly Endpoint[],
  version: 1 | 2,
): Uint8Array {
  const listed = version === 1 ? addresses.slice(0, 1) : addresses;
  const text = Buffer.from(listed.map(endpointText).join("|"));
  const writer = new JuteWriter(HEADER_BYTES + text.length);
  writer.writeLong(version === 1 ? VERSION_1 : VERSION_2);
  writer.writeLong(sid);
  writer.writeBuffer(text);
  return writer.take(0);
}

/** A notification's payload with its length in front, to be sent in one write. */
export function encodeElectionFrame(payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  frame.writeInt32BE(payload.length, 0);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/**
 * Reads an initial message from the start of `bytes`: undefined while it is not all there. The second part of the result is how many
 * bytes it took. Throws {@link ElectionWireError} as early as what is there shows that it is none.
 */
export function decodeInitialMessage(bytes: Uint8Array): readonly [InitialMessage, number] | undefined {
  const reader = new JuteReader(bytes, ADDRESS_BYTES_MAX);
  if (reader.remaining < 8) return undefined;
  const foreign = foreignHello(reader.readInt());
  if (foreign !== undefined) throw new ElectionWireError(foreign);
  reader.position = 0;
  const version = readLong(reader, "sid");
  if (version >= 0) return [{ sid: version, addresses: [] }, 8]; // before 3.5 there is only the sid
  if (version !== VERSION_1 && version !== VERSION_2) {
    throw new ElectionWireError(`an initial message of version ${version}`);
  }
  if (reader.remaining < HEADER_BYTES - 8) return undefined;
  const sid = readLong(reader, "sid");
  const length = reader.readInt();
  if (length < 1 || length > ADDRESS_BYTES_MAX) {
    throw new ElectionWireError(`an initial message with ${length} bytes of addresses`);
  }
  if (reader.remaining < length) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + HEADER_BYTES, length).toString("utf8");
  return [{ sid, addresses: text.split("|").map(parseAddress).filter(isDialable) }, HEADER_BYTES + length];
}

function readLong(reader: JuteReader, what: string): number {
  const { hi, lo } = reader.readInt64();
  const value = hi * 0x1_0000_0000 + (lo >>> 0);
  if (hi === NO_SID_HI) throw new ElectionWireError("an observer without an id: give it a myid of its own");
  if (!Number.isSafeInteger(value))
    throw new ElectionWireError(`an initial message with a ${what} out of range`);
  return value;
}

function parseAddress(text: string): Endpoint {
  const [, bracketed, plain, portText = ""] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = parseDecimal(portText);
  if (host === undefined || port === undefined || port > 65_535) {
    throw new ElectionWireError(
      `an initial message with a badly formed address: ${JSON.stringify(text.slice(0, 200))}`,
    );
  }
  return { host, port };
}

/** A wildcard tells nothing about where the dialer is. */
function isDialable({ host, port }: Endpoint): boolean {
  return port !== 0 && host !== "0.0.0.0" && !/^[0:]*$/.test(host);
}

function endpointText({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Cuts what arrives on an election connection: the initial message where this side was dialed, then payloads of notifications. Push a
 * chunk, then call {@link initial} (until it is there) and {@link next}. Both throw {@link ElectionWireError}.
 */
export class ElectionWireReader {
  readonly #frames = new FrameReader(NOTIFICATION_BYTES_MAX);
  /** The start of an initial message, as far as it has come; undefined when it is there, or not awaited. */
  #start: Buffer | undefined;

  constructor(awaitsInitial: boolean) {
    if (awaitsInitial) this.#start = Buffer.alloc(0);
  }

  push(chunk: Uint8Array): void {
    if (this.#start === undefined) this.#frames.push(chunk);
    else this.#start = Buffer.concat([this.#start, chunk]);
  }

  /** The initial message, once, when it is complete. */
  initial(): InitialMessage | undefined {
    if (this.#start === undefined) return undefined;
    const decoded = decodeInitialMessage(this.#start);
    if (decoded === undefined) return undefined;
    const [message, bytes] = decoded;
    this.#frames.push(this.#start.subarray(bytes));
    this.#start = undefined;
    return message;
  }

  /** The next notification's payload; it may be a view into the chunk. */
  next(): Uint8Array | undefined {
    if (this.#start !== undefined) return undefined;
    try {
      const payload = this.#frames.next();
      if (payload?.length === 0) throw new ElectionWireError("a notification of 0 bytes");
      return payload;
    } catch (error) {
      if (error instanceof FrameLengthError)
        throw new ElectionWireError(foreignHello(error.length) ?? `a notification of ${error.length} bytes`);
      throw error;
    }
  }
}
