import { describe, expect, it } from "vitest";
import { runFourLetterWord } from "../../../src/admin/four-letter-words/run-four-letter-word.ts";
import { MetricsRegistry } from "../../../src/metrics/metrics-registry.ts";
import { bindPeerStats } from "../../../src/metrics/peer-metrics.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { memberGauges } from "../../../src/server/ensemble/member-gauges.ts";
import { MemberView } from "../../../src/server/ensemble/member-view.ts";
import { bytes, zk } from "../../support/core-client.ts";
import { membershipOf } from "../../support/peers/ensemble-defaults.ts";
import { PeerCluster } from "../../support/peers/peer-cluster.ts";
import { servingCluster, untilServing } from "../../support/peers/scenes.ts";
import { FakeAdminView, nextTurn } from "../admin/fake-admin-view.ts";

function viewOf(cluster: PeerCluster, sid: number): MemberView {
  const { committed } = cluster.peer(sid).view;
  return new MemberView({
    peer: cluster.peer(sid),
    config: { initLimitTicks: 10, syncLimitTicks: 5, membership: committed },
    clientAddress: null,
    traffic: () => ({ packetsSent: 9, queuedPackets: 1, queuedBytes: 40 }),
  });
}

function metricsOf(cluster: PeerCluster, sid: number): Record<string, number> {
  const registry = new MetricsRegistry();
  const peer = cluster.peer(sid);
  bindPeerStats(
    registry,
    peer.peerStats,
    memberGauges(peer, () => cluster.now.elapsedMs),
  );
  return Object.fromEntries([...registry.values()].map(({ name, value }) => [name, value]));
}

const started = (voters: number, observers = 0, ensemble = {}): PeerCluster =>
  servingCluster(voters, observers, { ensemble });

async function wordOf(view: FakeAdminView, word: string): Promise<string> {
  let text = "";
  const options = { whitelist: new Set([word]), nextTurn };
  await runFourLetterWord(word, new Uint8Array(0), view, options, (chunk) => {
    text += chunk;
  });
  return text;
}

describe("what an operator sees of a member", () => {
  it("on a leader", () => {
    const cluster = started(3, 1);
    const view = viewOf(cluster, 3);
    expect(view).toMatchObject({
      isLeader: true,
      leaderId: 3,
      leaderHost: "s3",
      peerState: "leading - broadcast",
      zabState: "broadcast",
      observerMasterId: null,
      proposalSizes: { lastBytes: -1, minBytes: -1, maxBytes: -1 },
      isObserver: false,
      isVoting: true,
      quorumAddress: { all: ["s3:2888"], reachable: ["s3:2888"] },
      electionAddress: { all: ["s3:3888"], reachable: ["s3:3888"] },
      clientAddress: "0.0.0.0:2181",
    });
    expect(view.membership).toEqual([
      "server.1=s1:2888:3888:participant;0.0.0.0:2181",
      "server.2=s2:2888:3888:participant;0.0.0.0:2181",
      "server.3=s3:2888:3888:participant;0.0.0.0:2181",
      "server.4=s4:2888:3888:observer;0.0.0.0:2181",
      "version=0",
    ]);
    expect(view.votingView.map(({ serverId }) => serverId)).toEqual([1, 2, 3]);
    expect(view.votingView[0]).toEqual({
      serverId: 1,
      serverAddresses: ["s1:2888"],
      electionAddresses: ["s1:3888"],
      clientAddress: "0.0.0.0:2181",
      learnerType: "participant",
    });
  });

  it("on a follower and on an observer", () => {
    const cluster = started(3, 1);
    expect(viewOf(cluster, 1)).toMatchObject({
      isLeader: false,
      leaderId: 3,
      leaderHost: "s3",
      peerState: "following - broadcast",
      observerMasterId: null,
      proposalSizes: null,
      isVoting: true,
    });
    expect(viewOf(cluster, 4)).toMatchObject({
      peerState: "observing - broadcast",
      observerMasterId: 3,
      isObserver: true,
      isVoting: false,
    });
    expect(viewOf(cluster, 1).syncedObserverCount).toBe(0);
  });

  it("while it looks for a leader", () => {
    const cluster = new PeerCluster(membershipOf(3));
    cluster.start(1);
    cluster.advance(1000);
    expect(viewOf(cluster, 1)).toMatchObject({
      isLeader: false,
      leaderId: -1,
      leaderHost: "",
      peerState: "looking",
      zabState: "election",
    });
  });

  it("the observers of a leader, and what orst resets of them", () => {
    const cluster = started(3, 1);
    const view = viewOf(cluster, 3);
    zk.create(cluster.connect(4), "/through-observer", { data: bytes("x") });
    const [observer] = view.syncedObservers;
    expect(observer).toMatchObject({
      remoteAddress: "/s4:1",
      serverId: 4,
      establishedWallMs: expect.any(Number),
      queuedPackets: 1,
      queuedPacketsBytes: 40,
      packetsSent: 9,
      // The session and the znode.
      requests: 2,
      lastZxid: 0x1_0000_0002,
    });
    expect(observer!.packetsReceived).toBeGreaterThanOrEqual(4);
    view.resetObserverStatistics();
    expect([...view.syncedObservers][0]).toMatchObject({ packetsReceived: 0, packetsSent: 0, requests: 0 });
  });

  it("observers that a follower feeds are told by that follower", () => {
    const cluster = started(3, 1, { observerMasterPort: 2191 });
    const master = viewOf(cluster, 4).observerMasterId;
    expect([1, 2, 3]).toContain(master);
    expect([...viewOf(cluster, master!).syncedObservers]).toMatchObject([{ serverId: 4 }]);
    const gauges = [1, 2, 3].map((sid) => metricsOf(cluster, sid).synced_observers);
    expect(gauges).toEqual([1, 2, 3].map((sid) => (sid === master ? 1 : 0)));
  });

  it("conf and mntr show it", async () => {
    const cluster = started(3, 1);
    const view = new FakeAdminView();
    view.quorumView = viewOf(cluster, 4);
    view.state = "observer";
    const conf = await wordOf(view, "conf");
    expect(conf.slice(conf.indexOf("initLimit"))).toBe(
      "initLimit=10\nsyncLimit=5\nelectionAlg=3\nelectionPort=3888\nquorumPort=2888\npeerType=1\nmembership: \n" +
        "server.1=s1:2888:3888:participant;0.0.0.0:2181\nserver.2=s2:2888:3888:participant;0.0.0.0:2181\n" +
        "server.3=s3:2888:3888:participant;0.0.0.0:2181\nserver.4=s4:2888:3888:observer;0.0.0.0:2181\nversion=0",
    );
    expect(await wordOf(view, "mntr")).toContain(
      "zk_server_state\tobserver\nzk_peer_state\tobserving - broadcast\nzk_observer_master_id\t3\n",
    );
  });
});

describe("the metrics of a member", () => {
  it("gauges: the leader's only on the leader", () => {
    const cluster = started(3, 1);
    cluster.advance(1000);
    const leader = metricsOf(cluster, 3);
    expect(leader).toMatchObject({
      quorum_size: 3,
      learners: 3,
      synced_followers: 2,
      synced_non_voting_followers: 0,
      synced_observers: 1,
      pending_syncs: 0,
      last_proposal_size: -1,
    });
    expect(leader.leader_uptime).toBeGreaterThanOrEqual(1000);
    const follower = metricsOf(cluster, 1);
    expect(follower.quorum_size).toBe(3);
    for (const name of ["learners", "synced_followers", "leader_uptime", "last_proposal_size"])
      expect(follower).not.toHaveProperty(name);
  });

  it("proposals, acknowledgements and commits, on both sides", () => {
    const cluster = started(3);
    const client = cluster.connect(1);
    for (let at = 0; at < 4; at++) zk.create(client, `/n${at}`, { data: bytes("x".repeat(at)) });
    const leader = metricsOf(cluster, 3);
    // The session is the first.
    expect(leader).toMatchObject({ proposal_count: 5, commit_count: 5, request_commit_queued: 5 });
    expect(leader).toMatchObject({ cnt_quorum_ack_latency: 5, cnt_3_ack_latency: 5 });
    expect(leader.last_proposal_size).toBe(leader.max_proposal_size);
    expect(leader.min_proposal_size).toBeLessThan(leader.max_proposal_size!);
    expect(leader.diff_count! + leader.snap_count!).toBe(2);
    for (const sid of [1, 2]) {
      expect(metricsOf(cluster, sid)).toMatchObject({
        learner_proposal_received_count: 5,
        learner_commit_received_count: 5,
        cnt_proposal_latency: 5,
        cnt_proposal_ack_creation_latency: 5,
        cnt_commit_propagation_latency: 5,
        proposal_count: 0,
      });
    }
  });

  it("an acknowledgement that is late shows in the latency of its server", () => {
    const cluster = started(3);
    const client = cluster.connect(3);
    cluster.kill(2);
    cluster.slowDisks.add(3);
    client.request(OpCode.create, zk.createBody("/late"));
    cluster.advance(300);
    cluster.persist(3);
    const leader = metricsOf(cluster, 3);
    expect(leader).toMatchObject({
      max_quorum_ack_latency: 300,
      max_3_ack_latency: 300,
      max_1_ack_latency: 0,
    });
  });

  it("elections, and the time without service", () => {
    const cluster = started(3);
    expect(metricsOf(cluster, 1)).toMatchObject({
      looking_count: 1,
      cnt_election_time: 1,
      cnt_follower_sync_time: 1,
      cnt_unavailable_time: 0,
    });
    // For a second nobody of the two can be elected: they do not hear each other.
    cluster.cut(1, 2);
    cluster.kill(3);
    cluster.advance(1000);
    cluster.heal();
    untilServing(cluster, 1, 2);
    expect(metricsOf(cluster, 1)).toMatchObject({
      looking_count: 2,
      cnt_unavailable_time: 1,
      cnt_leader_unavailable_time: 0,
    });
    const leader = metricsOf(cluster, 2);
    expect(leader).toMatchObject({ cnt_unavailable_time: 1, cnt_leader_unavailable_time: 1 });
    expect(leader.max_election_time).toBeGreaterThanOrEqual(1000);
    expect(leader.max_unavailable_time).toBeGreaterThanOrEqual(leader.max_election_time!);
  });
});
