import { Packer, Unpacker } from "./jute.ts";
import { type Arrival, frame, handshakeFrame, RawConnection } from "./raw-connection.ts";
import type { WireRequest } from "./requests.ts";

export interface WireReply {
  readonly xid: number;
  readonly zxid: bigint;
  readonly err: number;
  readonly body: Unpacker;
}

/** Id and password: enough to come back to a session, on this server or on another with its data. */
export interface SessionKey {
  readonly sessionId: bigint;
  readonly password: Buffer;
}

/** A plain session over the raw wire, for tests that do not write transcripts. */
export class WireSession {
  readonly #connection: RawConnection;
  readonly key: SessionKey;

  private constructor(connection: RawConnection, key: SessionKey) {
    this.#connection = connection;
    this.key = key;
  }

  /** A new session, or with a key an existing one; throws when the server refuses. */
  static async open(port: number, timeoutMs = 30_000, key?: SessionKey): Promise<WireSession> {
    const connection = await RawConnection.open(port);
    connection.send(handshakeFrame({ timeoutMs, ...key }));
    const r = new Unpacker(present(await connection.next(), "handshake"));
    r.int();
    const negotiated = r.int();
    const sessionId = r.long();
    const password = Buffer.from(r.buffer() ?? Buffer.alloc(0));
    if (negotiated <= 0)
      throw new Error(`the session was refused (${key === undefined ? "new" : "known"} id)`);
    return new WireSession(connection, { sessionId, password });
  }

  /** Sends a request and returns its reply; notifications in between are passed over. */
  async ask(request: WireRequest): Promise<WireReply> {
    const replies = await this.askAll([request]);
    return replies[0]!;
  }

  /** Sends all requests at once and returns their replies in order. */
  async askAll(requests: readonly WireRequest[]): Promise<WireReply[]> {
    const frames = requests.map((request, i) =>
      frame(
        new Packer()
          .int(i + 1)
          .int(request.op)
          .raw(request.body)
          .done(),
      ),
    );
    this.#connection.send(Buffer.concat(frames));
    const replies: WireReply[] = [];
    while (replies.length < requests.length) {
      const body = new Unpacker(present(await this.#connection.next(), requests[replies.length]!.label));
      const reply = { xid: body.int(), zxid: body.long(), err: body.int(), body };
      if (reply.xid !== -1) replies.push(reply);
    }
    return replies;
  }

  /** Like {@link ask}, but an error code is thrown. */
  async must(request: WireRequest): Promise<Unpacker> {
    const reply = await this.ask(request);
    if (reply.err !== 0) throw new Error(`${request.label}: error ${reply.err}`);
    return reply.body;
  }

  /** Leaves without closing the session. */
  drop(): void {
    this.#connection.destroy();
  }
}

function present(arrival: Arrival, what: string): Buffer {
  if (typeof arrival === "string") throw new Error(`${what}: ${arrival}`);
  return arrival;
}
