import { OpCode } from "../../src/protocol/opcode.ts";
import { decodeTxn } from "../../src/protocol/txn.ts";
import type { Checker, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** 3.12: a session whose client is there and reaches its server does not expire. Told only of times without faults. */
export class Expiry implements Checker {
  readonly name = "expiry";
  #living: ReadonlySet<string> = new Set();

  see(seen: Observation): string | undefined {
    if (seen.kind === "calm") this.#living = new Set(seen.sessions);
    if (seen.kind !== "committed" || this.#living.size === 0) return undefined;
    for (const { zxid, bytes } of seen.txns) {
      const { header, body } = decodeTxn(bytes);
      if (body.type !== OpCode.closeSession || !this.#living.has(header.clientId.key)) continue;
      return `${show(zxid)} closes session ${header.clientId.key}, whose client is there`;
    }
    return undefined;
  }
}
