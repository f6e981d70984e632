import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { freePort } from "../support/free-port.ts";
import { TestEnsemble } from "../support/test-ensemble.ts";

/** Reconfigs over real sockets and files: what they move, and what a restart makes of the files. */

let ensemble: TestEnsemble;
let leader: number;
const clients: Awaited<ReturnType<typeof connect>>[] = [];

beforeEach(async () => {
  ensemble = await TestEnsemble.create(3, { reconfigEnabled: "true", skipACL: "yes" });
  await ensemble.start();
  leader = await ensemble.untilServing();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await ensemble.end();
});

async function client(port: number) {
  const connected = await connect(`127.0.0.1:${port}`, { sessionTimeoutMs: 10_000 });
  clients.push(connected);
  return connected;
}

function file(id: number, name: string): string {
  return readFileSync(join(ensemble.member(id).dataDir, name), "latin1");
}

function filesOf(id: number): string[] {
  return readdirSync(ensemble.member(id).dataDir)
    .filter((name) => name.startsWith("zoo.cfg"))
    .sort();
}

it("the first leader gives the configuration a version, and every server stores it", async () => {
  await ensemble.until("nothing is proposed any more", () =>
    ensemble.ids.every(
      (id) => filesOf(id).length === 3 && !filesOf(id).some((name) => name.endsWith(".next")),
    ),
  );
  for (const id of ensemble.ids) {
    expect(filesOf(id)).toEqual(["zoo.cfg", "zoo.cfg.bak", "zoo.cfg.dynamic.100000000"]);
    expect(file(id, "zoo.cfg.dynamic.100000000")).toBe(
      ensemble.ids.map((sid) => `server.${sid}=${ensemble.member(sid).line}`).join("\n"),
    );
    expect(file(id, "zoo.cfg")).not.toMatch(/^server\./m);
    expect(file(id, "zoo.cfg")).toContain(
      `dynamicConfigFile=${join(ensemble.member(id).dataDir, "zoo.cfg.dynamic.100000000")}\n`,
    );
    expect(file(id, "zoo.cfg.bak")).toMatch(/^server\.3=/m);
  }
  await ensemble.stop(2);
  await ensemble.start(2);
  await ensemble.untilServing();
});

it("a reconfig moves a client port, and a restart finds it there", async () => {
  const { line, clientPort } = ensemble.member(1);
  const before = await client(clientPort);
  const operator = await client(ensemble.member(2).clientPort);
  const moved = await freePort();
  await operator.reconfig({ joining: `server.1=${line.replace(/:\d+$/, `:${moved}`)}` });
  await ensemble.until("the port has moved", () => ensemble.server(1).clientPort === moved);
  await (await client(moved)).create("/new");
  // Who was connected stays so.
  await before.create("/old");
  await before.close();
  await ensemble.stop(1);
  await ensemble.start(1);
  await ensemble.untilServing();
  expect(ensemble.server(1).clientPort).toBe(moved);
  await ensemble.until(
    "nothing is proposed any more",
    () => !filesOf(1).some((name) => name.endsWith(".next")),
  );
});

it("the leader is taken out, another one goes on, and it comes back", async () => {
  const others = ensemble.ids.filter((id) => id !== leader);
  const operator = await client(ensemble.member(others[0]!).clientPort);
  await operator.reconfig({ leaving: `${leader}` });
  await ensemble.until("another leader", () => {
    const roles = ensemble.roles();
    const isLed =
      others
        .map((id) => roles[id])
        .sort()
        .join() === "follower,leader";
    return isLed && roles[leader] === "follower";
  });
  await operator.create("/without");
  await operator.reconfig({ joining: `server.${leader}=${ensemble.member(leader).line}` });
  await ensemble.untilServing();
  await operator.create("/with");
  const returned = await client(ensemble.member(leader).clientPort);
  await returned.sync("/");
  expect((await returned.children("/")).children.sort()).toEqual(["with", "without", "zookeeper"]);
  await ensemble.until(
    "all have the same files",
    () => new Set(ensemble.ids.map((id) => filesOf(id).join())).size === 1,
  );
});
