import { Packer, Unpacker } from "./jute.ts";
import {
  type Arrival,
  frame,
  type HandshakeOptions,
  handshakeFrame,
  RawConnection,
} from "./raw-connection.ts";
import { derivedPassword, describeFrame, describeHandshake } from "./replies.ts";
import { closeSession, ping, type WireRequest } from "./requests.ts";
import type { Transcript } from "./transcript.ts";

const WRITES = new Set([1, 2, 5, 7, 14, 15, 16, 19, 21, -11]);

function isExpectedPassword(sessionId: bigint, password: Buffer): boolean {
  return derivedPassword(sessionId).equals(password);
}

export function frameOf(request: WireRequest, xid: number): Buffer {
  return frame(new Packer().int(xid).int(request.op).raw(request.body).done());
}

export interface CallOptions {
  /** Default: the next number of this connection. */
  readonly xid?: number;
  /** Sort neighbouring events: where ZooKeeper leaves their order open. */
  readonly areEventsUnordered?: boolean;
  /** What of the notes may differ from run to run is taken out of them. */
  readonly mask?: (seen: string) => string;
  /** Replaces the request's own words in the transcript. */
  readonly as?: string;
}

/** A client of a scenario: one connection whose every exchange goes into the transcript. */
export class Actor {
  readonly name: string;
  readonly #transcript: Transcript;
  readonly #port: number;
  #connection: RawConnection;
  #xid = 0;
  readonly #ops = new Map<number, number>();
  sessionId = 0n;
  password: Buffer = Buffer.alloc(16);
  /** The server ended the session in answer to this client. */
  isSessionClosed = false;

  constructor(name: string, transcript: Transcript, port: number, connection: RawConnection) {
    this.name = name;
    this.#transcript = transcript;
    this.#port = port;
    this.#connection = connection;
  }

  get connection(): RawConnection {
    return this.#connection;
  }

  /** Exchanges the handshake; the answer, or that there was none, goes into the transcript. */
  handshake(options: HandshakeOptions = {}, pipelined: readonly WireRequest[] = []): Promise<void> {
    const frames = pipelined.map((request) => this.#prepare(request));
    return this.sendHandshake(Buffer.concat([handshakeFrame(options), ...frames]));
  }

  /** The same with the bytes given. */
  async sendHandshake(bytes: Uint8Array, as = "handshake"): Promise<void> {
    const done = this.#transcript.beginWrite();
    this.connection.send(bytes);
    const answer = await this.connection.next();
    let seen = typeof answer === "string" ? answer : this.#accept(answer);
    if (typeof answer !== "string" && answer.readInt32BE(4) === 0) {
      seen += ` | ${String(await this.connection.next())}`;
    }
    done();
    this.#transcript.add(`${this.name}: ${as}`, seen);
  }

  #accept(answer: Buffer): string {
    const r = new Unpacker(answer);
    r.int();
    const timeout = r.int();
    const id = r.long();
    if (timeout > 0) {
      this.sessionId = id;
      this.password = Buffer.from(r.buffer() ?? Buffer.alloc(0));
      const isNew = this.#transcript.session(id).startsWith("0x");
      if (isNew) this.#transcript.nameSession(id, this.name);
    }
    return describeHandshake(answer, this.#transcript, isExpectedPassword);
  }

  /** A new connection for the same session (or, with other options, for whatever they say). */
  async reconnect(options: HandshakeOptions = {}): Promise<void> {
    this.#connection = await RawConnection.open(this.#port);
    await this.handshake({ sessionId: this.sessionId, password: this.password, ...options });
  }

  #prepare(request: WireRequest, xid: number = ++this.#xid): Buffer {
    this.#ops.set(xid, request.op);
    return frameOf(request, xid);
  }

  #describe(arrival: Arrival): string {
    if (typeof arrival === "string") return arrival;
    return describeFrame(arrival, (xid) => (xid === -2 ? 11 : (this.#ops.get(xid) ?? 0)), this.#transcript);
  }

  /** Sends a request and notes all frames up to and including its reply, or the end of the connection. */
  async call(request: WireRequest, options: CallOptions = {}): Promise<string> {
    const isWrite = WRITES.has(request.op);
    const done = isWrite ? this.#transcript.beginWrite() : undefined;
    const xid = options.xid ?? ++this.#xid;
    const bytes = this.#prepare(request, xid);
    if (!this.connection.isClosed) this.connection.send(bytes);
    const seen = await this.#collect(request.op === ping.op ? -2 : xid);
    if (request.op === closeSession.op && typeof seen.at(-1) === "string") {
      if (!seen.at(-1)!.startsWith("closed")) seen.push(this.#describe(await this.connection.next()));
      this.isSessionClosed = true;
    }
    done?.();
    const words = options.areEventsUnordered === true ? sortEvents(seen) : seen;
    const seenText = words.join(" | ");
    const text = options.mask === undefined ? seenText : options.mask(seenText);
    this.#transcript.add(`${this.name}: ${options.as ?? request.label}`, text);
    return text;
  }

  /** Frames up to and including the reply with this xid. */
  async #collect(xid: number): Promise<string[]> {
    const seen: string[] = [];
    for (;;) {
      const arrival = await this.connection.next();
      seen.push(this.#describe(arrival));
      if (typeof arrival === "string" || arrival.readInt32BE(0) === xid) return seen;
    }
  }

  /** Sends all requests in one segment, then notes frames until the last one is answered. */
  async pipeline(requests: readonly WireRequest[], options: CallOptions = {}): Promise<string> {
    const done = this.#transcript.beginWrite();
    const frames = requests.map((request) => this.#prepare(request));
    const last = requests.at(-1)!.op === ping.op ? -2 : this.#xid;
    this.connection.send(Buffer.concat(frames));
    const seen = await this.#collect(last);
    done();
    const label = options.as ?? requests.map((request) => request.label).join(" + ");
    this.#transcript.add(`${this.name}: pipelined ${label}`, seen.join(" | "));
    return seen.join(" | ");
  }

  /** Sends requests byte by byte, a segment each; the replies are to be received. */
  async trickle(requests: readonly WireRequest[]): Promise<void> {
    const done = this.#transcript.beginWrite();
    for (const byte of Buffer.concat(requests.map((request) => this.#prepare(request)))) {
      this.connection.send(Buffer.from([byte]));
      await new Promise((next) => setImmediate(next));
    }
    await this.receive(requests.length, "receives what it asked for byte by byte");
    done();
  }

  /** Sends bytes as they are and notes what comes until the connection ends. */
  async sendAndWatchEnd(bytes: Uint8Array, as: string): Promise<void> {
    this.connection.send(bytes);
    await this.untilClosed(as);
  }

  /** Sends bytes as they are and notes what comes before the reply to a ping sent behind them. */
  async sendThenPing(bytes: Uint8Array, as: string, options: CallOptions = {}): Promise<void> {
    this.connection.send(bytes);
    await this.call(ping, { as, ...options });
  }

  /** Notes everything until the server closes the connection. */
  async untilClosed(as = "until closed", mask: (seen: string) => string = (seen) => seen): Promise<void> {
    const seen: string[] = [];
    for (;;) {
      const arrival = await this.connection.next();
      seen.push(this.#describe(arrival));
      if (typeof arrival === "string") break;
    }
    this.#transcript.add(`${this.name}: ${as}`, mask(seen.join(" | ")));
  }

  /** Notes the next `count` frames that come by themselves. */
  async receive(count: number, as = "receives", options: CallOptions = {}): Promise<void> {
    const seen: string[] = [];
    for (let i = 0; i < count; i++) seen.push(this.#describe(await this.connection.next()));
    const words = options.areEventsUnordered === true ? sortEvents(seen) : seen;
    this.#transcript.add(`${this.name}: ${as}`, words.join(" | "));
  }

  /** A ping: its reply comes behind every event that is already on its way. */
  settle(options: CallOptions = {}): Promise<string> {
    return this.call(ping, { as: "settle", ...options });
  }
}

function sortEvents(seen: readonly string[]): string[] {
  const events = seen.filter((entry) => entry.startsWith("event "));
  const others = seen.filter((entry) => !entry.startsWith("event "));
  return [...events.sort(), ...others];
}
