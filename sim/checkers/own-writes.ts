import type { Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S22: a session's writes are done in the order in which they were sent, and it reads its own. */
export class OwnWrites implements Checker {
  readonly name = "own-writes";
  /** By client and path: the last write that it was told of, and its number. */
  readonly #last = new Map<string, { readonly zxid: Zxid; readonly sequence: number }>();

  see(seen: Observation): string | undefined {
    if (seen.kind === "session") this.#forget(seen.client);
    if (seen.kind !== "acknowledged" && seen.kind !== "read") return undefined;
    const key = `${seen.client} ${seen.path}`;
    const last = this.#last.get(key);
    if (seen.kind === "read") {
      if (last === undefined || seen.mzxid >= last.zxid) return undefined;
      return `${seen.client} reads ${seen.path} as of ${show(seen.mzxid)}, and has written it in ${show(last.zxid)}`;
    }
    const sequence = Number(seen.data?.split(":")[1] ?? 0);
    if (last !== undefined && sequence > last.sequence && seen.zxid <= last.zxid) {
      return `${seen.client}: write ${sequence} of ${seen.path} is ${show(seen.zxid)}, write ${last.sequence} was ${show(last.zxid)}`;
    }
    this.#last.set(key, { zxid: seen.zxid, sequence });
    return undefined;
  }

  #forget(client: string): void {
    for (const key of this.#last.keys()) if (key.startsWith(`${client} `)) this.#last.delete(key);
  }
}
