import { invariant } from "../../base/invariant.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { LogEntry } from "../ready.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Outbox } from "./outbox.ts";

/** The broadcast of a standalone server: what its own disk has is committed. */
export class QuorumOfOne implements Broadcast {
  readonly #outbox: Outbox;
  #proposed: Zxid;
  #committed: Zxid;

  /** @param start the last zxid of the recovered database */
  constructor(outbox: Outbox, start: Zxid) {
    this.#outbox = outbox;
    this.#proposed = start;
    this.#committed = start;
  }

  get committed(): Zxid {
    return this.#committed;
  }

  get proposed(): Zxid {
    return this.#proposed;
  }

  propose(entry: LogEntry): void {
    invariant(entry.zxid > this.#proposed, () => `proposal ${entry.zxid} after ${this.#proposed}`);
    this.#proposed = entry.zxid;
    this.#outbox.append(entry);
  }

  persisted(zxid: Zxid): void {
    invariant(
      zxid <= this.#proposed,
      () => `persisted(${zxid}) before it was proposed (last is ${this.#proposed})`,
    );
    if (zxid > this.#committed) this.#committed = zxid;
  }
}
