import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { expectAgreement } from "../../../support/peers/findings.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { serving, servingCluster, untilServing } from "../../../support/peers/scenes.ts";

const EPHEMERAL = 1;

describe("an ensemble", () => {
  test("three fresh servers elect the highest sid, in epoch 1", () => {
    const cluster = servingCluster(3);
    expect(cluster.leader()).toBe(3);
    expect(cluster.store(1)).toMatchObject({ accepted: 1, current: 1 });
  });

  test("a write through any server is answered and is everywhere", () => {
    const cluster = servingCluster(3, 1);
    for (const sid of [1, 2, 3, 4]) {
      const client = cluster.connect(sid);
      expect(zk.create(client, `/n${sid}`, { data: bytes("x") })).toBe(ErrorCode.OK);
      expect(zk.create(client, `/n${sid}`)).toBe(ErrorCode.NODEEXISTS);
      expect(zk.setData(client, `/n${sid}`, bytes("y"), 0)).toBe(ErrorCode.OK);
    }
    const reader = cluster.connect(1);
    for (const sid of [1, 2, 3, 4]) expect(reader.call(OpCode.exists, existsBody(`/n${sid}`)).err).toBe(0);
    expectAgreement(cluster);
  });

  test("the loss of the leader loses nothing; it comes back by DIFF", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(1);
    expect(zk.create(client, "/a")).toBe(0);
    cluster.kill(3);
    untilServing(cluster, 1, 2);
    expect(cluster.leader()).toBe(2);
    const other = cluster.connect(1);
    expect(zk.create(other, "/b")).toBe(0);
    cluster.start(3);
    untilServing(cluster, 1, 2, 3);
    expect(zk.create(cluster.connect(3), "/c")).toBe(0);
    expect(cluster.peer(3).database.tree.lookup("/b")).toBeGreaterThan(0);
    expectAgreement(cluster);
  });

  test.each([
    ["small one, which goes out as it was", 100],
    ["large one, of which parts are written later", 100_000],
  ])(
    "F23: what is written during a snapshot, a %s, comes before NEWLEADER (ZOOKEEPER-3104)",
    (_, dataBytes) => {
      const cluster = servingCluster(3, 0, { ensemble: { forcesSnapshotSync: true } });
      cluster.kill(1);
      const client = cluster.connect(2);
      const data = new Uint8Array(dataBytes);
      for (let i = 0; i < 20; i++) expect(zk.create(client, `/n${i}`, { data })).toBe(0);
      cluster.slowSnapshots.add(3);
      cluster.start(1);
      cluster.until(() => cluster.peer(1).role?.syncMode === "SNAP");
      // Server 1 throws where a digest does not fit.
      for (let i = 0; i < 20; i++) expect(zk.setData(client, `/n${i}`, bytes("new"))).toBe(0);
      expect(zk.create(client, "/later")).toBe(0);
      cluster.advance(5_000);
      cluster.finishSnapshots(3);
      expect(cluster.store(1).snapshot?.zxid).toBe(cluster.peer(3).lastZxid);
      untilServing(cluster, 1, 2, 3);
      expect(zk.create(client, "/after")).toBe(0);
      expectAgreement(cluster);
    },
  );

  test("a server far behind gets a snapshot, and survives a restart with it", () => {
    const cluster = servingCluster(3, 0, { ensemble: { forcesSnapshotSync: true } });
    cluster.kill(1);
    const client = cluster.connect(2);
    for (let i = 0; i < 20; i++) expect(zk.create(client, `/n${i}`)).toBe(0);
    cluster.start(1);
    untilServing(cluster, 1, 2, 3);
    expectAgreement(cluster);
    expect(zk.create(client, "/after")).toBe(0);
    cluster.kill(1);
    cluster.start(1);
    untilServing(cluster, 1, 2, 3);
    expectAgreement(cluster);
  });

  test("what a leader proposed to nobody is cut when it comes back", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(3);
    expect(zk.create(client, "/kept")).toBe(0);
    cluster.cut(1, 3);
    cluster.cut(2, 3);
    client.request(OpCode.create, zk.createBody("/lost"));
    cluster.until(() => cluster.peer(3).state === "looking" && serving(cluster, 1, 2));
    expect(zk.create(cluster.connect(1), "/next")).toBe(0);
    cluster.heal();
    untilServing(cluster, 1, 2, 3);
    expect(cluster.peer(3).database.tree.lookup("/lost")).toBe(-1);
    expect(cluster.peer(3).database.tree.lookup("/next")).toBeGreaterThan(0);
    expectAgreement(cluster);
  });

  test("sessions move between servers, expire once, and take their ephemerals along", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(1, 6_000);
    expect(zk.create(client, "/e", { flags: EPHEMERAL })).toBe(0);
    const moved = cluster.open(2);
    moved.connect(6_000, client.sessionId, client.password);
    expect(moved.sessionId).toEqual(client.sessionId);
    expect(zk.create(moved, "/f", { flags: EPHEMERAL })).toBe(0);
    // The old connection's write is refused at the leader: the session is elsewhere.
    client.request(OpCode.create, zk.createBody("/late"));
    expect(client.isClosed).toBe(true);
    cluster.advance(30_000);
    expect(moved.isClosed).toBe(true);
    for (const sid of [1, 2, 3]) expect(cluster.peer(sid).database.tree.ephemeralCount).toBe(0);
    const again = cluster.open(1);
    again.connect(6_000, client.sessionId, client.password);
    expect(again.timeoutMs).toBe(0);
    expectAgreement(cluster);
  });

  test("a leader that did not get the processor asks for sessions before it lets them expire", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(1, 4_000);
    expect(zk.create(client, "/e", { flags: EPHEMERAL })).toBe(0);
    // For 7 s, less than syncLimit, the leader hears and says nothing, while the client pings its follower.
    cluster.stall(3, 7_000, () => client.request(OpCode.ping, undefined, -2));
    cluster.advance(3_000);
    expect(client.isClosed).toBe(false);
    expect(cluster.peer(3).database.tree.ephemeralCount).toBe(1);
    cluster.advance(20_000);
    expect(cluster.peer(3).database.tree.ephemeralCount).toBe(0);
  });

  test("a session ends although followers come and go: their coming is no sign of its client's life (3.12)", () => {
    const cluster = servingCluster(3);
    const client = cluster.connect(3, 8000);
    expect(zk.create(client, "/mine", { flags: 1 })).toBe(0);
    cluster.drop(client);
    for (let times = 0; times < 4; times++) {
      cluster.kill(1);
      cluster.start(1);
      cluster.advance(4000);
      expect(cluster.peer(1).isServing).toBe(true);
    }
    expect(cluster.peer(3).database.tree.ephemeralCount).toBe(0);
  });

  test("sync on a follower sees what was written through another one", () => {
    const cluster = servingCluster(3);
    const writer = cluster.connect(1);
    const reader = cluster.connect(2);
    expect(zk.create(writer, "/s")).toBe(0);
    reader.request(OpCode.sync, syncBody("/s"));
    expect(reader.reply().err).toBe(0);
    expect(reader.call(OpCode.exists, existsBody("/s")).err).toBe(0);
  });

  test("without a quorum a connection may ask a four-letter word; it gets no session, and does not stay silent for long", () => {
    const cluster = new PeerCluster(membershipOf(3));
    cluster.start(1);
    cluster.advance(1000);
    const [asking, silent] = [cluster.open(1), cluster.open(1)];
    cluster.advance(9000);
    expect([asking.isClosed, silent.isClosed]).toEqual([false, false]);
    asking.send(new Uint8Array(44));
    expect([asking.isClosed, silent.isClosed]).toEqual([true, false]);
    cluster.advance(1000);
    expect(silent.isClosed).toBe(true);
  });

  test("without a quorum nobody serves, with one again everybody does", () => {
    const cluster = servingCluster(5);
    cluster.kill(5, 4, 3);
    cluster.until(() => cluster.peer(1).state === "looking" && cluster.peer(2).state === "looking");
    expect(cluster.connect(1).isClosed).toBe(true);
    cluster.start(4);
    untilServing(cluster, 1, 2, 4);
    cluster.start(3, 5);
    untilServing(cluster, 1, 2, 3, 4, 5);
    expectAgreement(cluster);
  });
});

function existsBody(path: string): Uint8Array {
  const body = syncBody(path);
  return Uint8Array.from([...body, 0]);
}

function syncBody(path: string): Uint8Array {
  const text = bytes(path);
  return Uint8Array.from([0, 0, 0, text.length, ...text]);
}
