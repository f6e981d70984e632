import type { Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** A client is told of a change that it watches before it sees anything of the change. */
export class WatchOrder implements Checker {
  readonly name = "watch-order";
  /** By client and path: what the read that set the watch had shown. */
  readonly #watched = new Map<string, Zxid>();

  see(seen: Observation): string | undefined {
    switch (seen.kind) {
      case "session":
        for (const key of this.#watched.keys())
          if (key.startsWith(`${seen.client} `)) this.#watched.delete(key);
        return undefined;
      case "watched": {
        const key = keyOf(seen);
        const before = this.#watched.get(key);
        if (before !== undefined && seen.mzxid > before) return early(seen);
        this.#watched.set(key, seen.mzxid);
        return undefined;
      }
      case "notified":
        this.#watched.delete(keyOf(seen));
        return undefined;
      case "read": {
        const before = this.#watched.get(keyOf(seen));
        return before !== undefined && seen.mzxid > before ? early(seen) : undefined;
      }
      default:
        return undefined;
    }
  }
}

function keyOf({ client, path }: { readonly client: string; readonly path: string }): string {
  return `${client} ${path}`;
}

function early({
  client,
  path,
  mzxid,
}: {
  readonly client: string;
  readonly path: string;
  readonly mzxid: Zxid;
}) {
  return `${client} sees ${path} as of ${show(mzxid)} before the event that it waits for`;
}
