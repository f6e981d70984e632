import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startTestServer } from "menagerie/testing";

const zk = await startTestServer();
after(() => zk.close());

test("an ephemeral znode goes with its session", async () => {
  const [program, observer] = await Promise.all([zk.connect(), zk.connect()]);
  await program.create("/printer", { mode: "ephemeral" });
  await zk.expireSession(program.session.id);
  assert.equal(await observer.exists("/printer"), null);
});

test("a TTL znode goes when its time is over", async () => {
  const client = await zk.connect({ sessionTimeoutMs: 60_000 });
  await client.create("/offer", { mode: "persistent-ttl", ttlMs: 30_000 });
  await zk.advanceClock("29s");
  assert.notEqual(await client.exists("/offer"), null);
  await zk.advanceClock("3s");
  assert.equal(await client.exists("/offer"), null);
});
