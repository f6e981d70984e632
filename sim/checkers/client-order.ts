import type { Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/**
 * 8.2: a client is not shown the past, whatever server answers and whatever becomes of its sessions: it tells each server what it has
 * seen last. A znode that it has read does not go back to an older change, unless what it saw came to nothing: a server without a
 * quorum shows what it has logged.
 */
export class ClientOrder implements Checker {
  readonly name = "client-order";
  readonly #last = new Map<string, Zxid>();
  /** By client and path. */
  readonly #shown = new Map<string, Zxid>();
  /** What was taken back as having come to nothing, with what is to be said if it is decided nevertheless. */
  readonly #takenBack = new Map<Zxid, string>();

  see(seen: Observation, { history }: Facts): string | undefined {
    switch (seen.kind) {
      case "answered": {
        const last = this.#last.get(seen.client);
        this.#last.set(seen.client, seen.zxid);
        if (last === undefined || seen.zxid >= last) return undefined;
        const complaint = `${seen.client}: an answer as of ${show(seen.zxid)} behind one as of ${show(last)}`;
        if (!history.hasComeToNothing(last)) return complaint;
        this.#takenBack.set(last, complaint);
        return undefined;
      }
      case "committed":
        return seen.txns.map(({ zxid }) => this.#takenBack.get(zxid)).find((each) => each !== undefined);
      case "read":
      case "watched": {
        const key = `${seen.client} ${seen.path}`;
        const shown = this.#shown.get(key);
        this.#shown.set(key, seen.mzxid);
        if (shown === undefined || seen.mzxid >= shown || !history.isCommitted(shown)) return undefined;
        return `${seen.client} reads ${seen.path} as of ${show(seen.mzxid)}, and has read it as of ${show(shown)}`;
      }
      default:
        return undefined;
    }
  }
}
