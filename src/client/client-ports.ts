import type { Clock, Log, Rng, Timer } from "../base/ports.ts";
import type { ServerAddress } from "./connect-string.ts";
import type { LinkFailure } from "./machine/ready.ts";

/** One connection to a server, as the client uses it. */
export interface ClientLink {
  write(bytes: Uint8Array): void;
  /** Sends what was written, then closes; the handler is not called any more. */
  close(): void;
}

/** Told about a link; all calls in the order of the events, none after `closed`, none before `dial` has returned. */
export interface ClientLinkHandler {
  opened(): void;
  /** Bytes that are valid during the call only. */
  received(bytes: Uint8Array): void;
  closed(failure: LinkFailure): void;
}

/** What a client is made of besides itself: `connect.ts` gives it Node's, the simulator virtual ones. */
export interface ClientPorts {
  readonly clock: Clock;
  /** `soon` runs before the next I/O: what it sends should not wait for a turn. */
  readonly timer: Timer;
  readonly rng: Rng;
  readonly log: Log;
  dial(server: ServerAddress, handler: ClientLinkHandler): ClientLink;
  md5(bytes: Uint8Array): Uint8Array;
}
