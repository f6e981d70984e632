import { buffer, int, int64, long, record, type ValueOf, vector, zxid } from "../record.ts";
import { Id } from "./data.ts";

/** Module `org.apache.zookeeper.server.quorum`: what servers say to each other (quorum-protocol 3.1). */

export const QuorumPacket = record("QuorumPacket", { type: int, zxid, data: buffer, authinfo: vector(Id) });
export type QuorumPacket = ValueOf<typeof QuorumPacket>;

export const LearnerInfo = record("LearnerInfo", {
  serverid: long,
  protocolVersion: int,
  configVersion: long,
});
export type LearnerInfo = ValueOf<typeof LearnerInfo>;

/** In front of every step of the quorum's SASL exchange. */
export const QuorumAuthPacket = record("QuorumAuthPacket", { magic: int64, status: int, token: buffer });
export type QuorumAuthPacket = ValueOf<typeof QuorumAuthPacket>;
