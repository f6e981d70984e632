import { OpCode } from "../protocol/opcode.ts";

/** The four letters (sometimes six) by which `cons` names a connection's last operation (operations.md 1.4). */
const LAST_OPERATIONS: ReadonlyMap<number, string> = new Map([
  [OpCode.ping, "PING"],
  [OpCode.createSession, "SESS"],
  [OpCode.multi, "MULT"],
  [OpCode.multiRead, "MLTR"],
  [OpCode.create, "CREA"],
  [OpCode.create2, "CREA"],
  [OpCode.createTTL, "CREA"],
  [OpCode.createContainer, "CREA"],
  [OpCode.delete, "DELE"],
  [OpCode.deleteContainer, "DELE"],
  [OpCode.setData, "SETD"],
  [OpCode.reconfig, "RECO"],
  [OpCode.setACL, "SETA"],
  [OpCode.closeSession, "CLOS"],
  [OpCode.sync, "SYNC"],
  [OpCode.check, "CHEC"],
  [OpCode.exists, "EXIS"],
  [OpCode.getData, "GETD"],
  [OpCode.setWatches, "SETW"],
  [OpCode.setWatches2, "STW2"],
  [OpCode.addWatch, "ADDW"],
  [OpCode.getACL, "GETA"],
  [OpCode.getChildren, "GETC"],
  [OpCode.getChildren2, "GETC"],
  [OpCode.getAllChildrenNumber, "GETACN"],
  [OpCode.checkWatches, "CHKW"],
  [OpCode.removeWatches, "REMW"],
  [OpCode.whoAmI, "HOMI"],
  [OpCode.getEphemerals, "GETE"],
]);

/** `NA` before the first operation and for types that never count as one (auth, sasl, errors). */
export function lastOperationName(opcode: number | null): string {
  return (opcode === null ? undefined : LAST_OPERATIONS.get(opcode)) ?? "NA";
}
