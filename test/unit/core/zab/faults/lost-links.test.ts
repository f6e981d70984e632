import { describe, expect, it } from "vitest";
import { PacketType } from "../../../../../src/core/zab/packets.ts";
import { OpCode } from "../../../../../src/protocol/opcode.ts";
import { bytes, zk } from "../../../../support/core-client.ts";
import type { Client } from "../../../../support/core-harness.ts";
import { membershipOf } from "../../../../support/peers/ensemble-defaults.ts";
import { expectAgreement, hasNode } from "../../../../support/peers/findings.ts";
import { PeerCluster } from "../../../../support/peers/peer-cluster.ts";
import {
  dividedCluster,
  serving,
  servingCluster,
  startServing,
  write,
} from "../../../../support/peers/scenes.ts";

/**
 * F35 of quorum-protocol 8.3: the connection between a leader and a learner breaks behind each packet of a whole join and of
 * what follows it, in either direction, and both come together again.
 */

interface Scene {
  readonly name: string;
  /** Who joins. */
  readonly learner: number;
  readonly leader: number;
  /** Types of packets that must have been among them. */
  readonly types: readonly (keyof typeof PacketType)[];
  /** Everything up to the start of the learner. */
  begin(): PeerCluster;
  /** What must, and must not be there in the end. */
  readonly kept: readonly string[];
  readonly lost?: string;
  /** How soon everybody serves; default {@link SOON_MS}. */
  readonly withinMs?: number;
}

/** Less than any limit of time: who waits for one has not heard that the connection is gone. */
const SOON_MS = 3000;
const INIT_LIMIT_MS = 20_000;
const DISCOVERY = ["FOLLOWERINFO", "LEADERINFO", "ACKEPOCH"] as const;
const BROADCAST = ["REQUEST", "PROPOSAL", "ACK", "COMMIT", "SYNC", "REVALIDATE", "PING"] as const;

/** Server 1 lacks /a and /b. */
function lagging(options: ConstructorParameters<typeof PeerCluster>[1] = {}): PeerCluster {
  const cluster = servingCluster(3, 0, options);
  write(cluster, 3, "/old");
  cluster.kill(1);
  write(cluster, 3, "/a", "/b");
  return cluster;
}

const SCENES: readonly Scene[] = [
  {
    name: "the first quorum of a new ensemble",
    learner: 1,
    leader: 3,
    types: [...DISCOVERY, "DIFF", "NEWLEADER", "UPTODATE", ...BROADCAST],
    kept: [],
    // The elected leader waits for a quorum, which without the learner there is none to elect another.
    withinMs: INIT_LIMIT_MS + SOON_MS,
    begin: () => {
      const cluster = new PeerCluster(membershipOf(3));
      cluster.start(3);
      return cluster;
    },
  },
  {
    name: "a DIFF",
    learner: 1,
    leader: 3,
    types: [...DISCOVERY, "DIFF", "NEWLEADER", "UPTODATE", ...BROADCAST],
    kept: ["/old", "/a", "/b"],
    begin: lagging,
  },
  {
    name: "a SNAP",
    learner: 1,
    leader: 3,
    types: [...DISCOVERY, "SNAP", "NEWLEADER", "UPTODATE", ...BROADCAST],
    kept: ["/old", "/a", "/b"],
    begin: () => lagging({ ensemble: { forcesSnapshotSync: true } }),
  },
  {
    name: "a TRUNC",
    learner: 3,
    leader: 2,
    types: [...DISCOVERY, "TRUNC", "NEWLEADER", "UPTODATE", ...BROADCAST],
    kept: ["/old"],
    lost: "/lost",
    begin: () => dividedCluster("/old"),
  },
  {
    name: "the join of an observer",
    learner: 4,
    leader: 3,
    types: ["OBSERVERINFO", "LEADERINFO", "ACKEPOCH", "DIFF", "NEWLEADER", "UPTODATE", "INFORM", "REQUEST"],
    kept: ["/a"],
    begin: () => {
      const cluster = new PeerCluster(membershipOf(3, 1));
      startServing(cluster, 1, 2, 3);
      write(cluster, 3, "/a");
      return cluster;
    },
  },
];

/** The learner joins, and its clients do everything for which it needs its leader, whatever comes of it. */
function live(cluster: PeerCluster, { learner, leader, withinMs = SOON_MS }: Scene): void {
  const ask = (client: Client, type: number, body: Uint8Array): void => {
    if (cluster.nodes.get(learner)!.peer?.isServing && !client.isClosed) client.request(type, body);
  };
  cluster.start(learner);
  cluster.until(() => serving(cluster, learner), withinMs);
  const client = cluster.open(learner);
  client.connect();
  ask(client, OpCode.create, zk.createBody("/by-the-learner"));
  ask(client, OpCode.sync, Uint8Array.from([0, 0, 0, 1, ...bytes("/")]));
  const before = cluster.open(leader);
  before.connect();
  const moved = cluster.open(learner);
  if (cluster.peer(learner).isServing) moved.connect(30_000, before.sessionId, before.password);
  if (cluster.peer(leader).isServing && !before.isClosed)
    cluster.open(leader).request(OpCode.create, zk.createBody("/by-the-leader"));
  cluster.advance(3000);
}

/** Runs the scene; the links between the two break behind packet number `breakAt`. Returns the packets that came before. */
function run(scene: Scene, breakAt: number): { readonly cluster: PeerCluster; readonly types: number[] } {
  const { learner, leader } = scene;
  const cluster = scene.begin();
  const types: number[] = [];
  cluster.arrived = ({ type }, from, to) => {
    const isBetween = (from === learner && to === leader) || (from === leader && to === learner);
    if (!isBetween || types.length >= breakAt) return;
    types.push(type);
    if (types.length === breakAt) cluster.breakLinks(learner, leader);
  };
  live(cluster, scene);
  return { cluster, types };
}

describe("F35: the connection breaks", () => {
  it.each(SCENES)("F35: behind each packet of $name and of what follows", (scene) => {
    const whole = run(scene, Number.POSITIVE_INFINITY).types;
    for (const type of scene.types) expect(whole, type).toContain(PacketType[type]);
    for (let at = 1; at <= whole.length; at++) {
      const { cluster } = run(scene, at);
      const running = [...cluster.nodes.values()].filter(({ peer }) => peer !== undefined);
      const sids = running.map(({ sid }) => sid);
      const what = `behind packet ${at}, of type ${whole[at - 1]}`;
      cluster.until(() => serving(cluster, ...sids), scene.withinMs ?? SOON_MS);
      write(cluster, scene.learner, "/in-the-end");
      for (const path of [...scene.kept, "/in-the-end"])
        for (const sid of sids) expect(hasNode(cluster, sid, path), `${path} ${what}`).toBe(true);
      if (scene.lost !== undefined)
        for (const sid of sids) expect(hasNode(cluster, sid, scene.lost), what).toBe(false);
      expectAgreement(cluster);
    }
  });
});
