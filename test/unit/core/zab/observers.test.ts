import { describe, expect, test } from "vitest";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { decodeConnectResponse } from "../../../../src/protocol/handshake.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { connectPayload } from "../../../support/core-harness.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { notices } from "../../../support/peers/findings.ts";
import { learnerInfo } from "../../../support/peers/foreign-words.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { servingCluster, startServing, untilServing } from "../../../support/peers/scenes.ts";

function syncBody(path: string): Uint8Array {
  const text = bytes(path);
  return Uint8Array.from([0, 0, 0, text.length, ...text]);
}

describe("observers fed by followers", () => {
  test("see every write, forward their clients' writes and syncs, and move to another follower", () => {
    const cluster = new PeerCluster(membershipOf(3, 2), { ensemble: { observerMasterPort: 2191 } });
    startServing(cluster, 1, 2, 3, 4, 5);
    const client = cluster.connect(4);
    expect(zk.create(client, "/a")).toBe(0);
    client.request(OpCode.sync, syncBody("/a"));
    expect(client.reply().err).toBe(0);
    const moved = cluster.open(5);
    moved.connect(30_000, client.sessionId, client.password);
    expect(moved.sessionId).toEqual(client.sessionId);
    expect(zk.create(moved, "/b", { flags: 1 })).toBe(0);
    expect(cluster.peer(4).lastZxid).toBe(cluster.peer(3).lastZxid);
    // A session that nobody has is refused through the follower too.
    const stranger = cluster.open(4);
    stranger.connect(30_000, moved.sessionId, new Uint8Array(16));
    expect(stranger.timeoutMs).toBe(0);
    cluster.kill(1);
    untilServing(cluster, 2, 3, 4, 5);
    expect(zk.create(cluster.connect(4), "/c")).toBe(0);
    cluster.advance(25_000);
    expect(cluster.peer(5).lastZxid).toBe(cluster.peer(3).lastZxid);
  });

  test.each([false, true])(
    "strangers are fed only where they may come by reconfig: %s",
    (reconfigEnabled) => {
      const cluster = servingCluster(3, 1, {
        server: { reconfigEnabled },
        ensemble: { observerMasterPort: 2191 },
      });
      const known = cluster.intrude(1).say(PacketType.OBSERVERINFO, 0, learnerInfo(4));
      const stranger = cluster.intrude(1).say(PacketType.OBSERVERINFO, 0, learnerInfo(9));
      expect([known.isClosed, stranger.isClosed]).toEqual([false, !reconfigEnabled]);
      expect(/server 9 is not in the configuration/.test(notices(cluster, 1))).toBe(!reconfigEnabled);
    },
  );
});

describe("a server without a quorum, with readonlymode.enabled", () => {
  test("serves reads to clients that ask for it, until there is a quorum again", () => {
    const cluster = new PeerCluster(membershipOf(3), { ensemble: { isReadOnlyEnabled: true } });
    startServing(cluster, 1, 2, 3);
    expect(zk.create(cluster.connect(1), "/a", { data: bytes("x") })).toBe(0);
    cluster.kill(2, 3);
    cluster.until(() => cluster.peer(1).server?.role === "read-only");
    const refused = cluster.open(1);
    refused.connect();
    expect(refused.isClosed).toBe(true);
    const client = cluster.open(1);
    const payload = connectPayload();
    payload[payload.length - 1] = 1;
    client.send(payload);
    expect(decodeConnectResponse(client.frames.shift()!).record.readOnly).toBe(true);
    expect(zk.create(client, "/b")).toBe(ErrorCode.NOTREADONLY);
    client.request(OpCode.sync, syncBody("/a"));
    expect(client.reply().err).toBe(ErrorCode.NOTREADONLY);
    expect(client.call(OpCode.exists, Uint8Array.from([...syncBody("/a"), 0])).err).toBe(0);
    cluster.start(2);
    untilServing(cluster, 1);
    expect(client.isClosed).toBe(true);
  });
});
