import { parseMembershipText } from "../src/core/quorum/membership-text.ts";
import { OpCode } from "../src/protocol/opcode.ts";
import { decodeTxn } from "../src/protocol/txn.ts";

/** In a TxnHeader: behind session, cxid, zxid and time. */
const TYPE_AT = 28;

/** Participants of the configuration that a txn brings; undefined when it brings none. */
export function votersOf(txn: Uint8Array): readonly number[] | undefined {
  if (new DataView(txn.buffer, txn.byteOffset, txn.length).getInt32(TYPE_AT) !== OpCode.reconfig)
    return undefined;
  const { body } = decodeTxn(txn);
  if (body.type !== OpCode.reconfig) return undefined;
  const text = new TextDecoder().decode(body.data ?? new Uint8Array(0));
  const { servers } = parseMembershipText(text, MEMBERSHIP_RULES);
  return servers.filter(({ peerType }) => peerType === "participant").map(({ id }) => id);
}

const MEMBERSHIP_RULES = { allowsSeveralAddresses: false, hasOracle: false };
