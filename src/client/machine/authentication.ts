import { JuteReader } from "../../protocol/jute-reader.ts";
import type { Call } from "./call.ts";
import { Fifo } from "./fifo.ts";
import type { SaslExchange } from "./sasl-exchange.ts";

/**
 * The credentials of this client: all of them are sent again on every new connection, in the order in which they were added
 * (client-protocol 6.5). Their replies come in that order too, but beside those of other requests.
 */
export class Authentication {
  readonly #credentials: Call[] = [];
  readonly #awaited: Fifo<Call> = new Fifo();
  /** The SASL exchange of this connection, while it runs. */
  sasl: SaslExchange | undefined;

  get credentials(): readonly Call[] {
    return this.#credentials;
  }

  /** Whether the server still owes an answer. */
  get isAwaited(): boolean {
    return this.#awaited.length > 0;
  }

  add(call: Call): void {
    this.#credentials.push(call);
  }

  sent(call: Call): void {
    this.#awaited.push(call);
  }

  /** The call that a reply belongs to; undefined when none was sent. */
  answered(): Call | undefined {
    return this.#awaited.shift();
  }

  /** The connection is gone; credentials that were not answered are sent again on the next. */
  lost(): void {
    this.#awaited.drain();
    this.sasl = undefined;
  }
}

/** A reply during the exchange; errors carry a token too, or nothing (client-protocol 6.6). @throws JuteError */
export function readSaslReply(frame: Uint8Array): {
  readonly err: number;
  readonly token: Uint8Array | null;
} {
  const reader = new JuteReader(frame);
  reader.readInt();
  reader.readZxid();
  const err = reader.readInt();
  return { err, token: reader.remaining > 0 ? reader.readBuffer() : null };
}
