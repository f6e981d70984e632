import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { vector } from "../../protocol/record.ts";
import { Id } from "../../protocol/records/data.ts";
import { LearnerInfo, type QuorumPacket } from "../../protocol/records/quorum.ts";
import { makeZxid, ZXID_NONE, ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import type { DurablePacket, Packet } from "./peer-face.ts";

/** Types of QuorumPacket (quorum-protocol 3.1). L is the learner, M its leader or observer master. */
export const PacketType = Object.freeze({
  /** L→M: a client's write, or a sync. */
  REQUEST: 1,
  PROPOSAL: 2,
  ACK: 3,
  COMMIT: 4,
  PING: 5,
  REVALIDATE: 6,
  SYNC: 7,
  /** M→observer: a committed txn. */
  INFORM: 8,
  COMMITANDACTIVATE: 9,
  NEWLEADER: 10,
  FOLLOWERINFO: 11,
  UPTODATE: 12,
  DIFF: 13,
  TRUNC: 14,
  SNAP: 15,
  OBSERVERINFO: 16,
  LEADERINFO: 17,
  ACKEPOCH: 18,
  INFORMANDACTIVATE: 19,
});

/** What both sides of Zab 1.0 announce. */
export const PROTOCOL_VERSION = 0x10000;
/**
 * What a server of ours announces: Apache compares with {@link PROTOCOL_VERSION} by "less than" only, so it takes this for Zab
 * 1.0, and servers of ours know each other.
 */
export const PROTOCOL_VERSION_OURS = 0x10001;

/** Ends a SNAP stream. */
export const SNAPSHOT_SIGNATURE = "BenWasHere";

/** Type, zxid, null data, null authinfo. */
const BARE_BYTES = 20;

const AUTHINFO = vector(Id);
type AuthInfo = QuorumPacket["authinfo"];

function encode(type: number, zxid: Zxid, data: Uint8Array | null, authinfo: AuthInfo = null): Packet {
  const writer = new JuteWriter(BARE_BYTES + (data?.length ?? 0) + (authinfo?.length ?? 0) * 64);
  writer.writeInt(type);
  writer.writeZxid(zxid);
  writer.writeBuffer(data);
  AUTHINFO.write(writer, authinfo);
  return writer.take(0);
}

function encodeDurable(type: number, zxid: Zxid, data: Uint8Array | null): DurablePacket {
  return encode(type, zxid, data) as unknown as DurablePacket;
}

/** `txn`: header, body and digest, as they stand in the log. */
export function encodeProposal(zxid: Zxid, txn: Uint8Array): Packet {
  return encode(PacketType.PROPOSAL, zxid, txn);
}

export function encodeInform(zxid: Zxid, txn: Uint8Array): Packet {
  return encode(PacketType.INFORM, zxid, txn);
}

export function encodeCommit(zxid: Zxid): Packet {
  return encode(PacketType.COMMIT, zxid, null);
}

export function encodeCommitAndActivate(zxid: Zxid, leader: number): Packet {
  const writer = new JuteWriter(8);
  writer.writeLong(leader);
  return encode(PacketType.COMMITANDACTIVATE, zxid, writer.bytes());
}

export function encodeInformAndActivate(zxid: Zxid, leader: number, txn: Uint8Array): Packet {
  const writer = new JuteWriter(8 + txn.length);
  writer.writeLong(leader);
  writer.writeRaw(txn);
  return encode(PacketType.INFORMANDACTIVATE, zxid, writer.bytes());
}

/** The learner has everything up to `zxid`, or the leadership of its epoch (counter 0), on disk. */
export function encodeAck(zxid: Zxid): DurablePacket {
  return encodeDurable(PacketType.ACK, zxid, null);
}

/** The epoch is stored as accepted. */
export function encodeLeaderInfo(epoch: number): DurablePacket {
  const writer = new JuteWriter(4);
  writer.writeInt(PROTOCOL_VERSION_OURS);
  return encodeDurable(PacketType.LEADERINFO, makeZxid(epoch, 0), writer.bytes());
}

/** @param currentEpoch -1 when the epoch had been accepted before */
export function encodeAckEpoch(lastZxid: Zxid, currentEpoch: number): DurablePacket {
  const writer = new JuteWriter(4);
  writer.writeInt(currentEpoch);
  return encodeDurable(PacketType.ACKEPOCH, lastZxid, writer.bytes());
}

export function encodeLearnerInfo(
  type: number,
  acceptedEpoch: number,
  info: Omit<LearnerInfo, "protocolVersion">,
): Packet {
  const writer = new JuteWriter(20);
  LearnerInfo.write(writer, { ...info, protocolVersion: PROTOCOL_VERSION_OURS });
  return encode(type, makeZxid(acceptedEpoch, 0), writer.bytes());
}

/** DIFF, TRUNC, SNAP, SYNC, UPTODATE, and a leader's PING. */
export function encodeBare(type: number, zxid: Zxid): Packet {
  return encode(type, zxid, null);
}

export const UPTODATE_PACKET: Packet = encodeBare(PacketType.UPTODATE, ZXID_NONE);
export const SYNC_PACKET: Packet = encodeBare(PacketType.SYNC, ZXID_ZERO);

/** @param membership text of the configuration; null for a learner of before Zab 1.0 */
export function encodeNewLeader(epoch: number, membership: string | null): Packet {
  const data = membership === null ? null : new TextEncoder().encode(membership);
  return encode(PacketType.NEWLEADER, makeZxid(epoch, 0), data);
}

/** `body`: what follows session, cxid and type. */
export function encodeRequest(body: Uint8Array, authinfo: AuthInfo): Packet {
  return encode(PacketType.REQUEST, ZXID_NONE, body, authinfo);
}

/** PING answers, REVALIDATE and its answers: data of a known form. */
export function encodeWithData(type: number, zxid: Zxid, data: Uint8Array): Packet {
  return encode(type, zxid, data);
}

/** What a learner says of itself; shorter forms are those of older servers (quorum-protocol 3.1). */
export interface LearnerIntroduction {
  /** undefined: the learner has no id. */
  readonly sid: number | undefined;
  /** 1 for servers of before Zab 1.0. */
  readonly protocolVersion: number;
  /** 0 when it says none. */
  readonly configVersion: Zxid;
}

/** @throws JuteError for other lengths */
export function decodeLearnerInfo(data: Uint8Array | null): LearnerIntroduction {
  if (data === null) return { sid: undefined, protocolVersion: 1, configVersion: ZXID_ZERO };
  if (data.length !== 8 && data.length !== 12 && data.length < 20) {
    throw new JuteError(`a LearnerInfo has 8, 12 or 20 bytes, this has ${data.length}`);
  }
  const reader = new JuteReader(data);
  const sid = reader.readLong();
  const protocolVersion = data.length === 8 ? 1 : reader.readInt();
  const configVersion = data.length < 20 ? ZXID_ZERO : reader.readZxid();
  return { sid, protocolVersion, configVersion };
}

/** The data of a packet whose type cannot do without. @throws JuteError when there is none */
export function requireData(data: Uint8Array | null): Uint8Array {
  if (data === null) throw new JuteError("a packet without the data that its type must have");
  return data;
}
