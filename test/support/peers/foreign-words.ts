import { encodeNotification } from "../../../src/core/election/notification.ts";
import { PacketType } from "../../../src/core/zab/packets.ts";
import { Int64 } from "../../../src/protocol/int64.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { encodeTxn } from "../../../src/protocol/txn.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import { OPEN_ACL } from "../core-harness.ts";
import type { Impostor } from "./impostor.ts";
import type { PeerCluster } from "./peer-cluster.ts";

/** The words of those for whom a test speaks. */

/** Protocol versions in a LearnerInfo and a LEADERINFO. */
export const APACHE = 0x10000;
export const OURS = 0x10001;

export function int(value: number): Uint8Array {
  const writer = new JuteWriter();
  writer.writeInt(value);
  return writer.take();
}

export function learnerInfo(sid: number, version = APACHE, configVersion = 0): Uint8Array {
  const writer = new JuteWriter();
  writer.writeLong(sid);
  writer.writeInt(version);
  writer.writeLong(configVersion);
  return writer.take();
}

/** An Apache that joins: `last` is the last txn it has. Synced up to NEWLEADER, which it has not acknowledged. */
export function joinAs(
  impostor: Impostor,
  sid: number,
  last: number,
  type: number = PacketType.FOLLOWERINFO,
): Impostor {
  return impostor.say(type, 0, learnerInfo(sid)).say(PacketType.ACKEPOCH, last, int(0));
}

/** Whom a server that looks for a leader wants to have, and why. */
export interface Wish {
  readonly leader: number;
  readonly zxid: number;
  readonly electionEpoch: number;
  readonly peerEpoch: number;
}

export function wish(cluster: PeerCluster, from: number, to: number, { zxid, ...vote }: Wish): void {
  const words = { ...vote, zxid: zxid as Zxid, version: 2, state: "looking" as const };
  const payload = encodeNotification(words, new Uint8Array(0));
  cluster.step(to, { kind: "notification", from, payload });
}

/** Tells a server that all these want to have `leader`. */
export function voteFor(cluster: PeerCluster, leader: number, to: number, ...from: number[]): void {
  for (const sid of from) wish(cluster, sid, to, { leader, zxid: 0, electionEpoch: 1, peerEpoch: 0 });
}

/** A create as it stands in the log and in a PROPOSAL. */
export function createTxn(zxid: number, path: string): Uint8Array {
  return encodeTxn({
    header: { clientId: Int64.ZERO, cxid: 0, zxid: zxid as Zxid, time: 1, type: OpCode.create },
    body: { type: OpCode.create, path, data: null, acl: OPEN_ACL, ephemeral: false, parentCVersion: 1 },
    digest: undefined,
  });
}

/** The configuration `text` as a txn. */
export function reconfigTxn(zxid: Zxid, text: string): Uint8Array {
  const data = new TextEncoder().encode(text);
  return encodeTxn({
    header: { clientId: Int64.ZERO, cxid: 0, zxid, time: 1, type: OpCode.reconfig },
    body: { type: OpCode.reconfig, path: "/zookeeper/config", data, version: -1 },
    digest: undefined,
  });
}

/** The bytes of a txn that changes nothing. */
export function errorTxn(zxid: number): Uint8Array {
  return encodeTxn({
    header: { clientId: Int64.ZERO, cxid: 0, zxid: zxid as Zxid, time: 1, type: OpCode.error },
    body: { type: OpCode.error, err: -1 },
    digest: undefined,
  });
}
