import { describe, expect, test } from "vitest";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { counterOf, makeZxid } from "../../../../src/protocol/zxid.ts";
import { zk } from "../../../support/core-client.ts";
import { membershipOf } from "../../../support/peers/ensemble-defaults.ts";
import { int, learnerInfo, OURS } from "../../../support/peers/foreign-words.ts";
import type { Impostor } from "../../../support/peers/impostor.ts";
import { PeerCluster } from "../../../support/peers/peer-cluster.ts";
import { startServing } from "../../../support/peers/scenes.ts";

const COUNTER_MAX = 10;

/** A follower of ours that a test speaks for, in sync and served by leader 3. */
function follower(cluster: PeerCluster, sid: number): Impostor {
  return cluster
    .intrude(3)
    .say(PacketType.FOLLOWERINFO, 0, learnerInfo(sid, OURS))
    .say(PacketType.ACKEPOCH, cluster.peer(3).lastZxid, int(-1));
}

function started(): PeerCluster {
  const cluster = new PeerCluster(membershipOf(3), { ensemble: { counterMax: COUNTER_MAX } });
  startServing(cluster, 2, 3);
  return cluster;
}

describe("a change of the epoch without an election", () => {
  test("is possible in an epoch that has no txn yet", () => {
    const cluster = started();
    cluster.store(1).accepted = 7;
    cluster.start(1);
    cluster.until(() => cluster.peer(1).isServing, 10_000);
    for (const sid of [1, 2, 3]) expect(cluster.store(sid)).toMatchObject({ accepted: 8, current: 8 });
    expect(zk.create(cluster.connect(2), "/a")).toBe(0);
  });

  test("F20: the leader proposes nothing in the new epoch before it has that on its own disk, whoever else has", () => {
    const cluster = started();
    startServing(cluster, 1);
    const client = cluster.connect(3);
    while (counterOf(cluster.peer(3).lastZxid) < COUNTER_MAX)
      expect(zk.create(client, `/n${cluster.peer(3).lastZxid}`)).toBe(0);
    cluster.slowEpochs.add(3);
    client.request(OpCode.create, zk.createBody("/first-of-2"));
    expect([1, 2].map((sid) => cluster.store(sid).current)).toEqual([2, 2]);
    expect(client.frames).toHaveLength(0);
    expect(cluster.store(1).log.at(-1)!.zxid).toBe(makeZxid(1, COUNTER_MAX));
    cluster.tellStored();
    expect(client.reply()).toMatchObject({ err: 0, zxid: makeZxid(2, 1) });
  });

  test("ACKs of a follower that has not acknowledged NEWLEADER of the new epoch commit nothing in it", () => {
    const cluster = started();
    const slow = follower(cluster, 1).say(PacketType.ACK, makeZxid(1, 0));
    expect(slow.types).toContain(PacketType.UPTODATE);
    const client = cluster.connect(3);
    // 2 and 3 go on to epoch 2; what the third was asked has not reached it.
    while (counterOf(cluster.peer(3).lastZxid) < COUNTER_MAX)
      expect(zk.create(client, `/n${cluster.peer(3).lastZxid}`)).toBe(0);
    expect(zk.create(client, "/first-of-2")).toBe(0);
    expect(cluster.peer(3).currentEpoch).toBe(2);
    cluster.kill(2);
    client.request(OpCode.create, zk.createBody("/a"));
    slow.say(PacketType.ACK, makeZxid(2, 1)).say(PacketType.ACK, makeZxid(2, 2));
    expect(client.frames).toHaveLength(0);
    const accepted = new JuteWriter();
    accepted.writeInt(1);
    slow.say(PacketType.ACKEPOCH, makeZxid(1, COUNTER_MAX), accepted.take());
    expect(client.frames).toHaveLength(0);
    slow.say(PacketType.ACK, makeZxid(2, 0));
    expect(client.reply().err).toBe(0);
  });
});

describe("a follower that is being synchronised", () => {
  test("F20: its ACKs of txns count once it has acknowledged NEWLEADER, and not before", () => {
    const cluster = started();
    const slow = follower(cluster, 1);
    expect(slow.types).toContain(PacketType.NEWLEADER);
    const client = cluster.connect(3);
    cluster.kill(2);
    client.request(OpCode.create, zk.createBody("/a"));
    slow.say(PacketType.ACK, cluster.peer(3).lastZxid + 1);
    expect(client.frames).toHaveLength(0);
    slow.say(PacketType.ACK, makeZxid(1, 0));
    expect(client.reply().err).toBe(0);
    expect(slow.types.at(-1)).toBe(PacketType.COMMIT);
  });
});
