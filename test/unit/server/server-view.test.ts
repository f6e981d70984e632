import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { Int64 } from "../../../src/protocol/int64.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import {
  AddWatchRequest,
  CreateRequest,
  GetDataRequest,
  SetACLRequest,
  SetDataRequest,
} from "../../../src/protocol/records/proto.ts";
import { startTestServer, stopTestServers } from "../../support/test-server.ts";
import { OPEN_ACL, WireClient } from "../../support/wire-client.ts";

afterEach(stopTestServers);

const ALL = 31;

async function createEphemeral(client: WireClient, path: string): Promise<void> {
  await client.request(OpCode.create, CreateRequest, { path, data: null, acl: OPEN_ACL, flags: 1 });
}

describe("ServerView", () => {
  it("lists connections, sessions, ephemerals and watches with what belongs to them", async () => {
    const { server, port } = await startTestServer();
    const [a, b] = [await WireClient.connect(port), await WireClient.connect(port)];
    const silent = await WireClient.open(port);
    await createEphemeral(a, "/of-a");
    await b.request(OpCode.getData, GetDataRequest, { path: "/of-a", watch: true });
    await b.request(OpCode.addWatch, AddWatchRequest, { path: "/zookeeper", mode: 0 });
    const { view } = server;
    const connections = [...view.connections()];
    expect(connections).toHaveLength(3);
    expect(connections[0]).toMatchObject({
      remoteHost: "127.0.0.1",
      remotePort: a.socket.localPort,
      isSecure: false,
      interestOps: 1,
      packetsReceived: 2,
      packetsSent: 2,
      lastOperation: OpCode.create,
      lastCxid: 1,
      lastZxid: 3,
      sessionTimeoutMs: 30_000,
      outstandingRequests: 0,
    });
    expect(connections[2]).toMatchObject({ sessionTimeoutMs: 0, lastOperation: null, lastCxid: -1 });
    expect(connections[2]?.sessionId.isZero()).toBe(true);

    const { global, local } = view.sessions();
    expect(local).toBeNull();
    if (global.kind !== "expiry") throw new Error("a standalone server knows when sessions expire");
    const ids = [...global.buckets].flatMap(({ elements }) => [...elements].map(String));
    expect(ids.sort()).toEqual([a, b].map(({ session }) => String(session.sessionId)).sort());
    expect(global.elementCount).toBe(2);

    const expiring = view.connectionExpiry();
    expect([...expiring.buckets].flatMap(({ elements }) => [...elements])).toHaveLength(3);
    const { sessionCount, sessions } = view.ephemerals();
    expect(sessionCount).toBe(1);
    expect([...sessions].map(({ sessionId, paths }) => [String(sessionId), [...paths]])).toEqual([
      [String(a.session.sessionId), ["/of-a"]],
    ]);

    expect(view.watchSummary()).toEqual({ connectionCount: 1, pathCount: 2, watchCount: 2 });
    const bySession = [...view.watchesBySession()].map(({ sessionId, paths }) => [
      String(sessionId),
      [...paths].sort(),
    ]);
    expect(bySession).toEqual([[String(b.session.sessionId), ["/of-a", "/zookeeper"]]]);
    expect([...view.watchesByPath()].map(({ path }) => path).sort()).toEqual(["/of-a", "/zookeeper"]);
    silent.destroy();
  });

  it("shows no element of an expiry listing twice that moves while it is read", async () => {
    const { server, port } = await startTestServer({ tickTime: "10000" });
    const client = await WireClient.connect(port, { timeoutMs: 20_000 });
    const other = await WireClient.connect(port, { timeoutMs: 200_000 });
    const { global } = server.view.sessions();
    if (global.kind !== "expiry") throw new Error("a standalone server knows when sessions expire");
    const seen: string[] = [];
    for (const bucket of global.buckets) {
      for (const id of bucket.elements) seen.push(String(id));
      const { sessionId, passwd } = client.session;
      await WireClient.connect(port, { sessionId, passwd: passwd!, timeoutMs: 200_000 });
    }
    expect(seen.filter((id) => id === String(client.session.sessionId))).toHaveLength(1);
    expect(seen.filter((id) => id === String(other.session.sessionId)).length).toBeLessThanOrEqual(1);
  });

  it("counts, and starts again at zero when asked", async () => {
    const { server, port } = await startTestServer();
    const client = await WireClient.connect(port);
    await client.create("/a");
    await WireClient.command(port, "ruok");
    const { view } = server;
    expect(view.statistics()).toMatchObject({
      packetsReceived: 3,
      packetsSent: 2,
      lastProcessedZxid: 2,
      aliveConnections: expect.any(Number),
      nonMtlsRemoteConnectionCount: 0,
    });
    view.resetServerStatistics();
    view.resetConnectionStatistics();
    expect(view.statistics()).toMatchObject({ packetsReceived: 0, packetsSent: 0, maxLatencyMs: 0 });
    expect([...view.connections()][0]).toMatchObject({ packetsReceived: 0, lastOperation: null });
    await client.ping();
    expect(view.statistics()).toMatchObject({ packetsReceived: 1, packetsSent: 1 });
  });

  it("tells of its settings, its files and its tree", async () => {
    const { server, port, dataDir } = await startTestServer({ preAllocSize: "64" });
    const client = await WireClient.connect(port);
    await client.create("/a", Buffer.alloc(1000));
    const { view } = server;
    expect(view.configuration()).toMatchObject({
      clientPort: port,
      dataDir: `${dataDir}/version-2`,
      dataLogDir: `${dataDir}/version-2`,
      minSessionTimeoutMs: 4000,
      maxClientCnxns: 60,
    });
    const sizes = await view.directorySizes();
    expect(sizes.dataDirBytes).toBeGreaterThan(64 * 1024);
    expect(sizes.dataLogDirBytes).toBe(sizes.dataDirBytes);
    expect(view.lastSnapshot()).toMatchObject({ zxid: 0, timestampS: expect.any(Number) });
    expect(view.nodeCount()).toBe(6);
    expect(view.serverState()).toBe("standalone");
    expect(view.quorum()).toBeNull();
    view.setTraceMask(new Int64(0, 7));
    expect(view.traceMask().lo).toBe(7);
  });

  it("lets in whom the ACL of the path lets in", async () => {
    const { server, port } = await startTestServer();
    const { view } = server;
    const caller = (scheme: string, credential: string | null) => ({
      scheme,
      credential,
      remoteHost: "10.0.0.1",
    });
    expect(view.authorize(caller("digest", "who:ever"), ALL, "/")).toBe("authorized");
    expect(view.authorize(caller("nonsense", "x"), ALL, "/")).toBe("unauthenticated");
    const hash = createHash("sha1").update("admin:secret").digest("base64");
    const client = await WireClient.connect(port);
    const acl = [
      { perms: ALL, id: { scheme: "digest", id: `admin:${hash}` } },
      { perms: 1, id: { scheme: "ip", id: "10.0.0.0/8" } },
    ];
    await client.request(OpCode.setACL, SetACLRequest, { path: "/", acl, version: -1 });
    expect(view.authorize(caller("digest", "admin:secret"), ALL, "/")).toBe("authorized");
    expect(view.authorize(caller("digest", "admin:wrong"), ALL, "/")).toBe("unauthorized");
    expect(view.authorize(caller("ip", null), 1, "/")).toBe("authorized");
    expect(view.authorize(caller("ip", null), ALL, "/")).toBe("unauthorized");
    expect(view.authorize(caller("ip", null), 1, "/missing")).toBe("unauthorized");
  });

  it("closes about as many connections as asked, whose sessions live on", async () => {
    const { server, port } = await startTestServer();
    const clients = await Promise.all(Array.from({ length: 6 }, () => WireClient.connect(port)));
    expect(server.view.shedConnections(0)).toBe(0);
    expect(server.view.shedConnections(100)).toBe(6);
    await Promise.all(clients.map(({ closed }) => closed));
    const { sessionId, passwd } = clients[0]!.session;
    const again = await WireClient.connect(port, { sessionId, passwd: passwd! });
    expect(again.session.sessionId.equals(sessionId)).toBe(true);
  });

  it("has gauges of quotas by namespace", async () => {
    const { server, port } = await startTestServer();
    const client = await WireClient.connect(port);
    await client.create("/app");
    await client.create("/zookeeper/quota/app");
    await client.create("/zookeeper/quota/app/zookeeper_limits", Buffer.from("count=10,bytes=-1"));
    await client.create("/zookeeper/quota/app/zookeeper_stats", Buffer.from("count=0,bytes=0"));
    await client.create("/app/child", Buffer.alloc(7));
    await client.request(OpCode.setData, SetDataRequest, {
      path: "/app",
      data: Buffer.alloc(3),
      version: -1,
    });
    const values = new Map([...server.view.monitorValues()].map(({ name, value }) => [name, value]));
    expect(values.get("app_quota_count_limit_per_namespace")).toBe(10);
    expect(values.get("app_quota_bytes_limit_per_namespace")).toBeUndefined();
    expect(values.get("app_quota_count_usage_per_namespace")).toBe(2);
    expect(values.get("app_quota_bytes_usage_per_namespace")).toBe(10);
  });
});
