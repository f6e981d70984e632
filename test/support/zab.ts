import { expect } from "vitest";
import { encodeNotification } from "../../src/core/election/notification.ts";
import { SERVER_OPTIONS_DEFAULT } from "../../src/core/pipeline/server-options.ts";
import { PacketType } from "../../src/core/zab/packets.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { ReconfigRequest } from "../../src/protocol/records/proto.ts";
import { encodeTxn } from "../../src/protocol/txn.ts";
import { makeZxid, type Zxid } from "../../src/protocol/zxid.ts";
import { type Client, OPEN_ACL } from "./core-harness.ts";
import { type ClusterOptions, type Impostor, membershipOf, PeerCluster } from "./peer-cluster.ts";

/** Short ways for tests of peers: {@link PeerCluster}s that serve, and the words of those for whom a test speaks. */

/** Whoever asks may reconfigure. */
export const RECONFIG_OPEN = {
  reconfigEnabled: true,
  auth: { ...SERVER_OPTIONS_DEFAULT.auth, skipACL: true },
};

/** An ensemble in which all serve. */
export function servingCluster(voters: number, observers = 0, options: ClusterOptions = {}): PeerCluster {
  const cluster = new PeerCluster(membershipOf(voters, observers), options);
  const sids = [...cluster.nodes.keys()];
  cluster.start(...sids);
  untilServing(cluster, ...sids);
  return cluster;
}

export function untilServing(cluster: PeerCluster, ...sids: readonly number[]): void {
  cluster.until(() => sids.every((sid) => cluster.peer(sid).isServing));
}

/** Every running server has the same tree and the same sessions at the same zxid. */
export function expectAgreement(cluster: PeerCluster): void {
  const running = [...cluster.nodes.values()].flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
  const states = running.map(({ database }) => ({
    zxid: database.lastProcessedZxid,
    digest: String(database.tree.treeDigest()),
    sessions: [...database.sessions.keys()].sort(),
  }));
  for (const state of states) expect(state).toEqual(states[0]);
}

export function hasNode(cluster: PeerCluster, sid: number, path: string): boolean {
  return cluster.peer(sid).database.tree.lookup(path) >= 0;
}

export function logOf(cluster: PeerCluster, sid: number): Zxid[] {
  return cluster.store(sid).log.map(({ zxid }) => zxid);
}

/** What the server has said of its peers. */
export function notices(cluster: PeerCluster, sid: number): string {
  return cluster.events
    .flatMap(({ sid: by, event }) => (by === sid && event.kind === "peerNotice" ? [event.message] : []))
    .join("\n");
}

/** Why the server's roles have ended. */
export function endings(cluster: PeerCluster, sid: number): string {
  return cluster.events
    .flatMap(({ sid: by, event }) =>
      by === sid && event.kind === "roleChanged" && event.reason !== "" ? [event.reason] : [],
    )
    .join("\n");
}

/** A `server.N=` line of {@link membershipOf}. */
export function memberLine(sid: number, role = "participant"): string {
  return `server.${sid}=s${sid}:2888:3888:${role};2181`;
}

/** The error of a reconfig; NaN while there is no answer. */
export function reconfig(client: Client, fields: Partial<ReconfigRequest>): number {
  const all = { joiningServers: null, leavingServers: null, newMembers: null, curConfigId: -1, ...fields };
  client.request(OpCode.reconfig, ReconfigRequest.encode(all));
  return client.isClosed || client.frames.length === 0 ? Number.NaN : client.reply().err;
}

export function int(value: number): Uint8Array {
  const writer = new JuteWriter();
  writer.writeInt(value);
  return writer.take();
}

export const APACHE = 0x10000;
export const OURS = 0x10001;

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

/** A create as it stands in the log and in a PROPOSAL. */
export function createTxn(zxid: number, path: string): Uint8Array {
  return encodeTxn({
    header: { clientId: Int64.ZERO, cxid: 0, zxid: zxid as Zxid, time: 1, type: OpCode.create },
    body: { type: OpCode.create, path, data: null, acl: OPEN_ACL, ephemeral: false, parentCVersion: 1 },
    digest: undefined,
  });
}

/** Server 1 of two, which follows a leader that a test speaks for; `leaders` are its links, the first is there. */
export function followImpostor(options: ClusterOptions = {}): {
  cluster: PeerCluster;
  leaders: readonly Impostor[];
} {
  const cluster = new PeerCluster(membershipOf(2), options);
  const leaders = cluster.impersonate(2);
  cluster.start(1);
  elect(cluster, leaders);
  return { cluster, leaders };
}

/** Server 1 looks for a leader, and finds the impostor once more. */
export function elect(cluster: PeerCluster, leaders: readonly Impostor[], round = 1): Impostor {
  const before = leaders.length;
  const vote = { leader: 2, zxid: makeZxid(99, 0), electionEpoch: round, peerEpoch: 99, version: 2 };
  const payload = encodeNotification({ ...vote, state: "looking" }, new Uint8Array(0));
  cluster.step(1, { kind: "notification", from: 2, payload });
  cluster.until(() => leaders.length > before);
  return leaders.at(-1)!;
}

/** LEADERINFO of an Apache. */
export function lead(leader: Impostor, epoch: number): Impostor {
  return leader.say(PacketType.LEADERINFO, makeZxid(epoch, 0), int(APACHE));
}

/** NEWLEADER and UPTODATE: the server serves. */
export function endSync(leader: Impostor, epoch: number, config: string | null = null): Impostor {
  const data = config === null ? null : new TextEncoder().encode(config);
  return leader.say(PacketType.NEWLEADER, makeZxid(epoch, 0), data).say(PacketType.UPTODATE, -1);
}
