import { afterEach, describe, expect, it } from "vitest";
import { VirtualDisk } from "../../../sim/virtual-disk.ts";
import { DiskError } from "../../../src/base/ports.ts";
import { createPrng } from "../../../src/base/prng.ts";
import { configFromEntries } from "../../../src/config/load.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { ExitCode, ServerFailure } from "../../../src/server/exit-code.ts";
import { startFailure } from "../../../src/server/start-failure.ts";
import { startServer } from "../../../src/server/start-server.ts";
import { RecordedLog, startTestServer, stopTestServers } from "../../support/test-server.ts";
import { WireClient } from "../../support/wire-client.ts";

afterEach(stopTestServers);

/** A server whose data is in memory, with small log files. */
function startInMemory(disk: VirtualDisk, entries: Readonly<Record<string, string>> = {}) {
  return startTestServer({ dataDir: "/data", preAllocSize: "64", ...entries }, { disk });
}

const memory = () => new VirtualDisk({ rng: createPrng(1) });

describe("startServer", () => {
  it("serves from a disk in memory, and finds everything there again", async () => {
    const disk = memory();
    const first = await startInMemory(disk);
    const client = await WireClient.connect(first.port);
    await client.create("/kept", Buffer.from("data"));
    client.destroy();
    const second = await first.restart();
    const again = await WireClient.connect(second.port);
    expect((await again.create("/kept")).err).toBe(-110);
  });

  it("answers what was accepted before it closes, and closes every connection", async () => {
    const { server, port } = await startTestServer();
    const clients = await Promise.all(Array.from({ length: 5 }, () => WireClient.connect(port)));
    const replies = clients.flatMap((client, i) =>
      Array.from({ length: 20 }, (_, j) => client.create(`/${i}-${j}`)),
    );
    await clients[0]!.ping();
    const closed = server.close();
    const outcomes = await Promise.allSettled(replies);
    await closed;
    await Promise.all(clients.map((client) => client.closed));
    const answered = outcomes.filter((outcome) => outcome.status === "fulfilled");
    expect(answered.length).toBeGreaterThanOrEqual(20);
    expect(await server.ended).toBeUndefined();
    await expect(WireClient.open(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("says when no client can connect", async () => {
    const log = new RecordedLog();
    const config = configFromEntries({ dataDir: "/data", preAllocSize: "64" });
    const server = await startServer(config, { disk: memory(), log });
    expect(log.messages("warn")).toEqual(["running, but no client can connect: clientPort is not set"]);
    expect(log.messages("info").join()).not.toContain("serving");
    await server.close();
  });

  it("can be closed twice, and gives its directory back", async () => {
    const { server, dataDir } = await startTestServer();
    await Promise.all([server.close(), server.close()]);
    await (await startTestServer({ dataDir })).server.close();
  });

  it("feeds every metric that it says it has", async () => {
    const { server, port } = await startTestServer();
    await WireClient.connect(port);
    const values = new Map([...server.view.monitorValues()].map(({ name, value }) => [name, value]));
    expect(values.get("num_alive_connections")).toBe(1);
    expect(values.get("global_sessions")).toBe(1);
    expect(values.get("sync_processor_request_queued")).toBe(1);
    expect(values.get("cnt_fsynctime")).toBe(1);
    expect(values.get("cnt_dbinittime")).toBe(1);
    expect(values.get("open_file_descriptor_count")).toBeGreaterThan(3);
    expect(server.unfedMetrics).toEqual([]);
  });

  it("starts the AdminServer behind the client port, over the same view", async () => {
    const { server, port } = await startTestServer({
      "admin.enableServer": "true",
      "admin.serverPort": "0",
      "admin.serverAddress": "127.0.0.1",
    });
    await server.ready();
    const answer = await fetch(`http://127.0.0.1:${server.adminPort}/commands/configuration`);
    expect(await answer.json()).toMatchObject({ client_port: port, tick_time: 2000 });
  });
});

describe("a server that cannot go on", () => {
  it("ends with code 1 when the log cannot be written, and answers nothing that is not durable", async () => {
    const disk = memory();
    const { server, port } = await startInMemory(disk);
    const client = await WireClient.connect(port);
    await client.create("/durable");
    disk.inject({ operation: "write", path: /log\./, code: "EIO" });
    const lost = client.create("/lost");
    await expect(lost).rejects.toThrow("closed");
    const failure = await server.ended;
    expect(failure).toBeInstanceOf(ServerFailure);
    expect(failure).toMatchObject({ exitCode: ExitCode.unexpected });
    expect(failure?.message).toMatch(/^the transaction log cannot be written: .*EIO/);
    await expect(WireClient.open(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    disk.clearFaults();
    const again = await WireClient.connect((await startInMemory(disk)).port);
    expect((await again.create("/durable")).err).toBe(-110);
    // Nobody was told about it: what the system had taken of the refused write may be there.
    expect([0, -110]).toContain((await again.create("/lost")).err);
  });

  it("ends with code 10 when a snapshot cannot be written", async () => {
    const disk = memory();
    const { server, port } = await startInMemory(disk, { snapCount: "10" });
    disk.inject({ operation: "create", path: /snapshot\./, code: "ENOSPC" });
    const client = await WireClient.connect(port);
    for (let i = 0; i < 12; i++) void client.create(`/${i}`).catch(() => {});
    expect(await server.ended).toMatchObject({ exitCode: ExitCode.snapshotFailed });
  });

  it("ends with code 4 when the AdminServer's port is in use", async () => {
    const other = await startTestServer();
    const { server } = await startTestServer({
      "admin.enableServer": "true",
      "admin.serverPort": String(other.port),
      "admin.serverAddress": "127.0.0.1",
    });
    expect(await server.ended).toMatchObject({ exitCode: ExitCode.adminServer });
  });
});

describe("a start that is refused", () => {
  const start = (entries: Readonly<Record<string, string>>, disk = memory()) =>
    startServer(configFromEntries({ clientPort: "0", dataDir: "/data", ...entries }), {
      disk,
      log: new RecordedLog(),
    });

  it("tells what is wrong and gives the directory back", async () => {
    const disk = memory();
    const { port } = await startTestServer();
    const inUse = { clientPort: String(port), clientPortAddress: "127.0.0.1" };
    await expect(start(inUse, disk)).rejects.toMatchObject({ exitCode: ExitCode.unexpected });
    const server = await start({}, disk);
    await expect(start({}, disk)).rejects.toMatchObject({ exitCode: ExitCode.dataDirInaccessible });
    await server.close();
  });

  it("when there is no data, db.autocreate=false and nothing confirms that", async () => {
    await expect(start({ "db.autocreate": "false" })).rejects.toMatchObject({
      exitCode: ExitCode.dataDirInaccessible,
      message: expect.stringContaining("/data/initialize"),
    });
  });

  it("when the disk takes no file of epochs", () => {
    const error = new DiskError("ENOSPC", "write", "/data/f", "cannot write /data/f: ENOSPC");
    const config = configFromEntries({ clientPort: "0", dataDir: "/data" });
    expect(startFailure(error, config)).toMatchObject({
      exitCode: ExitCode.dataDirInaccessible,
      message: expect.stringContaining("cannot write /data/f: ENOSPC. Check the disk"),
    });
  });

  it("when directories must not be made and are not there", async () => {
    await expect(start({ "datadir.autocreate": "false" })).rejects.toMatchObject({
      exitCode: ExitCode.dataDirInaccessible,
    });
  });
});

it("keeps a create that was answered when a session continues after a restart", async () => {
  const disk = memory();
  const first = await startInMemory(disk);
  const client = await WireClient.connect(first.port);
  const { zxid } = await client.create("/a");
  const second = await first.restart();
  const { sessionId, passwd } = client.session;
  const again = await WireClient.connect(second.port, { sessionId, passwd: passwd!, lastZxidSeen: zxid });
  expect((await again.request(OpCode.ping, undefined, undefined, -2)).err).toBe(0);
});
