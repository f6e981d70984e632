import { decodeTxn, type TxnBody } from "../../src/protocol/txn.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

interface Written {
  readonly client: string;
  readonly zxid: Zxid;
  readonly path: string;
  readonly data: string | null;
}

/** No acknowledged write is lost: each is among the decided txns, and the txn is the one that the client asked for. */
export class AcknowledgedWrites implements Checker {
  readonly name = "acknowledged-writes";
  readonly #written: Written[] = [];

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind === "acknowledged") {
      this.#written.push(seen);
      return undefined;
    }
    if (seen.kind !== "settled") return undefined;
    for (const written of this.#written.splice(0)) {
      const { client, zxid, path } = written;
      const txn = facts.history.get(zxid);
      if (txn === undefined || !facts.history.isCommitted(zxid)) {
        return `${client} was told that its write of ${path} is done in ${show(zxid)}, which is lost`;
      }
      if (writes(decodeTxn(txn.bytes).body, written)) continue;
      return `${client} was told that its write of ${path} is done in ${show(zxid)}, which is another txn`;
    }
    return undefined;
  }
}

function writes(body: TxnBody, { path, data }: Written): boolean {
  if ("txns" in body) return body.txns.some((part) => writes(part, { path, data } as Written));
  if (!("path" in body) || body.path !== path) return false;
  const written = "data" in body && body.data !== null ? new TextDecoder().decode(body.data) : null;
  return data === null || written === data;
}
