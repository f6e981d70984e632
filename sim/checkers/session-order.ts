import type { Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S22: what a session has seen, it never sees undone: the zxids of its answers do not go back, whatever server answers. */
export class SessionOrder implements Checker {
  readonly name = "session-order";
  readonly #last = new Map<string, Zxid>();

  see(seen: Observation): string | undefined {
    if (seen.kind !== "answered") return undefined;
    const last = this.#last.get(seen.session);
    if (last !== undefined && seen.zxid < last) {
      return `${seen.client}: an answer as of ${show(seen.zxid)} behind one as of ${show(last)}`;
    }
    this.#last.set(seen.session, seen.zxid);
    return undefined;
  }
}
