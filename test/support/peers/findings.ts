import { expect } from "vitest";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import type { PeerCluster } from "./peer-cluster.ts";
import { follows } from "./peer-node.ts";

/** What servers have and have said, and what has to hold at the end of a scenario. */

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

/** S16: each record follows the one before it, and the first one the snapshot. */
function expectNoHole(cluster: PeerCluster, sid: number): void {
  const { snapshot, log } = cluster.store(sid);
  let last = snapshot?.zxid ?? (0 as Zxid);
  for (const { zxid } of log) {
    expect(follows(last, zxid), `server ${sid}: ${zxid.toString(16)} behind ${last.toString(16)}`).toBe(true);
    last = zxid;
  }
}

/** Every running server serves the same tree and the same sessions at the same zxid, and no log has a hole. */
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
