import { describe, expect, test } from "vitest";
import { encodeNotification } from "../../../../../src/core/election/notification.ts";
import { formatMembership } from "../../../../../src/core/quorum/membership-text.ts";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { makeZxid, ZXID_ZERO } from "../../../../../src/protocol/zxid.ts";
import { zk } from "../../../../support/core-client.ts";
import { membershipOf } from "../../../../support/peers/ensemble-defaults.ts";
import { expectAgreement, hasNode, logOf, notices } from "../../../../support/peers/findings.ts";
import { createTxn, joinAs } from "../../../../support/peers/foreign-words.ts";
import { lead } from "../../../../support/peers/led-by-impostor.ts";
import { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import { memberLine, RECONFIG_OPEN, reconfig } from "../../../../support/peers/reconfiguring.ts";
import { servingCluster, startServing, untilServing } from "../../../../support/peers/scenes.ts";

const { ACK, COMMIT, DIFF, INFORM, LEADERINFO, OBSERVERINFO, PROPOSAL } = PacketType;

/** Zxids of txns that the packets bring as committed, in order of their coming. */
function committedIn(packets: readonly { readonly type: number; readonly zxid: number }[]): number[] {
  return packets.flatMap(({ type, zxid }) => (type === COMMIT || type === INFORM ? [zxid] : []));
}

describe("quorum-protocol 8.3: observers", () => {
  test("an observer that has asked in vain for long serves soon after there is a leader", () => {
    const cluster = new PeerCluster(membershipOf(3, 1));
    cluster.start(1, 4);
    // The pause between two notifications is at its longest.
    cluster.advance(600_000);
    cluster.start(2);
    untilServing(cluster, 1, 2);
    cluster.until(() => cluster.peer(4).isServing, 2_000);
  });

  test.each([
    ["DIFF", {}],
    ["SNAP", { forcesSnapshotSync: true }],
  ])(
    "F53: an observer connects while txns flow (%s): each comes once, none is left out",
    (mode, ensemble) => {
      const cluster = servingCluster(3, 1, { ensemble });
      cluster.kill(4);
      const client = cluster.connect(3);
      for (const path of ["/a", "/b"]) expect(zk.create(client, path)).toBe(0);
      // Two are proposed and not committed when the observer asks, two are committed while its snapshot is on its way.
      cluster.slowDisks.add(1).add(2);
      for (const path of ["/c", "/d"]) client.request(OpCode.create, zk.createBody(path));
      cluster.slowSnapshots.add(3);
      cluster.start(4);
      cluster.until(() => notices(cluster, 4).match(/leader 3 sends/g)?.length === 2);
      expect(notices(cluster, 4)).toMatch(new RegExp(`sends ${mode} [^\\n]*$`));
      cluster.slowDisks.clear();
      for (const sid of [1, 2]) cluster.persist(sid);
      for (const path of ["/e", "/f"]) client.request(OpCode.create, zk.createBody(path));
      cluster.finishSnapshots(3);
      untilServing(cluster, 4);
      expect(zk.create(cluster.connect(4), "/through-it")).toBe(0);
      for (const path of ["/a", "/c", "/f", "/through-it"]) expect(hasNode(cluster, 4, path)).toBe(true);
      const { snapshot } = cluster.store(4);
      const all = logOf(cluster, 3);
      expect(logOf(cluster, 4)).toEqual(all.filter((zxid) => zxid > (snapshot?.zxid ?? 0)));
      expectAgreement(cluster);
    },
  );

  test.each([
    ["DIFF", {}],
    ["SNAP", { forcesSnapshotSync: true }],
  ])("F53: what the leader sends to an observer that connects meanwhile (%s)", (mode, ensemble) => {
    const cluster = servingCluster(3, 1, { ensemble });
    cluster.kill(4);
    const client = cluster.connect(3);
    expect(zk.create(client, "/a")).toBe(0);
    const before = cluster.peer(3).lastZxid;
    cluster.slowDisks.add(1).add(2);
    for (const path of ["/b", "/c"]) client.request(OpCode.create, zk.createBody(path));
    cluster.slowSnapshots.add(3);
    const observer = joinAs(cluster.intrude(3), 4, 0, OBSERVERINFO);
    // Nothing of what is only proposed.
    expect(observer.types.filter((type) => type === PROPOSAL)).toHaveLength(mode === "DIFF" ? 2 : 0);
    cluster.slowDisks.clear();
    for (const sid of [1, 2]) cluster.persist(sid);
    cluster.finishSnapshots(3);
    observer.say(ACK, makeZxid(1, 0));
    expect(zk.create(cluster.connect(2), "/d")).toBe(0);
    const first = mode === "DIFF" ? makeZxid(1, 1) : before + 1;
    expect(committedIn(observer.received)).toEqual(logOf(cluster, 3).filter((zxid) => zxid >= first));
  });

  describe("F54: the follower that feeds an observer dies", () => {
    function fed(): { cluster: PeerCluster; master: number } {
      const cluster = servingCluster(3, 1, {
        ensemble: { observerMasterPort: 2191, snapshotSizeFactor: -1 },
      });
      const { role } = cluster.peer(4);
      return { cluster, master: (role as unknown as { masterSid: number }).masterSid };
    }

    test("F54: the observer moves to another one, and misses nothing", () => {
      const { cluster, master } = fed();
      const client = cluster.connect(4);
      expect(zk.create(client, "/before")).toBe(0);
      cluster.kill(master);
      const left = [1, 2, 3].filter((sid) => sid !== master);
      untilServing(cluster, ...left);
      expect(zk.create(cluster.connect(left[0]!), "/meanwhile")).toBe(0);
      untilServing(cluster, 4);
      expect(zk.create(cluster.connect(4), "/after")).toBe(0);
      cluster.advance(2_000);
      for (const path of ["/before", "/meanwhile", "/after"]) expect(hasNode(cluster, 4, path)).toBe(true);
      expect(notices(cluster, 4).match(/sends (DIFF|SNAP)/g)).toHaveLength(2);
      expectAgreement(cluster);
    });

    test("F54: a leader that is a quorum alone has no followers, and feeds the observer itself", () => {
      const cluster = servingCluster(1, 1, { ensemble: { observerMasterPort: 2191 } });
      expect(zk.create(cluster.connect(2), "/a")).toBe(0);
      expectAgreement(cluster);
    });

    test("F54: no follower takes the observer: the leader does", () => {
      const { cluster, master } = fed();
      const leader = cluster.leader()!;
      expect(master).not.toBe(leader);
      cluster.kill(4);
      for (const node of cluster.nodes.values()) node.isMasterOpen = false;
      startServing(cluster, 4);
      expect((cluster.peer(4).role as unknown as { masterSid: number }).masterSid).toBe(leader);
      expect(zk.create(cluster.connect(4), "/a")).toBe(0);
    });

    test("F54: the next one is behind what the observer has: it takes nothing back, the observer comes again", () => {
      const { cluster, master } = fed();
      expect(zk.create(cluster.connect(4), "/before")).toBe(0);
      const { lastZxid } = cluster.peer(master);
      const refused = joinAs(cluster.intrude(master), 4, lastZxid + 1, OBSERVERINFO);
      expect(refused.types).toEqual([LEADERINFO]);
      expect(refused.isClosed).toBe(true);
      expect(zk.create(cluster.connect(master), "/a")).toBe(0);
      const taken = joinAs(cluster.intrude(master), 4, lastZxid + 1, OBSERVERINFO);
      expect(taken.types.slice(0, 2)).toEqual([LEADERINFO, DIFF]);
      // Of an epoch that is over everything is known here.
      const old = joinAs(cluster.intrude(master), 4, makeZxid(0, 9), OBSERVERINFO);
      expect(old.isClosed).toBe(false);
    });

    test("F54: what the next one has in memory does not reach back to it: SNAP", () => {
      const { cluster, master } = fed();
      cluster.kill(4, master);
      const left = [1, 2, 3].filter((sid) => sid !== master);
      untilServing(cluster, ...left);
      const client = cluster.connect(left[0]!);
      // More than the 500 of commitLogCount.
      for (let at = 0; at < 520; at++) expect(zk.create(client, `/n${at}`)).toBe(0);
      startServing(cluster, 4);
      expect(notices(cluster, 4)).toContain("sends SNAP");
      expect(zk.create(cluster.connect(4), "/after")).toBe(0);
      cluster.advance(2_000);
      expectAgreement(cluster);
    });
  });

  describe("F67: an observer becomes a voter, and loses power", () => {
    test.each([
      ["that keeps a log", true],
      ["that keeps none", false],
    ])("F67: one %s: its currentEpoch is not ahead of what it has on disk", (_, observersPersist) => {
      const cluster = servingCluster(3, 1, { server: RECONFIG_OPEN, ensemble: { observersPersist } });
      cluster.kill(4);
      const client = cluster.connect(3);
      for (const path of ["/a", "/b", "/c"]) expect(zk.create(client, path)).toBe(0);
      startServing(cluster, 4);
      expect(notices(cluster, 4)).toContain("sends DIFF");
      expect(zk.create(client, "/d")).toBe(0);
      expect(reconfig(client, { joiningServers: memberLine(4) })).toBe(0);
      // The power goes as soon as it follows with a vote.
      cluster.until(() => cluster.peer(4).state === "following" && cluster.peer(4).isServing);
      cluster.kill(4);
      const { log, snapshot, current } = cluster.store(4);
      const onDisk = log.at(-1)?.zxid ?? snapshot?.zxid;
      expect(current).toBe(1);
      expect(onDisk).toBe(cluster.peer(3).lastZxid);
      // With it, and without one that had everything, all is there.
      cluster.kill(3);
      cluster.start(4);
      untilServing(cluster, 1, 2, 4);
      expect(cluster.leader()).toBe(4);
      for (const sid of [1, 2, 4])
        for (const path of ["/a", "/b", "/c", "/d"]) expect(hasNode(cluster, sid, path)).toBe(true);
      expectAgreement(cluster);
    });

    test("F67: one that keeps no log acknowledges on its disk the history of a leader whose pending reconfig makes it a voter", () => {
      const ensemble = { observersPersist: false };
      const cluster = new PeerCluster(membershipOf(2, 1), { server: RECONFIG_OPEN, ensemble });
      const leaders = cluster.impersonate(2);
      cluster.start(3);
      const vote = { leader: 2, zxid: ZXID_ZERO, electionEpoch: 1, peerEpoch: 9, version: 2 };
      for (const [from, state] of [
        [2, "leading"],
        [1, "following"],
      ] as const) {
        const payload = encodeNotification({ ...vote, state }, new TextEncoder().encode(configOf(2, 1)));
        cluster.step(3, { kind: "notification", from, payload });
      }
      cluster.until(() => leaders.length > 0);
      const zxid = makeZxid(8, 1);
      const leader = lead(leaders[0]!, 9).say(PacketType.DIFF, zxid);
      leader.say(PacketType.PROPOSAL, zxid, createTxn(zxid, "/a")).say(PacketType.COMMIT, zxid);
      const config = new TextEncoder().encode(configOf(3, 0, zxid));
      leader.say(PacketType.NEWLEADER, makeZxid(9, 0), config);
      expect(leader.received.at(-1)).toMatchObject({ type: PacketType.ACK, zxid: makeZxid(9, 0) });
      // With this acknowledgement the leader may lead; the power may go at any time.
      cluster.kill(3);
      expect(cluster.store(3)).toMatchObject({ snapshot: { zxid }, current: 9 });
    });
  });
});

/** Text of a configuration of so many voters, and observers behind them. */
function configOf(voters: number, observers: number, version = ZXID_ZERO): string {
  return formatMembership({ ...membershipOf(voters, observers), version });
}
