import { expect, test } from "vitest";
import { SERVER_OPTIONS_DEFAULT } from "../../../../src/core/pipeline/server-options.ts";
import { formatMembership } from "../../../../src/core/quorum/membership-text.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { encodeTxn } from "../../../../src/protocol/txn.ts";
import { makeZxid } from "../../../../src/protocol/zxid.ts";
import { membershipOf, PeerCluster } from "../../../support/peer-cluster.ts";

const OPEN = { reconfigEnabled: true, auth: { ...SERVER_OPTIONS_DEFAULT.auth, skipACL: true } };

test("a reconfig in the log whose file was lost to a crash still needs the quorum of its members", () => {
  const cluster = new PeerCluster(membershipOf(3), { server: OPEN });
  const zxid = makeZxid(1, 1);
  const { servers, hierarchy } = membershipOf(3);
  const without2 = { servers: servers.filter(({ id }) => id !== 2), hierarchy, version: zxid };
  const data = new TextEncoder().encode(formatMembership(without2));
  const header = { clientId: Int64.ZERO, cxid: 0, zxid, time: 1, type: OpCode.reconfig };
  const body = { type: OpCode.reconfig, path: "/zookeeper/config", data, version: -1 };
  const store = cluster.store(3);
  store.log.push({ zxid, bytes: encodeTxn({ header, body, digest: undefined }) });
  store.accepted = store.current = 1;
  cluster.start(2, 3);
  cluster.advance(30_000);
  // Servers 2 and 3 are a quorum of the old members, but 3 alone is none of the new ones.
  expect(cluster.peer(3).view.lastSeen?.version).toBe(zxid);
  expect(cluster.peer(3).isServing).toBe(false);
  cluster.start(1);
  cluster.until(() => cluster.peer(3).isServing && cluster.peer(1).isServing);
  expect(cluster.peer(3).view.committed.version).toBe(zxid);
});
