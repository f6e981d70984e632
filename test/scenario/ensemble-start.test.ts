import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { newDisk } from "../support/storage.ts";
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

/** What a server complains of, but for the machine that it runs on being slow. */
function complaints(id: number): string[] {
  const { log } = ensemble.member(id);
  const isOfMachine = (message: string): boolean => /^this process did not run:/.test(message);
  return [...log.messages("warn"), ...log.messages("error")].filter((message) => !isOfMachine(message));
}

describe("a member that must not start", () => {
  it("is not one of the servers listed", async () => {
    ensemble = await TestEnsemble.create(3);
    writeFileSync(join(ensemble.member(1).dataDir, "myid"), "9");
    await expect(ensemble.start(1)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining("My id 9 not in the peer list"),
    });
  });

  it("has epochs that do not fit its data", async () => {
    ensemble = await TestEnsemble.create(3);
    await ensemble.start();
    await ensemble.untilServing();
    await ensemble.stop(1);
    const file = join(ensemble.member(1).dataDir, "version-2/acceptedEpoch");
    writeFileSync(file, "0");
    await expect(ensemble.start(1)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining("currentEpoch is 1, but acceptedEpoch is 0"),
    });
    // Nothing is held: it starts once it is right.
    writeFileSync(file, "1");
    await ensemble.start(1);
    await ensemble.untilServing();
  });

  it("finds its election port taken, and ends with exit code 14", async () => {
    ensemble = await TestEnsemble.create(3);
    const electionPort = Number(/:(\d+):participant/.exec(ensemble.member(1).line)![1]);
    const squatter = createServer().listen(electionPort, "127.0.0.1");
    await once(squatter, "listening");
    try {
      await expect(ensemble.startWith(1, {}, { electionPortBindRetry: "1" })).rejects.toMatchObject({
        exitCode: 14,
        message: expect.stringContaining("the port is in use"),
      });
    } finally {
      squatter.close();
    }
    await ensemble.start();
    await ensemble.untilServing();
  });
});

describe("three servers", () => {
  it("elect a leader, replicate, and survive the loss of one", async () => {
    ensemble = await TestEnsemble.create(3);
    await ensemble.start();
    const leader = await ensemble.untilServing();
    const [a, b] = await Promise.all(ensemble.ids.filter((id) => id !== leader).map((id) => client(id)));
    await a!.create("/a", { data: "one" });
    await b!.sync("/a");
    expect((await b!.get("/a")).data).toEqual(Buffer.from("one"));

    await ensemble.stop(leader);
    await ensemble.until("a new leader", () => Object.values(ensemble.roles()).includes("leader"));
    await ensemble.untilServing();
    await a!.set("/a", "two");

    await ensemble.start(leader);
    await ensemble.untilServing();
    const c = await client(leader);
    expect((await c.get("/a")).data).toEqual(Buffer.from("two"));
  });

  it("bring a wiped one back with a snapshot, which is on its disk then", async () => {
    ensemble = await TestEnsemble.create(3, { forceSnapshotSync: "true" });
    await ensemble.start();
    await ensemble.untilServing();
    const writer = await client(2);
    for (let i = 0; i < 30; i++) await writer.create(`/n${i}`, { data: "x".repeat(1000) });
    await ensemble.stop(1);
    ensemble.wipe(1);
    await ensemble.start(1);
    await ensemble.untilServing();
    expect(ensemble.server(1).view.nodeCount()).toBe(ensemble.server(2).view.nodeCount());
    expect(complaints(1)).toEqual([]);
    const reader = await client(1);
    await reader.sync("/");
    expect((await reader.children("/")).children).toHaveLength(31);
    await writer.create("/late");
    await ensemble.stop(1);
    // Alone it has what it was given and what came behind it.
    const snapshots = readdirSync(join(ensemble.member(1).dataDir, "version-2")).filter((name) =>
      /^snapshot\.1/.test(name),
    );
    expect(snapshots).toHaveLength(1);
    await ensemble.start(1);
    await ensemble.untilServing();
    expect(ensemble.server(1).view.nodeCount()).toBe(ensemble.server(2).view.nodeCount());
  });

  it("send a snapshot while they write, and it fits what comes behind it", async () => {
    ensemble = await TestEnsemble.create(3, { forceSnapshotSync: "true" });
    await ensemble.start();
    await ensemble.untilServing();
    const writer = await client(2);
    const paths = Array.from({ length: 8_000 }, (_, i) => `/n${i}`);
    for (let at = 0; at < paths.length; at += 500) {
      await Promise.all(
        paths.slice(at, at + 500).map((path) => writer.create(path, { data: "x".repeat(500) })),
      );
    }
    await ensemble.stop(1);
    ensemble.wipe(1);
    let isStopped = false;
    const writing = Promise.all(
      Array.from({ length: 50 }, async (_, first) => {
        for (let i = first; !isStopped; i = (i + 50) % paths.length)
          await writer.set(paths[i]!, "y".repeat(500));
      }),
    );
    await ensemble.start(1);
    await ensemble.untilServing();
    isStopped = true;
    await writing;
    // Every txn tells the digest that the tree must have.
    expect(complaints(1)).toEqual([]);
    await ensemble.stop(1);
    await ensemble.start(1);
    await ensemble.untilServing();
    expect(complaints(1)).toEqual([]);
  });

  it("lose one whose disk breaks: it ends with one line, and the others go on", async () => {
    ensemble = await TestEnsemble.create(3);
    const disk = newDisk();
    await disk.makeDirectory(ensemble.member(1).dataDir);
    await Promise.all([ensemble.startWith(1, { disk }), ensemble.start(2, 3)]);
    await ensemble.untilServing();
    const writer = await client(3);
    await writer.create("/before");
    const { 2: second, 3: third } = ensemble.roles();
    const broken = ensemble.server(1);
    disk.cutPowerAt(disk.changes);
    await writer.create("/after");
    const failure = await broken.ended;
    expect(failure?.exitCode).toBe(1);
    expect(failure?.message).toMatch(/^the transaction log cannot be written: /);
    expect(ensemble.roles()).toMatchObject({ 2: second, 3: third });
    await writer.create("/later");
  });
});
