import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, op } from "../../src/client/index.ts";
import { ClientTestServer } from "../support/client-server.ts";

const text = (data: Uint8Array | null): string | null =>
  data === null ? null : new TextDecoder().decode(data);

describe("calls against our server", () => {
  const server = new ClientTestServer({}, ["-Dzookeeper.extendedTypesEnabled=true"]);
  let zk: Client;

  beforeAll(async () => {
    await server.start();
    zk = await connect(server.address, { sessionTimeoutMs: 5000 });
  });

  afterAll(async () => {
    await zk?.close();
    await server.dispose();
  });

  it("creates, reads, changes and deletes", async () => {
    expect(zk.state).toBe("connected");
    const { path, stat, zxid } = await zk.create("/a", { data: "one" });
    expect(path).toBe("/a");
    expect(stat.czxid).toBe(zxid);
    expect(text((await zk.get("/a")).data)).toBe("one");
    expect((await zk.set("/a", "two", { version: 0 })).version).toBe(1);
    expect(text((await zk.get("/a")).data)).toBe("two");
    expect(await zk.exists("/b")).toBeNull();
    expect((await zk.exists("/a"))?.version).toBe(1);
    expect((await zk.children("/")).children.sort()).toEqual(["a", "zookeeper"]);
    await zk.delete("/a");
    await expect(zk.get("/a")).rejects.toMatchObject({ code: "NONODE", path: "/a", op: "getData" });
  });

  it("multi", async () => {
    const [made, set, , gone, anew] = await zk.multi([
      op.create("/m"),
      op.set("/m", "x"),
      op.check("/m", { version: 1 }),
      op.delete("/m"),
      op.create("/m", { result: "pathAndStat" }),
    ]);
    expect(made).toMatchObject({ path: "/m", stat: null });
    expect(set.stat.version).toBe(1);
    expect(gone.type).toBe("delete");
    expect(anew.stat).toMatchObject({ version: 0, dataLength: 0 });
  });
});
