import { Int64 } from "../../protocol/int64.ts";
import type { ACL, StatPersisted } from "../../protocol/records/data.ts";
import { ZXID_ZERO } from "../../protocol/zxid.ts";
import { OPEN_ACL_ID, READ_ACL } from "./acl-cache.ts";
import { CONFIG_PATH, QUOTA_PATH, ZOOKEEPER_PATH } from "./path.ts";

/** Of what has always been there. */
export const ZERO_STAT: StatPersisted = {
  czxid: ZXID_ZERO,
  mzxid: ZXID_ZERO,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: Int64.ZERO,
  pzxid: ZXID_ZERO,
};
/** The ACL of the config znode is set by the server, at version -1 (client-protocol 4.8). */
const CONFIG_STAT: StatPersisted = { ...ZERO_STAT, aversion: -1 };

const NO_DATA = new Uint8Array(0);

/** Where the znodes go: a TreeLoader. */
export interface ZnodeTarget {
  internAcl(acl: readonly ACL[]): number;
  node(path: string, data: Uint8Array | null, aclId: number, stat: StatPersisted): void;
}

/** The four znodes that exist before the first transaction. They do not count in their parents' cversion. */
export function plantSystemZnodes(target: ZnodeTarget): void {
  target.node("", NO_DATA, OPEN_ACL_ID, ZERO_STAT);
  target.node(ZOOKEEPER_PATH, NO_DATA, OPEN_ACL_ID, ZERO_STAT);
  target.node(QUOTA_PATH, NO_DATA, OPEN_ACL_ID, ZERO_STAT);
  plantConfigZnode(target);
}

/** /zookeeper/config, which snapshots older than 3.5 lack: readable by all, writable by nobody but the super user. */
export function plantConfigZnode(target: ZnodeTarget): void {
  target.node(CONFIG_PATH, NO_DATA, target.internAcl(READ_ACL), CONFIG_STAT);
}
