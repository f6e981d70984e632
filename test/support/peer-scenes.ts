import { expect } from "vitest";
import { encodeNotification } from "../../src/core/election/notification.ts";
import { PacketType } from "../../src/core/zab/packets.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { encodeTxn } from "../../src/protocol/txn.ts";
import { counterOf, epochOf, makeZxid, type Zxid } from "../../src/protocol/zxid.ts";
import { zk } from "./core-client.ts";
import { type Impostor, membershipOf, PeerCluster } from "./peer-cluster.ts";
import { int, OURS } from "./zab.ts";

/** Beginnings of the fault scenarios (quorum-protocol 8.3), and what has to hold at the end of each. */

type Options = ConstructorParameters<typeof PeerCluster>[1];

export function serving(cluster: PeerCluster, ...sids: number[]): boolean {
  return sids.every((sid) => cluster.peer(sid).isServing);
}

export function startServing(cluster: PeerCluster, ...sids: number[]): void {
  cluster.start(...sids);
  cluster.until(() => serving(cluster, ...sids));
}

/** Servers 1 to `voters`, of which the last one leads epoch 1. */
export function startedCluster(voters: number, options: Options = {}): PeerCluster {
  const cluster = new PeerCluster(membershipOf(voters), options);
  startServing(cluster, ...cluster.nodes.keys());
  return cluster;
}

/** Creates these through the server, one after the other. */
export function write(cluster: PeerCluster, sid: number, ...paths: string[]): void {
  const client = cluster.connect(sid);
  for (const path of paths) expect(zk.create(client, path)).toBe(0);
}

/**
 * Server 3, which led epoch 1, has behind `kept` logged /lost, which nobody else has; it is down, and 1 and 2 serve epoch 2.
 */
export function dividedCluster(kept: string): PeerCluster {
  const cluster = startedCluster(3);
  write(cluster, 3, kept);
  const client = cluster.connect(3);
  cluster.cut(1, 3);
  cluster.cut(2, 3);
  client.request(OpCode.create, zk.createBody("/lost"));
  cluster.kill(3);
  cluster.heal();
  cluster.until(() => serving(cluster, 1, 2));
  expect(cluster.store(3).log.length).toBe(cluster.store(2).log.length + 1);
  return cluster;
}

/** S16: each record follows the one before it, and the first one the snapshot. */
export function expectNoHole(cluster: PeerCluster, sid: number): void {
  const { snapshot, log } = cluster.store(sid);
  let last = snapshot?.zxid ?? (0 as Zxid);
  for (const { zxid } of log) {
    const follows = zxid === last + 1 || (epochOf(zxid) > epochOf(last) && counterOf(zxid) === 1);
    expect(follows, `server ${sid}: ${zxid.toString(16)} behind ${last.toString(16)}`).toBe(true);
    last = zxid;
  }
}

/** Every running server serves the same tree and the same sessions, and no log has a hole. */
export function expectAgreement(cluster: PeerCluster): void {
  const running = [...cluster.nodes.values()].filter(({ peer }) => peer !== undefined);
  const states = running.map(({ sid, peer }) => {
    expectNoHole(cluster, sid);
    const { database } = peer!;
    return {
      isServing: peer!.isServing,
      zxid: database.lastProcessedZxid,
      digest: String(database.tree.treeDigest()),
      sessions: [...database.sessions.keys()].sort(),
    };
  });
  for (const state of states) expect(state).toEqual({ ...states[0], isServing: true });
}

/** The bytes of a txn that changes nothing. */
export function errorTxn(zxid: number): Uint8Array {
  return encodeTxn({
    header: { clientId: Int64.ZERO, cxid: 0, zxid: zxid as Zxid, time: 1, type: OpCode.error },
    body: { type: OpCode.error, err: -1 },
    digest: undefined,
  });
}

/** Tells a server that all these want to have `leader`, with better data than anybody has. */
export function voteFor(cluster: PeerCluster, leader: number, to: number, ...from: number[]): void {
  const vote = { leader, zxid: 0 as Zxid, electionEpoch: 1, peerEpoch: 0, version: 2 };
  const payload = encodeNotification({ ...vote, state: "looking" }, new Uint8Array(0));
  for (const sid of from) cluster.step(to, { kind: "notification", from: sid, payload });
}

export interface LedByImpostor {
  readonly cluster: PeerCluster;
  /** The link that the server has now. */
  leader(): Impostor;
  /** LEADERINFO of the epoch, to a server that has just introduced itself. */
  informed(): Impostor;
  /** The server's connection breaks, and it comes again. */
  lost(): void;
}

/** The number by which {@link LedByImpostor}'s server knows its nth link. */
const linkNumber = (dials: number): number => -dials;

export const LED_EPOCH = 9;

/** Server 1 of two, with these txns of epoch 1 in its log, made to follow a server 2 that a test speaks for, in epoch 9. */
export function ledByImpostor(txns = 0): LedByImpostor {
  const cluster = new PeerCluster(membershipOf(2));
  const store = cluster.store(1);
  for (let at = 1; at <= txns; at++) {
    const zxid = makeZxid(1, at);
    store.log.push({ zxid, bytes: errorTxn(zxid) });
  }
  if (txns > 0) store.accepted = store.current = 1;
  const links = cluster.impersonate(2);
  const vote = { leader: 2, zxid: makeZxid(8, 1), electionEpoch: 1, peerEpoch: 8, version: 2 };
  const dialed = (): void => {
    const before = links.length;
    cluster.until(() => {
      if (links.length > before) return true;
      const electionEpoch = cluster.peer(1).state === "looking" ? 1 + links.length * 10 : 1;
      const payload = encodeNotification({ ...vote, electionEpoch, state: "looking" }, new Uint8Array(0));
      cluster.step(1, { kind: "notification", from: 2, payload });
      return links.length > before;
    });
  };
  cluster.start(1);
  dialed();
  return {
    cluster,
    leader: () => links.at(-1)!,
    informed: () => links.at(-1)!.say(PacketType.LEADERINFO, makeZxid(LED_EPOCH, 0), int(OURS)),
    lost: () => {
      cluster.step(1, { kind: "linkDown", link: linkNumber(links.length), reason: "reset" });
      dialed();
    },
  };
}
