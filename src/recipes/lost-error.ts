import { ZooKeeperError } from "../client/index.ts";

/**
 * Why something that was held is not (certainly) held any more. `suspended`: the connection broke; the session may live, but
 * nobody can tell. `expired`: the session is over. `deleted`: somebody deleted the znode. `closed`: the client was closed.
 */
export type LossReason = "suspended" | "expired" | "deleted" | "closed";

/** A lock, a lead or a lease was lost while it was held. The reason of the holder's `signal`. */
export class LostError extends ZooKeeperError {
  override readonly name = "LostError";
  /** Why. */
  readonly reason: LossReason;
  /** The znode that stood for what was held. */
  readonly path: string;

  constructor(path: string, reason: LossReason) {
    super(`${path} is not held any more: ${TEXTS[reason]}`, { retryable: true, outcome: "unknown" });
    this.reason = reason;
    this.path = path;
  }
}

const TEXTS: Readonly<Record<LossReason, string>> = {
  suspended: "the connection broke, and another may hold it before this client knows",
  expired: "the session has expired",
  deleted: "somebody deleted the znode",
  closed: "the client was closed",
};
