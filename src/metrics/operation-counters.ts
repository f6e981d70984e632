import { OpCode } from "../protocol/opcode.ts";
import type { CounterName } from "./counter-table.ts";

/**
 * The counter of each request type; several types share one. Types that are answered outside the pipeline (auth, sasl)
 * have none, and neither has a transaction that is only an error. Each of these also counts in `op_count_total`.
 */
export const OPERATION_COUNTERS: ReadonlyMap<number, CounterName> = new Map<number, CounterName>([
  [OpCode.create, "op_count_create"],
  [OpCode.create2, "op_count_create"],
  [OpCode.createContainer, "op_count_create"],
  [OpCode.createTTL, "op_count_create"],
  [OpCode.delete, "op_count_delete"],
  [OpCode.deleteContainer, "op_count_delete"],
  [OpCode.exists, "op_count_exists"],
  [OpCode.getData, "op_count_get_data"],
  [OpCode.setData, "op_count_set_data"],
  [OpCode.getACL, "op_count_get_acl"],
  [OpCode.setACL, "op_count_set_acl"],
  [OpCode.getChildren, "op_count_get_children"],
  [OpCode.getChildren2, "op_count_get_children"],
  [OpCode.getAllChildrenNumber, "op_count_get_all_children_number"],
  [OpCode.getEphemerals, "op_count_get_ephemerals"],
  [OpCode.sync, "op_count_sync"],
  [OpCode.ping, "op_count_ping"],
  [OpCode.check, "op_count_check"],
  [OpCode.multi, "op_count_multi"],
  [OpCode.multiRead, "op_count_multi_read"],
  [OpCode.reconfig, "op_count_reconfig"],
  [OpCode.addWatch, "op_count_add_watch"],
  [OpCode.checkWatches, "op_count_check_watches"],
  [OpCode.removeWatches, "op_count_remove_watches"],
  [OpCode.setWatches, "op_count_set_watches"],
  [OpCode.setWatches2, "op_count_set_watches"],
  [OpCode.whoAmI, "op_count_who_am_i"],
  [OpCode.createSession, "op_count_create_session"],
  [OpCode.closeSession, "op_count_close_session"],
]);
