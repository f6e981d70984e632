import { describe, expect, test } from "vitest";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { counterOf, epochOf } from "../../../../src/protocol/zxid.ts";
import { zk } from "../../../support/core-client.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { servingCluster, startServing } from "../../../support/peers/scenes.ts";

const COUNTER_MAX = 10;

const started = (observerMasterPort = 0): PeerCluster =>
  servingCluster(3, 1, { ensemble: { counterMax: COUNTER_MAX, observerMasterPort } });

describe("the end of an epoch's counter", () => {
  test.each([
    ["the leader", 0],
    ["a follower", 2191],
  ])(
    "F40: among servers of ours the next epoch begins while clients stay connected, and no write is lost or left out; %s feeds the observer",
    (_, observerMasterPort) => {
      const cluster = started(observerMasterPort);
      const clients = [1, 2, 3, 4].map((sid) => cluster.connect(sid));
      for (let i = 0; i < 25; i++) {
        for (const [at, client] of clients.entries()) expect(zk.create(client, `/n${at}-${i}`)).toBe(0);
      }
      expect(clients.some(({ isClosed }) => isClosed)).toBe(false);
      expect(cluster.leader()).toBe(3);
      for (const { store } of cluster.nodes.values()) {
        const zxids = store.log.map(({ zxid }) => zxid);
        expect(zxids.length).toBe(104);
        for (const [at, zxid] of zxids.entries()) {
          expect([epochOf(zxid), counterOf(zxid)]).toEqual([
            1 + Math.floor(at / COUNTER_MAX),
            1 + (at % COUNTER_MAX),
          ]);
        }
        expect(store.current).toBe(11);
        expect(store.accepted).toBe(11);
      }
    },
  );

  test("a server that was away meanwhile comes back by DIFF over the epochs", () => {
    const cluster = started();
    cluster.kill(1);
    const client = cluster.connect(2);
    for (let i = 0; i < 35; i++) expect(zk.create(client, `/n${i}`)).toBe(0);
    startServing(cluster, 1);
    expect(cluster.peer(1).lastZxid).toBe(cluster.peer(3).lastZxid);
    expect(zk.create(cluster.connect(1), "/more")).toBe(0);
  });

  test("writes that wait for the next epoch are written when a quorum has joined it", () => {
    const cluster = started();
    const client = cluster.connect(2);
    while (counterOf(cluster.peer(2).lastZxid) < COUNTER_MAX)
      zk.create(client, `/n${cluster.peer(2).lastZxid}`);
    cluster.slowDisks.add(1);
    client.request(OpCode.create, zk.createBody("/waits"));
    expect(client.reply().err).toBe(0);
    expect(epochOf(cluster.peer(2).lastZxid)).toBe(2);
  });
});

describe("a voter that has accepted an epoch from a leader that came to nothing", () => {
  test("F52: joins, among servers of ours: the working leader goes on to an epoch above, and its clients notice nothing", () => {
    const cluster = new PeerCluster(membershipOf(3));
    startServing(cluster, 1, 2, 3);
    cluster.kill(1);
    const client = cluster.connect(2);
    expect(zk.create(client, "/a")).toBe(0);
    cluster.store(1).accepted = 7;
    cluster.start(1);
    cluster.until(() => cluster.peer(1).isServing, 10_000);
    expect(client.isClosed).toBe(false);
    expect(zk.create(client, "/b")).toBe(0);
    expect(epochOf(cluster.peer(1).lastZxid)).toBe(8);
    for (const sid of [1, 2, 3]) expect(cluster.store(sid)).toMatchObject({ accepted: 8, current: 8 });
  });
});
