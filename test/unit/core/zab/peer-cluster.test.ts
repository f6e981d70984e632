import { describe, expect, test } from "vitest";
import { membershipOf, PeerCluster } from "../../../support/peer-cluster.ts";

function serving(cluster: PeerCluster, ...sids: number[]): boolean {
  return sids.every((sid) => cluster.peer(sid).isServing);
}

describe("an ensemble", () => {
  test("three fresh servers elect the highest sid, in epoch 1", () => {
    const cluster = new PeerCluster(membershipOf(3));
    cluster.start(1, 2, 3);
    cluster.until(() => serving(cluster, 1, 2, 3));
    expect(cluster.leader()).toBe(3);
    expect(cluster.store(1)).toMatchObject({ accepted: 1, current: 1 });
  });
});
