import { describe, expect, it } from "vitest";
import { NamespaceSummaries, namespaceOf } from "../../../../src/core/pipeline/server-stats.ts";
import { PercentileSummary, Summary } from "../../../../src/core/pipeline/summary.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { int, ustring } from "../../../../src/protocol/record.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { CoreHarness, encode, OPEN_ACL } from "../../../support/core-harness.ts";

/** What operators see: counters, latencies, connection lines, audit events. */

describe("summaries", () => {
  it("count, sum, minimum, maximum, mean", () => {
    const summary = new Summary();
    expect([summary.min, summary.max, summary.mean]).toEqual([0, 0, 0]);
    for (const value of [3, 1, 2]) summary.add(value);
    expect([summary.count, summary.sum, summary.min, summary.max, summary.mean]).toEqual([3, 6, 1, 3, 2]);
    summary.reset();
    expect([summary.count, summary.min, summary.max]).toEqual([0, 0, 0]);
  });

  it("percentiles are exact for small values and within 4 % for large ones", () => {
    const summary = new PercentileSummary();
    expect(summary.percentile(0.5)).toBe(0);
    for (let value = 1; value <= 50; value++) summary.add(value);
    expect([0.5, 0.95, 1].map((share) => summary.percentile(share))).toEqual([25, 48, 50]);
    const large = new PercentileSummary();
    for (let value = 1; value <= 100_000; value++) large.add(value);
    for (const share of [0.5, 0.95, 0.99, 0.999]) {
      expect(Math.abs(large.percentile(share) / (share * 100_000) - 1)).toBeLessThan(0.04);
    }
    large.add(1e12);
    expect(large.percentile(1)).toBeLessThanOrEqual(1e12);
    large.reset();
    expect(large.percentile(0.5)).toBe(0);
  });

  it("namespaces are first components, and their number is bounded", () => {
    expect(["/", "/app", "/app/x/y", ""].map(namespaceOf)).toEqual(["", "app", "app", ""]);
    const summaries = new NamespaceSummaries(60);
    summaries.add("/", 5);
    summaries.add("/app/x", 5);
    expect([...summaries.entries()].map(([name, summary]) => [name, summary.sum])).toEqual([
      ["app", 6 + 5 + 60],
    ]);
    for (let i = 0; i < 5000; i++) summaries.add(`/n${i}`, 0);
    expect([...summaries.entries()].length).toBeLessThanOrEqual(1001);
    expect(["x".repeat(255), "x".repeat(256)].map((name) => namespaceOf(`/${name}/y`).length)).toEqual([
      255, 8,
    ]);
  });
});

describe("statistics", () => {
  it("packets, latencies, response sizes", () => {
    const harness = new CoreHarness();
    const client = harness.connect();
    const { stats } = harness.machine;
    harness.autoPersist = false;
    client.request(OpCode.create, zk.createBody("/a"), 5);
    harness.drift(30);
    client.request(OpCode.getData, encode(ustring, "/a", int, 0), 6);
    harness.drift(10);
    expect(harness.machine.outstandingRequests).toBe(2);
    harness.persist();
    expect(harness.machine.outstandingRequests).toBe(0);
    expect([stats.packetsReceived, stats.packetsSent]).toEqual([3, 3]);
    expect([stats.latency.min, stats.latency.max, stats.latency.mean]).toEqual([10, 40, 25]);
    expect([stats.updateLatency.max, stats.readLatency.max]).toEqual([40, 10]);
    expect([stats.minResponseBytes, stats.lastResponseBytes]).toEqual([26, 92]);
    expect(stats.counters.op_count_create).toBe(1);
    expect(stats.counters.op_count_get_data).toBe(1);
    expect(stats.counters.op_count_create_session).toBe(1);
    const connection = harness.machine.connections.get(client.id)!;
    expect(connection.stats).toMatchObject({
      packetsReceived: 3,
      packetsSent: 3,
      lastOperation: OpCode.getData,
      lastCxid: 6,
      lastZxid: 2,
      lastResponseElapsedMs: harness.now.elapsedMs,
      lastLatencyMs: 10,
      minLatencyMs: 10,
      avgLatencyMs: 25,
      maxLatencyMs: 40,
    });
    stats.reset();
    expect([stats.packetsReceived, stats.latency.max, stats.lastResponseBytes]).toEqual([0, 0, -1]);
    expect(stats.counters.op_count_create, "counters stay").toBe(1);
    connection.stats.reset();
    expect(connection.stats).toMatchObject({
      packetsReceived: 0,
      lastOperation: null,
      lastCxid: -1,
      lastZxid: -1,
    });
  });

  it("watches fired per event, bytes per namespace", () => {
    const harness = new CoreHarness();
    const client = harness.connect();
    const watchers = [harness.connect(), harness.connect()];
    zk.created(client, "/app");
    for (const watcher of watchers) zk.getData(watcher, "/app", true);
    zk.setData(client, "/app", bytes("12345"));
    const { stats } = harness.machine;
    expect(stats.summaries.node_changed_watch_count).toMatchObject({ count: 1, sum: 2 });
    const writes = new Map(stats.writePerNamespace.entries());
    expect(writes.get("app")).toMatchObject({ count: 2, max: 4 + 5 });
    expect(new Map(stats.readPerNamespace.entries()).get("app")).toMatchObject({ count: 2 });
    expect(stats.counters.watch_bytes).toBe(2 * (4 + 16 + 8 + 4 + 4));
    expect(stats.counters.outstanding_changes_queued).toBe(stats.counters.outstanding_changes_removed);
  });
});

describe("the audit trail", () => {
  const audited = () => {
    const harness = new CoreHarness({ server: { auditEnabled: true, extendedTypesEnabled: true } });
    return { harness, client: harness.connect(), lines: () => harness.eventsOf("audit") };
  };

  it("is off by default", () => {
    const harness = new CoreHarness();
    zk.created(harness.connect(), "/a");
    expect(harness.eventsOf("audit")).toEqual([]);
  });

  it("tells each kind of create, also of failures with the requested path", () => {
    const { client, lines } = audited();
    for (const flags of [0, 1, 2, 3, 4]) zk.created(client, `/n${flags}-`, { flags });
    zk.createTTL(client, "/ttl", 5, 1000);
    zk.created2(client, "/c", { opcode: OpCode.createContainer, flags: 4 });
    zk.create(client, "/none/s-", { flags: 2 });
    expect(lines().map((line) => [line.operation, line.result, line.znode, line.znodeType])).toEqual([
      ["create", "success", "/n0-", "persistent"],
      ["create", "success", "/n1-", "ephemeral"],
      ["create", "success", "/n2-0000000002", "persistent_sequential"],
      ["create", "success", "/n3-0000000003", "ephemeral_sequential"],
      ["create", "success", "/n4-", "container"],
      ["create", "success", "/ttl", "persistent_with_ttl"],
      ["create", "success", "/c", "container"],
      ["create", "failure", "/none/s-", "persistent_sequential"],
    ]);
    expect(lines()[0]).toMatchObject({ session: client.sessionId, user: "127.0.0.1", ip: "127.0.0.1" });
  });

  it("tells the other writes, and who did them", () => {
    const { client, lines } = audited();
    client.call(OpCode.auth, encode(int, 0, ustring, "digest", ustring, "bob:x"), -4);
    zk.created(client, "/a");
    zk.setData(client, "/a", null);
    zk.setAcl(client, "/a", OPEN_ACL);
    zk.delete(client, "/a");
    zk.delete(client, "/a");
    client.call(OpCode.create, encode(int, 9));
    expect(lines().map((line) => [line.operation, line.result, line.znode, line.acl])).toEqual([
      ["create", "success", "/a", undefined],
      ["setData", "success", "/a", undefined],
      ["setAcl", "success", "/a", "world:anyone:cdrwa"],
      ["delete", "success", "/a", undefined],
      ["delete", "failure", "/a", undefined],
      ["create", "failure", undefined, undefined],
    ]);
    expect(lines()[0]!.user).toBe("127.0.0.1,bob");
  });

  it("a multi: one line per part, or one for its failure", () => {
    const { client, lines } = audited();
    const create = { type: OpCode.create, path: "/m", data: null, acl: OPEN_ACL, flags: 0 } as const;
    zk.multi(client, [
      create,
      { type: OpCode.check, path: "/m", version: 0 },
      { type: OpCode.delete, path: "/m", version: -1 },
    ]);
    zk.multi(client, [{ type: OpCode.delete, path: "/m", version: -1 }]);
    expect(lines().map((line) => [line.operation, line.result, line.znode, line.znodeType])).toEqual([
      ["create", "success", "/m", "persistent"],
      ["delete", "success", "/m", undefined],
      ["multiOperation", "failure", undefined, undefined],
    ]);
  });

  it("ephemerals that go with their session", () => {
    const { harness, client, lines } = audited();
    zk.created(client, "/e", { flags: 1 });
    client.call(OpCode.closeSession);
    expect(lines().at(-1)).toMatchObject({
      operation: "ephemeralZNodeDeletionOnSessionCloseOrExpire",
      znode: "/e",
      session: client.sessionId,
      user: undefined,
    });
    expect(harness.eventsOf("sessionClosed")).toHaveLength(1);
  });
});

describe("authorize, for admin requests", () => {
  it("authenticates like an auth packet and needs every permission", () => {
    const harness = new CoreHarness({
      server: { auth: { superDigest: "super:gG7s8t3oDEtIqF6DM9LlI/R+9Ss=" } },
    });
    const { machine } = harness;
    const digest = (credential: string | null) => ({ scheme: "digest", credential, remoteHost: "10.0.0.1" });
    expect(machine.authorize(digest("any:body"), 31, "/")).toBe("authorized");
    expect(machine.authorize(digest(null), 31, "/")).toBe("unauthenticated");
    expect(machine.authorize({ scheme: "nope", credential: "x", remoteHost: "::1" }, 31, "/")).toBe(
      "unauthenticated",
    );
    const client = harness.connect();
    zk.setAcl(client, "/", [{ perms: 1, id: { scheme: "ip", id: "10.0.0.0/8" } }]);
    const ip = { scheme: "ip", credential: null, remoteHost: "10.0.0.1" };
    expect(machine.authorize(ip, 1, "/")).toBe("authorized");
    expect(machine.authorize(ip, 31, "/")).toBe("unauthorized");
    expect(machine.authorize(digest("super:super"), 31, "/")).toBe("authorized");
    expect(machine.authorize(ip, 1, "/none")).toBe("unauthorized");
  });
});
