import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/index.ts";
import { type FaultProxy, startFaultProxy } from "../../../src/testing/index.ts";
import { freePort, type Subject, startSubject } from "../../support/apache.ts";

/** An Apache ensemble of one server with dynamic configuration, so that reconfig works with a single process. */
describe("reconfig and the configuration, on Apache 3.8", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "client-reconfig-"));
  let server: Subject;
  let proxy: FaultProxy;
  let quorumPorts = "";

  beforeAll(async () => {
    const [port, quorum, election] = [await freePort(), await freePort(), await freePort()];
    quorumPorts = `127.0.0.1:${quorum}:${election}`;
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, "myid"), "1\n");
    server = await startSubject("apache-3.8", {
      dataDir,
      port,
      config: {
        "server.1": `${quorumPorts}:participant;127.0.0.1:${port}`,
        standaloneEnabled: false,
        reconfigEnabled: true,
        initLimit: 10,
        syncLimit: 5,
      },
      systemProperties: { "zookeeper.skipACL": "yes" },
    });
    proxy = await startFaultProxy({ target: `127.0.0.1:${server.port}` });
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.dispose();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("reads, watches and changes the membership", async () => {
    await using zk = await connect(`${server.address}/chroot`);
    const before = await zk.config();
    expect(before.members).toMatchObject([
      { id: "1", role: "participant", clientAddress: { host: "127.0.0.1", port: server.port } },
    ]);
    const changed = new Promise((resolve) => void zk.config({ watch: resolve }));
    const joining = "server.9=127.0.0.1:1999:1998:observer;127.0.0.1:1997";
    const after = await zk.reconfig({ joining });
    expect(after.members.map(({ id, role }) => [id, role])).toEqual([
      ["1", "participant"],
      ["9", "observer"],
    ]);
    expect(after.version).not.toBe(before.version);
    expect(await changed).toMatchObject({ type: "dataChanged", path: "/zookeeper/config" });
    await expect(zk.reconfig({ leaving: "9", fromConfig: 1 })).rejects.toMatchObject({ code: "BADVERSION" });
    const { members } = await zk.reconfig({ leaving: ["9"] });
    expect(members).toHaveLength(1);
  });

  it("a client that follows the ensemble leaves a server that is not in it", async () => {
    await using zk = await connect(proxy.connectString, {
      serverList: "followsEnsemble",
      serverOrder: "asListed",
    });
    while (zk.server !== server.address) await zk.sync();
    const { id } = zk.session!;
    await zk.create("/follows", { mode: "ephemeral" });
    expect(zk.session!.id.equals(id)).toBe(true);
    proxy.cut();
    expect(await zk.exists("/follows")).not.toBeNull();
  });
});
