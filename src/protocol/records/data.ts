import { int, int64, long, record, ustring, type ValueOf, zxid } from "../record.ts";

/** Module `org.apache.zookeeper.data`. */

/** ustring scheme, ustring id. */
export const Id = record("Id", { scheme: ustring, id: ustring });
export type Id = ValueOf<typeof Id>;

/** int perms, Id. */
export const ACL = record("ACL", { perms: int, id: Id });
export type ACL = ValueOf<typeof ACL>;

/** What a client sees of a znode, 68 bytes. cversion counts creates and deletes; ephemeralOwner is 0 for containers and TTL znodes. */
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
