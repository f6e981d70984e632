import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { TestEnsemble } from "../support/test-ensemble.ts";

/** Members of an ensemble in one process, over real sockets and real directories. */

let ensemble: TestEnsemble;
const clients: Awaited<ReturnType<typeof connect>>[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await ensemble.end();
});

async function client(...ids: number[]) {
  const hosts = ids.map((id) => `127.0.0.1:${ensemble.member(id).clientPort}`).join(",");
  const connected = await connect(hosts, { sessionTimeoutMs: 10_000 });
  clients.push(connected);
  return connected;
}

describe("three servers", () => {
  it("elect a leader, replicate, and survive the loss of one", async () => {
    ensemble = await TestEnsemble.create(3);
    await ensemble.start();
    const leader = await ensemble.untilServing();
    expect(leader).toBe(3);
    const [a, b] = [await client(1), await client(2)];
    await a.create("/a", { data: "one" });
    await b.sync("/a");
    expect((await b.get("/a")).data).toEqual(Buffer.from("one"));

    await ensemble.stop(3);
    await ensemble.until("a new leader", () => Object.values(ensemble.roles()).includes("leader"));
    await ensemble.untilServing();
    await a.set("/a", "two");

    await ensemble.start(3);
    await ensemble.untilServing();
    const c = await client(3);
    expect((await c.get("/a")).data).toEqual(Buffer.from("two"));
  });
});
