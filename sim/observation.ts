import type { ClientState } from "../src/client/types.ts";
import type { Database } from "../src/core/tree/database.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import type { Greeting, SeenReply, Speaker } from "./client-exchange.ts";
import type { DurableState } from "./durable-view.ts";
import type { QuorumRule } from "./quorum-rule.ts";
import type { SeenNotification, SeenPacket } from "./quorum-stream.ts";
import type { KnownTxn, TxnHistory } from "./txn-history.ts";

/** One quorum connection: the learner dials. */
export interface LearnerLink {
  readonly id: number;
  readonly learner: number;
  readonly leader: number;
  /** What is called the leader here is a follower that feeds an observer (3.16). */
  readonly isRelayed: boolean;
}

/** Something that can be seen from outside of the servers, without their help. */
export type Observation =
  /** A server hands a packet to the network. */
  | {
      readonly kind: "sent" | "arrived";
      readonly link: LearnerLink;
      readonly isFromLeader: boolean;
      readonly packet: SeenPacket;
    }
  /** A side of the link is done with it. */
  | { readonly kind: "linkClosed"; readonly link: LearnerLink; readonly isAtLeader: boolean }
  | {
      readonly kind: "voted";
      readonly from: number;
      readonly to: number;
      readonly notification: SeenNotification;
    }
  /** A record has become durable. */
  | {
      readonly kind: "logged";
      readonly server: number;
      readonly zxid: Zxid;
      readonly previous: Zxid | undefined;
      readonly bytes: Uint8Array;
    }
  /** Something else has become durable: an epoch, a snapshot, a name. */
  | { readonly kind: "durable"; readonly server: number }
  /** A process begins. */
  | { readonly kind: "started"; readonly server: number }
  /** An operator has written the server's configuration, while it is off. */
  | { readonly kind: "configured"; readonly server: number }
  /** A process did not begin: it refuses its data. */
  | {
      readonly kind: "refused";
      readonly server: number;
      readonly reason: string;
      readonly isExcused: boolean;
    }
  | { readonly kind: "ended"; readonly server: number }
  /** A process ended by itself. Excused: its disk failed. */
  | { readonly kind: "failed"; readonly server: number; readonly reason: string; readonly isExcused: boolean }
  /** A server sends bytes to a client. */
  | { readonly kind: "served"; readonly server: number; readonly as: Speaker }
  /** A server answers a client's first frame, or a request of it: as it is written. */
  | {
      readonly kind: "greeted";
      readonly server: number;
      readonly client: string;
      readonly greeting: Greeting;
    }
  | { readonly kind: "replied"; readonly server: number; readonly client: string; readonly reply: SeenReply }
  /** These txns are decided, as the history now says. */
  | { readonly kind: "committed"; readonly txns: readonly KnownTxn[] }
  /** A client was told that its write is done, in the txn of that zxid; `path` and `data` are what was written. */
  | {
      readonly kind: "acknowledged";
      readonly client: string;
      readonly zxid: Zxid;
      readonly path: string;
      readonly data: string | null;
    }
  /** A client got an answer of any kind on a session; `zxid` is what the server had applied by then. */
  | { readonly kind: "answered"; readonly client: string; readonly session: string; readonly zxid: Zxid }
  /** A client stands elsewhere from now on, as it says itself. */
  | { readonly kind: "state"; readonly client: string; readonly state: ClientState }
  /** A client knows another session from now on. */
  | { readonly kind: "session"; readonly client: string; readonly session: string }
  /** A read has set a watch on the znode, whose last change it showed. */
  | { readonly kind: "watched"; readonly client: string; readonly path: string; readonly mzxid: Zxid }
  | { readonly kind: "notified"; readonly client: string; readonly path: string }
  /** A read without a watch has shown the znode's last change. */
  | { readonly kind: "read"; readonly client: string; readonly path: string; readonly mzxid: Zxid }
  /** Nothing is done to anybody from now on; these sessions live, and their clients are there. */
  | { readonly kind: "calm"; readonly sessions: readonly string[] }
  /** Nothing is left of the faults: whoever is connected from now on stays so. */
  | { readonly kind: "steady"; readonly clients: readonly string[] }
  /** Sessions of dead clients are over; these are all that clients know. */
  | { readonly kind: "rest"; readonly sessions: readonly string[] }
  /** The faults are over: this is what a server has in memory. */
  | { readonly kind: "settled"; readonly server: number; readonly database: Database }
  /** One line of a server's log. */
  | { readonly kind: "said"; readonly server: number; readonly level: string; readonly message: string };

/** What checkers may look at. */
export interface Facts {
  readonly nowMs: number;
  /** How quorums are counted by the configuration that is decided. */
  readonly rule: QuorumRule;
  durable(server: number): DurableState;
  readonly history: TxnHistory;
  /** The state that the decided txns make on an empty tree. */
  readonly expected: Database;
  /** Says that everything up to `zxid` is decided. Returns what that contradicts, if anything. */
  commit(zxid: Zxid): string | undefined;
}

/** An alarm: watches for one way of being wrong. */
export interface Checker {
  /** As the file is called. */
  readonly name: string;
  /** Returns what is wrong, if anything is. */
  see(seen: Observation, facts: Facts): string | undefined;
}
