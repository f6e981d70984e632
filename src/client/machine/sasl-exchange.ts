/** The client's side of one SASL exchange (client-protocol 6.6). */
export interface SaslExchange {
  /** First token; empty when the mechanism waits for a challenge. */
  readonly initial: Uint8Array;
  /**
   * Takes the server's token and returns the next one of ours, undefined when the exchange is complete, or why it cannot go
   * on: a challenge that is not one, or a server that does not know the password either.
   */
  respond(token: Uint8Array): Uint8Array | undefined | Error;
}
