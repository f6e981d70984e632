import type { Zxid } from "../../protocol/zxid.ts";
import type { LogEntry } from "../ready.ts";

/**
 * How prepared txns become committed ones. A standalone server is a quorum of one; in an ensemble Zab's leader takes this
 * place: it proposes to followers and counts their acks and the own disk's.
 */
export interface Broadcast {
  /** The next txn, in zxid order. Whoever implements it sees that it is appended to the log. */
  propose(entry: LogEntry): void;
  /** The own log is durable up to `zxid`. */
  persisted(zxid: Zxid): void;
  /** Every proposal up to this zxid may be applied. Never falls, never passes what was proposed. */
  readonly committed: Zxid;
  /** The last zxid proposed. */
  readonly proposed: Zxid;
}
