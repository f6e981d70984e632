import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROGRAMS, peers } from "../support/peers.ts";
import { expectSameRun } from "../support/same-program.ts";

const JAVA = [
  "java",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
];

function java(classPath: string, program: string): (address: string) => readonly string[] {
  return (address) => [...JAVA, "-cp", classPath, program, address];
}

function node(script: string): (address: string) => readonly string[] {
  return (address) => [process.execPath, join(PROGRAMS, "npm", script), address];
}

/** Each program asserts nothing by itself but prints what it sees; it must see the same on us and on Apache. */
describe("real clients see the same on our server and on Apache 3.8", () => {
  test("Apache's Java client 3.8: every synchronous call, restart", async () => {
    const lines = await expectSameRun(java(peers().javaPrograms38, "ClientTour"));
    expect(lines).toContain("after restart: 'kept'");
    expect(lines.at(-1)).toBe("done");
  });

  test("Apache's Java client 3.8: the asynchronous calls", async () => {
    const lines = await expectSameRun(java(peers().javaPrograms38, "AsyncTour"));
    expect(lines).toContain("version 501");
  });

  test("Apache's Java client 3.9: every synchronous call, restart", async () => {
    const lines = await expectSameRun(java(peers().javaPrograms39, "ClientTour"));
    expect(lines.at(-1)).toBe("done");
  });

  test("Curator: framework, locks, leader, barriers, counters, caches, restart", async () => {
    const lines = await expectSameRun(java(peers().javaPrograms39, "CuratorTour"));
    expect(lines).toContain("after restart 'yes' true");
    expect(lines.at(-1)).toBe("done");
  });

  test("the C client, multi-threaded: tutorial, multi, watches, restart", async () => {
    const lines = await expectSameRun((address) => [peers().cProgram, address]);
    expect(lines.at(-1)).toBe("done");
  });

  test("npm zookeeper (native)", async () => {
    const lines = await expectSameRun(node("zookeeper.cjs"), { env: { NPM_PEERS: peers().npmDirectory } });
    expect(lines.at(-1)).toBe("done");
  });

  test("npm node-zookeeper-client", async () => {
    const env = { NPM_PEERS: peers().npmDirectory };
    const lines = await expectSameRun(node("node-zookeeper-client.cjs"), { env });
    expect(lines.at(-1)).toBe("done");
  });
});
