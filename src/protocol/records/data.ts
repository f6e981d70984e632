import { int, int64, long, record, ustring, type ValueOf, zxid } from "../record.ts";

/** Module `org.apache.zookeeper.data`. */

/** ustring scheme, ustring id. */
export const Id = record("Id", { scheme: ustring, id: ustring });
export type Id = ValueOf<typeof Id>;

/** One entry of an ACL: int perms (bits, see `Perms`) and to whom they are given, Id. */
export const ACL = record("ACL", { perms: int, id: Id });
export type ACL = ValueOf<typeof ACL>;

/**
 * What a client sees of a znode, 68 bytes. `czxid`, `mzxid`, `pzxid`: transactions of its creation, of the last change of its data, and of the
 * last child that came or went. `ctime`, `mtime`: of the first two, ms since 1970. `version`, `cversion`, `aversion` count changes of data,
 * of the list of children (creates and deletes), and of the ACL. `ephemeralOwner`: the session that it goes with; 0 for all others, containers
 * and TTL znodes included. `dataLength` in bytes.
 */
export const Stat = record("Stat", {
  czxid: zxid,
  mzxid: zxid,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: int64,
  dataLength: int,
  numChildren: int,
  pzxid: zxid,
});
export type Stat = ValueOf<typeof Stat>;

/** What a snapshot keeps of a znode, 60 bytes; cversion counts creates only. Mind the order of the last two. */
export const StatPersisted = record("StatPersisted", {
  czxid: zxid,
  mzxid: zxid,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: int64,
  pzxid: zxid,
});
export type StatPersisted = ValueOf<typeof StatPersisted>;

/** Element of a whoAmI reply. */
export const ClientInfo = record("ClientInfo", { authScheme: ustring, user: ustring });
export type ClientInfo = ValueOf<typeof ClientInfo>;
