import type { Rng } from "../../base/ports.ts";
import type { ServerAddress } from "../connect-string.ts";
import type { Session } from "../types.ts";
import type { SaslExchange } from "./sasl-exchange.ts";

/** What the connection machine has to know. Durations in milliseconds, sizes in bytes. */
export interface MachineOptions {
  readonly servers: readonly ServerAddress[];
  readonly isShuffled: boolean;
  /** What is cut from the paths that the server sends; "" for none. */
  readonly chroot: string;
  readonly sessionTimeoutMs: number;
  readonly session: Session | undefined;
  readonly allowsReadOnly: boolean;
  /** Whether a new session follows an expired one. */
  readonly renewsSession: boolean;
  /** Starts a SASL exchange on a new connection. */
  readonly startSasl: (() => SaslExchange) | undefined;
  readonly pendingCallsMax: number;
  readonly requestBytesMax: number;
  readonly replyBytesMax: number;
  readonly backoffInitialMs: number;
  readonly backoffMaxMs: number;
  readonly rng: Rng;
}
