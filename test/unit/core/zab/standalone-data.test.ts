import { describe, expect, test } from "vitest";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { encodeTxn } from "../../../../src/protocol/txn.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { zk } from "../../../support/core-client.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { notices } from "../../../support/peers/findings.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { startServing } from "../../../support/peers/scenes.ts";

/** What a standalone server has written: its zxids have no epoch. */
function seedStandalone(cluster: PeerCluster, sid: number): void {
  const { log } = cluster.store(sid);
  for (let zxid = 1; zxid <= 5; zxid++) {
    const header = { clientId: Int64.ZERO, cxid: 0, zxid: zxid as Zxid, time: 1, type: OpCode.create };
    const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
    const body = { path: `/old${zxid}`, data: null, acl, ephemeral: false, parentCVersion: zxid };
    const bytes = encodeTxn({ header, body: { type: OpCode.create, ...body }, digest: undefined });
    log.push({ zxid: zxid as Zxid, bytes });
  }
}

describe("a standalone server's data in an ensemble", () => {
  test("wins the election against empty servers, and is on all of them", () => {
    const cluster = new PeerCluster(membershipOf(3));
    seedStandalone(cluster, 1);
    startServing(cluster, 1, 2, 3);
    expect(cluster.leader()).toBe(1);
    expect(zk.create(cluster.connect(3), "/new")).toBe(0);
    for (const sid of [1, 2, 3]) expect(cluster.peer(sid).database.tree.lookup("/old5")).toBeGreaterThan(0);
  });

  test("is not thrown away when empty servers have formed an ensemble without it", () => {
    const cluster = new PeerCluster(membershipOf(3));
    seedStandalone(cluster, 1);
    startServing(cluster, 2, 3);
    expect(zk.create(cluster.connect(2), "/new")).toBe(0);
    cluster.start(1);
    cluster.advance(30_000);
    expect(cluster.peer(1).isServing).toBe(false);
    expect(cluster.store(1).log).toHaveLength(5);
    const reasons = cluster.events.flatMap(({ sid, event }) =>
      sid === 1 && event.kind === "roleChanged" ? [event.reason] : [],
    );
    expect(reasons.join()).toMatch(/written by a standalone server.*move version-2 away/);
    // It does not keep the others busy: a try a second, not one after the other.
    expect(reasons.length).toBeLessThan(80);
    expect(zk.create(cluster.connect(2), "/still-served")).toBe(0);
  });

  test("an ensemble of one grows", () => {
    const cluster = new PeerCluster(membershipOf(1));
    seedStandalone(cluster, 1);
    startServing(cluster, 1);
    expect(zk.create(cluster.connect(1), "/new")).toBe(0);
    expect(cluster.store(1)).toMatchObject({ accepted: 1, current: 1 });
  });
});

describe("the data of another ensemble, of a later epoch", () => {
  test("is not replaced, and both sides go on", () => {
    const cluster = new PeerCluster(membershipOf(3));
    const other = new PeerCluster(membershipOf(3));
    for (const sid of [1, 2, 3]) Object.assign(other.store(sid), { accepted: 8, current: 8 });
    other.start(1, 2, 3);
    other.until(() => [1, 2, 3].every((sid) => other.peer(sid).isServing));
    for (const name of ["/x", "/y"]) expect(zk.create(other.connect(1), name)).toBe(0);
    const foreign = other.store(1);
    expect(foreign.current).toBe(9);

    startServing(cluster, 2, 3);
    const client = cluster.connect(2);
    expect(zk.create(client, "/new")).toBe(0);
    Object.assign(cluster.store(1), { ...foreign, log: [...foreign.log] });
    cluster.start(1);
    cluster.advance(30_000);
    expect(cluster.peer(1).isServing).toBe(false);
    expect(cluster.store(1).log).toEqual(foreign.log);
    expect(cluster.store(1).current).toBe(9);
    expect(client.isClosed).toBe(false);
    expect(zk.create(client, "/still-served")).toBe(0);
    expect(notices(cluster, 2) + notices(cluster, 3)).toMatch(
      /follower 1 .*is of another ensemble.*move its version-2 aside/,
    );
  });
});
