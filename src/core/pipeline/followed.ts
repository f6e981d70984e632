import { InvariantViolation, invariant } from "../../base/invariant.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { Broadcast } from "./broadcast.ts";

/** The broadcast as a learner sees it: the leader proposes, and says what is committed. */
export class Followed implements Broadcast {
  #committed: Zxid;

  constructor(last: Zxid) {
    this.#committed = last;
  }

  get committed(): Zxid {
    return this.#committed;
  }

  get proposed(): Zxid {
    return this.#committed;
  }

  /** The leader has committed up to `zxid`. */
  commit(zxid: Zxid): void {
    invariant(zxid > this.#committed, () => `commit of ${zxid} after ${this.#committed}`);
    this.#committed = zxid;
  }

  propose(): never {
    throw new InvariantViolation("a learner has made a txn of its own");
  }

  persisted(): void {}
}
