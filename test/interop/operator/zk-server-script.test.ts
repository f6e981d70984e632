import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../support/apache.ts";
import { Checkout, type CommandResult } from "../support/checkout.ts";
import { type CliStep, ZkCli, zkCliScript } from "../support/zk-cli.ts";

/** The steps of every ZooKeeper tutorial, word for word, in a fresh checkout, with Apache's zkCli as the client. */
describe("zkServer.sh as the tutorials have it", () => {
  let checkout: Checkout;
  let port: number;

  beforeAll(async () => {
    checkout = new Checkout();
    const installed = await checkout.run("npm", ["install"], { CI: "true" });
    expect(installed.exitCode, installed.stderr).toBe(0);
    port = await freePort();
  }, 300_000);

  afterAll(async () => {
    await checkout.run("bin/zkServer.sh", ["stop"]);
    checkout.dispose();
  });

  function zkServer(...words: string[]): Promise<CommandResult> {
    return checkout.run("bin/zkServer.sh", words, { ZOO_LOG_DIR: join(checkout.directory, "logs") });
  }

  async function zkCli(...words: string[]): Promise<string> {
    return (await zkCliScript(`127.0.0.1:${port}`, words)).printed.join("\n");
  }

  test("cp conf/zoo_sample.cfg conf/zoo.cfg, set dataDir", async () => {
    const conf = join(checkout.directory, "conf");
    copyFileSync(join(conf, "zoo_sample.cfg"), join(conf, "zoo.cfg"));
    const sample = readFileSync(join(conf, "zoo.cfg"), "utf8");
    expect(sample).toMatch(/^dataDir=\/tmp\/zookeeper$/m);
    const changed = sample
      .replace(/^dataDir=.*/m, `dataDir=${join(checkout.directory, "tutorial")}`)
      .replace(/^clientPort=2181$/m, `clientPort=${port}`);
    writeFileSync(join(conf, "zoo.cfg"), `${changed}\nadmin.serverPort=${await freePort()}\n`);
  });

  test("status before the start", async () => {
    const { stdout, exitCode } = await zkServer("status");
    expect(stdout).toBe(
      `Client port found: ${port}. Client address: localhost. Client SSL: false.\nError contacting service. It is probably not running.\n`,
    );
    expect(exitCode).toBe(1);
  });

  test("start", async () => {
    const { stdout, stderr, exitCode } = await zkServer("start");
    expect(stdout).toBe("Starting zookeeper ... STARTED\n");
    expect(stderr).toContain(`Using config: ${checkout.directory}/bin/../conf/zoo.cfg\n`);
    expect(exitCode).toBe(0);
    const pidFile = readFileSync(join(checkout.directory, "tutorial/zookeeper_server.pid"), "utf8");
    expect(pidFile).toMatch(/^\d+$/);
  });

  test("start again", async () => {
    const { stdout, exitCode } = await zkServer("start");
    expect(stdout).toMatch(/^Starting zookeeper \.\.\. already running as process \d+\.\n$/);
    expect(exitCode).toBe(1);
  });

  test("status", async () => {
    const { stdout, exitCode } = await zkServer("status");
    expect(stdout).toBe(
      `Client port found: ${port}. Client address: localhost. Client SSL: false.\nMode: standalone\n`,
    );
    expect(exitCode).toBe(0);
  });

  test("connect with Apache's zkCli", async () => {
    expect(await zkCli("create", "/tutorial", "hello")).toContain("Created /tutorial");
    expect(await zkCli("get", "/tutorial")).toContain("hello");
    expect(await zkCli("ls", "/")).toContain("[tutorial, zookeeper]");
  });

  test("restart: the data is still there", async () => {
    const { stdout, exitCode } = await zkServer("restart");
    expect(stdout).toContain("Stopping zookeeper ... STOPPED\n");
    expect(stdout).toContain("Starting zookeeper ... STARTED\n");
    expect(exitCode).toBe(0);
    expect(await zkCli("get", "/tutorial")).toContain("hello");
  });

  test("version, print-cmd, usage", async () => {
    expect((await zkServer("version")).stdout).toMatch(/^Apache ZooKeeper, version \S+.*\n$/);
    const printed = await zkServer("print-cmd");
    expect(printed.stdout.trim().split("\n")).toHaveLength(1);
    expect(printed.stdout).toContain("zoo.cfg");
    const usage = await zkServer("upgrade");
    expect(usage.stderr).toMatch(
      /Usage: \S+ \[--config <conf-dir>\] \{start\|start-foreground\|stop\|version\|restart\|status\|print-cmd\}/,
    );
    expect(usage.exitCode).toBe(0);
  });

  test("stop, and stop again", async () => {
    const first = await zkServer("stop");
    expect(first.stdout).toBe("Stopping zookeeper ... STOPPED\n");
    expect(first.exitCode).toBe(0);
    expect(existsSync(join(checkout.directory, "tutorial/zookeeper_server.pid"))).toBe(false);
    const second = await zkServer("stop");
    expect(second.stdout).toMatch(
      /^Stopping zookeeper \.\.\. no zookeeper to stop \(could not find file .*\)\n$/,
    );
    expect(second.exitCode).toBe(0);
  });

  /** `npm start` as it is typed, on other ports; resolves when it says that it is ready. */
  async function npmStart(quick: number): Promise<ChildProcess> {
    const ports = ["--port", String(quick), "--admin-port", String(await freePort())];
    const server = spawn("npm", ["start", "--", ...ports], {
      cwd: checkout.directory,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    for await (const line of createInterface({ input: server.stdout })) {
      if (line.startsWith("Ready: ")) return server;
    }
    throw new Error("npm start ended without being ready");
  }

  test("npm start, the tutorial with Apache's zkCli, a crash, and the data is still there", async () => {
    const quick = await freePort();
    const address = `127.0.0.1:${quick}`;
    let server = await npmStart(quick);
    try {
      const cli = await ZkCli.start(address, ["-timeout", "4000"]);
      const printed: string[] = [];
      const steps: CliStep[] = [
        "create /app first",
        "create -s /app/task- one",
        "create -s -e /app/worker- me",
        "get -w /app",
        ["set -v 0 /app second", 1],
        "set -v 0 /app third",
        "ls -w /app",
        ["create /app/x", 1],
        "delete /app/x",
        "stat /app",
      ];
      for (const step of steps) printed.push(...(await cli.type(step)).printed);
      expect(printed).toContain("Created /app/task-0000000000");
      expect(printed).toContain("Created /app/worker-0000000001");
      expect(printed).toContain("version No is not valid : /app");
      expect(printed).toContain("dataVersion = 1");
      process.kill(-server.pid!, "SIGKILL");
      await once(server, "close");
      cli.kill();
      server = await npmStart(quick);
      const after = await ZkCli.start(address);
      expect((await after.type("get /app")).printed).toEqual(["second"]);
      // The ephemeral waits for its session, which nobody renews, and then it goes: the watch says so.
      expect((await after.type("get -w /app/worker-0000000001")).printed).toEqual(["me"]);
      const gone = await after.type(["version", 1]);
      expect(gone.events).toEqual([
        "WatchedEvent state:SyncConnected type:NodeDeleted path:/app/worker-0000000001",
      ]);
      expect((await after.type("ls /app")).printed).toEqual(["[task-0000000000]"]);
      await after.type("deleteall /app");
      expect((await after.type("ls /")).printed).toEqual(["[zookeeper]"]);
      await after.quit();
    } finally {
      process.kill(-server.pid!, "SIGKILL");
    }
  });
});
