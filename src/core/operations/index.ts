import type { OpName } from "../../protocol/opcode.ts";
import { addWatch } from "./add-watch.ts";
import { auth } from "./auth.ts";
import { checkWatches } from "./check-watches.ts";
import { closeSession } from "./close-session.ts";
import { create, create2, createContainer, createTTL } from "./create.ts";
import { delete as deleteOperation } from "./delete.ts";
import { exists } from "./exists.ts";
import { getACL } from "./get-acl.ts";
import { getAllChildrenNumber } from "./get-all-children-number.ts";
import { getChildren, getChildren2 } from "./get-children.ts";
import { getData } from "./get-data.ts";
import { getEphemerals } from "./get-ephemerals.ts";
import { multi } from "./multi.ts";
import { multiRead } from "./multi-read.ts";
import type { Operation } from "./operation.ts";
import { ping } from "./ping.ts";
import { reconfig } from "./reconfig.ts";
import { removeWatches } from "./remove-watches.ts";
import { sasl } from "./sasl.ts";
import { setACL } from "./set-acl.ts";
import { setData } from "./set-data.ts";
import { setWatches, setWatches2 } from "./set-watches.ts";
import { sync } from "./sync.ts";
import { whoAmI } from "./who-am-i.ts";

/**
 * Opcodes that no client may send: answered with UNIMPLEMENTED, then closed. `check` stands only inside a multi;
 * createSession and deleteContainer are the server's own (client-protocol 3.2, 15 #4..6).
 */
export type NotForClients = "notification" | "error" | "check" | "createSession" | "deleteContainer";

/** Every operation that a client may ask for. An opcode without an entry here, or above, does not compile. */
export const OPERATIONS: Readonly<Record<Exclude<OpName, NotForClients>, Operation>> = {
  create,
  delete: deleteOperation,
  exists,
  getData,
  setData,
  getACL,
  setACL,
  getChildren,
  sync,
  ping,
  getChildren2,
  multi,
  create2,
  reconfig,
  checkWatches,
  removeWatches,
  createContainer,
  createTTL,
  multiRead,
  auth,
  setWatches,
  sasl,
  getEphemerals,
  getAllChildrenNumber,
  setWatches2,
  addWatch,
  whoAmI,
  closeSession,
};

/** Opcodes of clients lie between closeSession (-11) and whoAmI (107): the table starts at the lowest. */
const LOWEST = -11;
const BY_TYPE: (Operation | undefined)[] = [];
for (const operation of Object.values(OPERATIONS)) BY_TYPE[operation.type - LOWEST] = operation;

/** The operation of an opcode; undefined when clients may not send it. */
export function operationOf(type: number): Operation | undefined {
  return BY_TYPE[type - LOWEST];
}
