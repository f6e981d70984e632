import { describe, expect, test } from "vitest";
import { formatMembership } from "../../../../../src/core/quorum/membership-text.ts";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { ErrorCode } from "../../../../../src/protocol/error-code.ts";
import { makeZxid, type Zxid } from "../../../../../src/protocol/zxid.ts";
import { zk } from "../../../../support/core-client.ts";
import { membershipOf } from "../../../../support/peers/ensemble-defaults.ts";
import { expectAgreement, notices } from "../../../../support/peers/findings.ts";
import { reconfigTxn } from "../../../../support/peers/foreign-words.ts";
import { elect, endSync, followImpostor, lead } from "../../../../support/peers/led-by-impostor.ts";
import type { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { memberLine, RECONFIG_OPEN, reconfig } from "../../../../support/peers/reconfiguring.ts";
import { servingCluster, startServing, untilServing } from "../../../../support/peers/scenes.ts";

const { COMMIT, DIFF, PROPOSAL } = PacketType;

const started = (voters: number, observers = 0): PeerCluster =>
  servingCluster(voters, observers, { server: RECONFIG_OPEN });

/** Another client port of server 2: nobody's role changes by it. */
const MOVED = `${memberLine(2).slice(0, -4)}2999`;

const versionsOf = (cluster: PeerCluster, ...sids: readonly number[]): Zxid[] =>
  sids.map((sid) => cluster.peer(sid).view.committed.version);

/** Everybody has this version, in the view and in the znode, and none is proposed. */
function expectVersion(cluster: PeerCluster, version: Zxid, ...sids: readonly number[]): void {
  for (const sid of sids) {
    const { view, database } = cluster.peer(sid);
    expect(view.committed.version).toBe(version);
    expect(view.lastSeen).toBeNull();
    const { tree } = database;
    expect(new TextDecoder().decode(tree.data(tree.lookup("/zookeeper/config"))!)).toBe(
      formatMembership(view.committed),
    );
  }
}

describe("quorum-protocol 8.3: faults of a reconfig", () => {
  test("F46: the leader dies before the commit; who has it in its log completes it when it leads", () => {
    const cluster = started(3);
    const client = cluster.connect(3);
    cluster.slowDisks.add(2);
    cluster.hold(3, 1);
    expect(reconfig(client, { joiningServers: MOVED })).toBeNaN();
    // It is in the log of 2, and acknowledged to nobody.
    const proposed = cluster.peer(2).view.lastSeen!.version;
    cluster.kill(3);
    cluster.release();
    cluster.slowDisks.clear();
    cluster.persist(2);
    untilServing(cluster, 1, 2);
    expect(cluster.leader()).toBe(2);
    startServing(cluster, 3);
    expectVersion(cluster, proposed, 1, 2, 3);
    expectAgreement(cluster);
  });

  test("F46: the leader dies before the commit; nobody else has it, and it is dropped, also where it was proposed", () => {
    const cluster = started(3);
    const [before] = versionsOf(cluster, 3);
    const client = cluster.connect(3);
    cluster.hold(3, 1, 2);
    expect(reconfig(client, { joiningServers: MOVED })).toBeNaN();
    expect(cluster.peer(3).view.lastSeen!.version).toBeGreaterThan(before!);
    cluster.kill(3);
    cluster.release();
    untilServing(cluster, 1, 2);
    expectVersion(cluster, before!, 1, 2);
    startServing(cluster, 3);
    expectVersion(cluster, before!, 1, 2, 3);
    expect(reconfig(cluster.connect(1), { joiningServers: MOVED })).toBe(ErrorCode.OK);
  });

  test("F47: COMMITANDACTIVATE is lost to one follower; it learns the configuration from a notification", () => {
    const cluster = started(3);
    const client = cluster.connect(3);
    cluster.slowDisks.add(1);
    expect(reconfig(client, { joiningServers: MOVED })).toBe(ErrorCode.OK);
    const version = cluster.peer(3).view.committed.version;
    cluster.cut(1, 3);
    cluster.slowDisks.clear();
    cluster.persist(1);
    cluster.heal();
    untilServing(cluster, 1);
    expectVersion(cluster, version, 1, 2, 3);
  });

  test("F47: COMMITANDACTIVATE is lost with the link; NEWLEADER and UPTODATE of the next one bring it", () => {
    const { cluster, leaders } = followImpostor({ server: RECONFIG_OPEN });
    const old = cluster.peer(1).view.committed.version;
    const leader = endSync(lead(leaders[0]!, 9).say(DIFF, 0), 9);
    const zxid = makeZxid(9, 1);
    const next = { ...membershipOf(2, 1), version: zxid };
    leader.say(PROPOSAL, zxid, reconfigTxn(zxid, formatMembership(next)));
    expect(cluster.peer(1).view.committed.version).toBe(old);
    expect(cluster.peer(1).view.lastSeen?.version).toBe(zxid);
    // It is committed, and of that this server hears nothing.
    leader.say(COMMIT, zxid + 1);
    expect(leader.isClosed).toBe(true);
    const second = lead(elect(cluster, leaders, 2), 10).say(DIFF, zxid);
    endSync(second, 10, formatMembership(next));
    expect(cluster.peer(1).isServing).toBe(true);
    expectVersion(cluster, zxid, 1);
  });

  test("F48: the leader is removed, and the server that it names is dead: an election finds another", () => {
    const cluster = started(4);
    const before = cluster.leader()!;
    const others = [1, 2, 3, 4].filter((sid) => sid !== before);
    const client = cluster.connect(before);
    for (const sid of others) cluster.slowDisks.add(sid);
    reconfig(client, { leavingServers: String(before) });
    cluster.hold(before, ...others);
    cluster.slowDisks.clear();
    for (const sid of others) cluster.persist(sid);
    // It is committed, and who is to lead is on its way to everybody.
    const named = cluster.peer(before).vote!.leader;
    expect(others).toContain(named);
    cluster.kill(named);
    cluster.release();
    const left = others.filter((sid) => sid !== named);
    cluster.until(() => left.some((sid) => cluster.leader() === sid));
    untilServing(cluster, before, ...left);
    expect(notices(cluster, left[0]!)).toMatch(/configuration .* is committed/);
    const other = cluster.connect(left[0]!);
    expect(zk.create(other, "/led-by-another")).toBe(0);
    cluster.start(named);
    untilServing(cluster, named);
    expectVersion(cluster, cluster.peer(left[0]!).view.committed.version, 1, 2, 3, 4);
    expect(cluster.peer(named).view.committed.servers.map(({ id }) => id)).toEqual(others);
    expectAgreement(cluster);
  });

  test("F49: two at once: the second is refused while the first is proposed, and the first goes on", () => {
    const cluster = started(3);
    const [first, second] = [cluster.connect(3), cluster.connect(2)];
    cluster.slowDisks.add(1).add(2);
    expect(reconfig(first, { joiningServers: MOVED })).toBeNaN();
    const proposed = cluster.peer(3).view.lastSeen!.version;
    reconfig(second, { joiningServers: memberLine(1, "observer") });
    cluster.slowDisks.clear();
    for (const sid of [1, 2]) cluster.persist(sid);
    expect(first.reply().err).toBe(ErrorCode.OK);
    expect(second.reply().err).toBe(ErrorCode.RECONFIGINPROGRESS);
    expectVersion(cluster, proposed, 1, 2, 3);
    for (const sid of [1, 2, 3])
      for (const { peerType } of cluster.peer(sid).view.committed.servers)
        expect(peerType).toBe("participant");
  });

  test("F49: members of which no quorum is connected: refused, and nothing changes", () => {
    const cluster = started(3);
    const before = versionsOf(cluster, 1, 2, 3);
    const client = cluster.connect(2);
    const newMembers = [3, 7, 8].map((sid) => memberLine(sid)).join(",");
    expect(reconfig(client, { newMembers })).toBe(ErrorCode.NEWCONFIGNOQUORUM);
    expect(versionsOf(cluster, 1, 2, 3)).toEqual(before);
    for (const sid of [1, 2, 3]) expect(cluster.peer(sid).view.lastSeen).toBeNull();
    expect(zk.create(client, "/goes-on")).toBe(0);
    expectAgreement(cluster);
  });

  test("F50: a server of an older configuration adopts the newer one, looks anew and joins", () => {
    const cluster = started(3);
    cluster.kill(1);
    const old = cluster.peer(2).view.committed;
    expect(reconfig(cluster.connect(3), { joiningServers: MOVED })).toBe(ErrorCode.OK);
    expect(cluster.peer(2).view.committed.version).toBeGreaterThan(old.version);
    cluster.add(1, old);
    untilServing(cluster, 1);
    expect(notices(cluster, 1)).toMatch(/adopted configuration/);
    expectVersion(cluster, cluster.peer(3).view.committed.version, 1, 2, 3);
  });

  test("F51: a learner whose configuration is newer than the leader's is refused; the next election spreads it", () => {
    const cluster = started(3);
    const { servers, hierarchy, version } = cluster.peer(3).view.committed;
    cluster.kill(1);
    const newer = { servers, hierarchy, version: (version + 5) as Zxid };
    cluster.add(1, newer);
    cluster.advance(5_000);
    expect(cluster.peer(1).isServing).toBe(false);
    expect(notices(cluster, 3)).toMatch(/its configuration is of version .* ahead of ours/);
    expect(zk.create(cluster.connect(2), "/undisturbed")).toBe(0);
    cluster.kill(3);
    untilServing(cluster, 1, 2);
    startServing(cluster, 3);
    expectVersion(cluster, newer.version, 1, 2, 3);
    expectAgreement(cluster);
  });
});
