import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClientState, connect } from "../../../src/client/index.ts";
import { freePort, type Subject, startSubject } from "../../support/apache.ts";
import { ClientTestServer } from "../../support/client-server.ts";

/** One server of an Apache ensemble whose other two do not exist: it has no quorum and goes read-only. */
describe("read-only mode, on Apache 3.8", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "client-read-only-"));
  let minority: Subject;

  beforeAll(async () => {
    writeFileSync(join(dataDir, "myid"), "1\n");
    const members: Record<string, string> = {};
    for (const id of [1, 2, 3]) members[`server.${id}`] = `127.0.0.1:${await freePort()}:${await freePort()}`;
    minority = await startSubject("apache-3.8", {
      dataDir,
      config: {
        ...members,
        tickTime: 500,
        initLimit: 4,
        syncLimit: 2,
        localSessionsEnabled: true,
        localSessionsUpgradingEnabled: true,
      },
      systemProperties: { "readonlymode.enabled": "true" },
    });
  });
  afterAll(async () => {
    await minority?.dispose();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("a client that does not allow it is turned away with a reason", async () => {
    const error = await connect(minority.address, { connectDeadlineMs: 1000 }).catch((e) => e);
    expect(error).toMatchObject({ name: "ConnectionError", kind: "rejected" });
    expect(error.message).toMatch(/readOnly: "allowed"/);
  });

  it("a client that allows it reads, may not write, and moves to a server with a quorum when one appears", async () => {
    const other = await new ClientTestServer().start();
    await other.stop();
    const servers = `${minority.address},${other.address}`;
    const zk = await connect(servers, {
      readOnly: "allowed",
      serverOrder: "asListed",
      sessionTimeoutMs: 6000,
    });
    const states: ClientState[] = [];
    zk.on("state", (state) => states.push(state));
    expect(zk.state).toBe("connectedReadOnly");
    expect((await zk.children("/")).children).toEqual(["zookeeper"]);
    await expect(zk.create("/x")).rejects.toMatchObject({ code: "NOTREADONLY", outcome: "not-applied" });
    await other.start();
    await zk.when("connected");
    expect(zk.server).toBe(other.address);
    expect((await zk.create("/x")).path).toBe("/x");
    expect(states).toEqual(["suspended", "connected"]);
    await zk.close();
    await other.dispose();
  });
});
