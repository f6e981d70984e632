/**
 * `menagerie`: a client for ZooKeeper ensembles, ours and Apache's. See docs/client.md.
 */
export { ErrorCode, type ErrorName } from "../protocol/error-code.ts";
export { Int64 } from "../protocol/int64.ts";
export type { ACL, Stat } from "../protocol/records/data.ts";
export { type Zxid, zxidToHex } from "../protocol/zxid.ts";
export {
  CREATOR_ACL,
  formatAcl,
  formatPerms,
  OPEN_ACL,
  Perms,
  parseAcl,
  parsePerms,
  READ_ACL,
} from "./acl.ts";
export { Client } from "./client.ts";
export { connect, connectLazily } from "./connect.ts";
export {
  type ConnectString,
  formatAddress,
  parseConnectString,
  type ServerAddress,
} from "./connect-string.ts";
export type { EnsembleConfig, EnsembleMember } from "./ensemble-config.ts";
export {
  AbortedError,
  AuthFailedError,
  ClosedError,
  ConnectionError,
  type ConnectionFailure,
  DeadlineError,
  KeeperError,
  MisuseError,
  type Outcome,
  SessionExpiredError,
  ZooKeeperError,
} from "./errors.ts";
export {
  type CheckOp,
  type ChildrenOp,
  type CreateOp,
  type CreateOpOptions,
  type DeleteOp,
  type GetOp,
  op,
  type ReadOp,
  type ReadResult,
  type ReadResults,
  type ReadSuccess,
  type SetOp,
  type WriteOp,
  type WriteResult,
  type WriteResults,
} from "./multi-op.ts";
export type { AuthInfo, ConnectOptions, SaslOptions, TlsOptions } from "./options.ts";
export type { ReconfigOptions } from "./reconfig.ts";
export type {
  AclResult,
  AclVersionOptions,
  CallOptions,
  ChildrenResult,
  ClientState,
  CreateMode,
  CreateOptions,
  CreateResult,
  Data,
  GapEvent,
  GetResult,
  Identity,
  Session,
  VersionOptions,
  WatchableOptions,
  WatchCallback,
  WatchEvent,
  WatchEventType,
  WatchKind,
  WatchMode,
} from "./types.ts";
export { Watch } from "./watch.ts";
