import type { ServerAddress } from "../connect-string.ts";
import type { ConnectionFailure } from "../errors.ts";
import type { ClientState, GapEvent, WatchEvent } from "../types.ts";
import type { Call } from "./call.ts";
import type { Watcher, WatchTable } from "./watch-registry.ts";

/** Why a link ended, in the words of the one who knows: the dialer. */
export interface LinkFailure {
  readonly kind: ConnectionFailure;
  /** What happened and what to do, without the server's name. */
  readonly message: string;
  readonly cause?: unknown;
}

/** Everything that can happen to the connection machine. A {@link Call} is a request of the program. */
export type Input =
  | Call
  | { readonly kind: "tick" }
  /** The link that was asked for is there: TCP is connected, and TLS is done where it is used. */
  | { readonly kind: "opened"; readonly link: number }
  /** Bytes, valid during the step only. */
  | { readonly kind: "received"; readonly link: number; readonly bytes: Uint8Array }
  | { readonly kind: "lost"; readonly link: number; readonly failure: LinkFailure }
  /** The answer to a probe: whether that server is connected to a quorum. */
  | { readonly kind: "probed"; readonly server: ServerAddress; readonly isReadWrite: boolean }
  /** The program has given the call up. */
  | { readonly kind: "withdrawn"; readonly call: Call; readonly reason: unknown }
  | {
      readonly kind: "unwatched";
      readonly table: WatchTable;
      readonly path: string;
      readonly watcher: Watcher;
    }
  /** Credentials for this connection and all that follow. */
  | { readonly kind: "auth"; readonly call: Call }
  | { readonly kind: "servers"; readonly servers: readonly ServerAddress[] }
  /** `keepsSession`: leave the session to whoever continues it. */
  | { readonly kind: "close"; readonly keepsSession: boolean };

/** What the program is to be told, in this order: a watch event that came before a reply is told before it. */
export type Delivery =
  | Call
  | { readonly kind: "event"; readonly event: WatchEvent | GapEvent; readonly watchers: readonly Watcher[] }
  | { readonly kind: "state"; readonly state: ClientState }
  /** Another session than before. */
  | { readonly kind: "session" }
  | { readonly kind: "notice"; readonly level: "debug" | "info" | "warn"; readonly message: string };

/** What the host is to do now. */
export interface Ready {
  /** For the current link; one write. */
  readonly output: Uint8Array | null;
  /** Close this link; nothing of it counts any more. After `output`. */
  readonly hangUp: number;
  /** Open a link with this number. */
  readonly dial: { readonly link: number; readonly server: ServerAddress } | null;
  /** Ask this server `isro` and tell with `probed`. */
  readonly probe: ServerAddress | null;
  readonly deliveries: readonly Delivery[];
}
