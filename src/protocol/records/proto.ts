import { boolean, buffer, int, int64, long, record, ustring, type ValueOf, vector, zxid } from "../record.ts";
import { ACL, ClientInfo, Stat } from "./data.ts";

/** Module `org.apache.zookeeper.proto`: what client and server say to each other. */

/** First frame of a client; without the last byte from clients before 3.4, see `handshake.ts`. */
export const ConnectRequest = record("ConnectRequest", {
  protocolVersion: int,
  lastZxidSeen: long,
  timeOut: int,
  sessionId: int64,
  passwd: buffer,
  readOnly: boolean,
});
export type ConnectRequest = ValueOf<typeof ConnectRequest>;

export const ConnectResponse = record("ConnectResponse", {
  protocolVersion: int,
  timeOut: int,
  sessionId: int64,
  passwd: buffer,
  readOnly: boolean,
});
export type ConnectResponse = ValueOf<typeof ConnectResponse>;

export const RequestHeader = record("RequestHeader", { xid: int, type: int });
export type RequestHeader = ValueOf<typeof RequestHeader>;

export const ReplyHeader = record("ReplyHeader", { xid: int, zxid, err: int });
export type ReplyHeader = ValueOf<typeof ReplyHeader>;

/** int type, boolean done, int err: in front of each part of a multi, and at its end with done = true. */
export const MultiHeader = record("MultiHeader", { type: int, done: boolean, err: int });
export type MultiHeader = ValueOf<typeof MultiHeader>;

export const AuthPacket = record("AuthPacket", { type: int, scheme: ustring, auth: buffer });
export const GetSASLRequest = record("GetSASLRequest", { token: buffer });
export const SetSASLResponse = record("SetSASLResponse", { token: buffer });

export const CreateRequest = record("CreateRequest", {
  path: ustring,
  data: buffer,
  acl: vector(ACL),
  flags: int,
});
export const CreateTTLRequest = record("CreateTTLRequest", {
  path: ustring,
  data: buffer,
  acl: vector(ACL),
  flags: int,
  ttl: long,
});
export const DeleteRequest = record("DeleteRequest", { path: ustring, version: int });
export const GetDataRequest = record("GetDataRequest", { path: ustring, watch: boolean });
export const SetDataRequest = record("SetDataRequest", { path: ustring, data: buffer, version: int });
export const ExistsRequest = record("ExistsRequest", { path: ustring, watch: boolean });
export const GetACLRequest = record("GetACLRequest", { path: ustring });
export const SetACLRequest = record("SetACLRequest", { path: ustring, acl: vector(ACL), version: int });
export const GetChildrenRequest = record("GetChildrenRequest", { path: ustring, watch: boolean });
export const GetChildren2Request = record("GetChildren2Request", { path: ustring, watch: boolean });
export const GetAllChildrenNumberRequest = record("GetAllChildrenNumberRequest", { path: ustring });
export const GetEphemeralsRequest = record("GetEphemeralsRequest", { prefixPath: ustring });
export const SyncRequest = record("SyncRequest", { path: ustring });
export const CheckVersionRequest = record("CheckVersionRequest", { path: ustring, version: int });
export const ReconfigRequest = record("ReconfigRequest", {
  joiningServers: ustring,
  leavingServers: ustring,
  newMembers: ustring,
  curConfigId: long,
});
export type ReconfigRequest = ValueOf<typeof ReconfigRequest>;
export const CheckWatchesRequest = record("CheckWatchesRequest", { path: ustring, type: int });
export const RemoveWatchesRequest = record("RemoveWatchesRequest", { path: ustring, type: int });
export const AddWatchRequest = record("AddWatchRequest", { path: ustring, mode: int });
export const SetWatches = record("SetWatches", {
  relativeZxid: long,
  dataWatches: vector(ustring),
  existWatches: vector(ustring),
  childWatches: vector(ustring),
});
export const SetWatches2 = record("SetWatches2", {
  relativeZxid: long,
  dataWatches: vector(ustring),
  existWatches: vector(ustring),
  childWatches: vector(ustring),
  persistentWatches: vector(ustring),
  persistentRecursiveWatches: vector(ustring),
});

export const CreateResponse = record("CreateResponse", { path: ustring });
export const Create2Response = record("Create2Response", { path: ustring, stat: Stat });
export const ExistsResponse = record("ExistsResponse", { stat: Stat });
export const GetDataResponse = record("GetDataResponse", { data: buffer, stat: Stat });
export const SetDataResponse = record("SetDataResponse", { stat: Stat });
export const GetACLResponse = record("GetACLResponse", { acl: vector(ACL), stat: Stat });
export const SetACLResponse = record("SetACLResponse", { stat: Stat });
export const GetChildrenResponse = record("GetChildrenResponse", { children: vector(ustring) });
export const GetChildren2Response = record("GetChildren2Response", { children: vector(ustring), stat: Stat });
export const GetAllChildrenNumberResponse = record("GetAllChildrenNumberResponse", { totalNumber: int });
export const GetEphemeralsResponse = record("GetEphemeralsResponse", { ephemerals: vector(ustring) });
export const SyncResponse = record("SyncResponse", { path: ustring });
export const WhoAmIResponse = record("WhoAmIResponse", { clientInfo: vector(ClientInfo) });
export const ErrorResponse = record("ErrorResponse", { err: int });

/** A watch event: header with xid -1, then this. */
export const WatcherEvent = record("WatcherEvent", { type: int, state: int, path: ustring });
export type WatcherEvent = ValueOf<typeof WatcherEvent>;
