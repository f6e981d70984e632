import { OpCode } from "../src/protocol/opcode.ts";
import { decodeTxn } from "../src/protocol/txn.ts";
import { type QuorumRule, quorumRuleOf } from "./quorum-rule.ts";

/** In a TxnHeader: behind session, cxid, zxid and time. */
const TYPE_AT = 28;

/** Number of the operation that a txn is of; -1: an error. */
export function typeOfTxn(txn: Uint8Array): number {
  return new DataView(txn.buffer, txn.byteOffset, txn.length).getInt32(TYPE_AT);
}

/** The text of the configuration that a txn brings; undefined when it brings none. */
export function membershipIn(txn: Uint8Array): string | undefined {
  if (typeOfTxn(txn) !== OpCode.reconfig) return undefined;
  const { body } = decodeTxn(txn);
  if (body.type !== OpCode.reconfig) return undefined;
  return new TextDecoder().decode(body.data ?? new Uint8Array(0));
}

/** How quorums are counted by the configuration that a txn brings; undefined when it brings none. */
export function quorumRuleIn(txn: Uint8Array): QuorumRule | undefined {
  const text = membershipIn(txn);
  return text === undefined ? undefined : quorumRuleOf(text);
}
