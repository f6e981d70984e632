import { expect } from "vitest";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { zk } from "../core-client.ts";
import { membershipOf } from "./ensemble-defaults.ts";
import { type ClusterOptions, PeerCluster } from "./peer-cluster.ts";

/** Beginnings of the fault scenarios (quorum-protocol 8.3): clusters that serve, and what was written there. */

export function serving(cluster: PeerCluster, ...sids: readonly number[]): boolean {
  return sids.every((sid) => cluster.peer(sid).isServing);
}

export function untilServing(cluster: PeerCluster, ...sids: readonly number[]): void {
  cluster.until(() => serving(cluster, ...sids));
}

export function startServing(cluster: PeerCluster, ...sids: readonly number[]): void {
  cluster.start(...sids);
  untilServing(cluster, ...sids);
}

/** An ensemble in which all serve: servers 1 to `voters`, of which the last one leads epoch 1, and observers behind them. */
export function servingCluster(voters: number, observers = 0, options: ClusterOptions = {}): PeerCluster {
  const cluster = new PeerCluster(membershipOf(voters, observers), options);
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
  const cluster = servingCluster(3);
  write(cluster, 3, kept);
  const client = cluster.connect(3);
  cluster.cut(1, 3);
  cluster.cut(2, 3);
  client.request(OpCode.create, zk.createBody("/lost"));
  cluster.kill(3);
  cluster.heal();
  untilServing(cluster, 1, 2);
  expect(cluster.store(3).log.length).toBe(cluster.store(2).log.length + 1);
  return cluster;
}
