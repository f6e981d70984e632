import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../support/apache.ts";
import { Checkout, type CommandResult } from "../support/checkout.ts";
import { zkCliScript } from "../support/zk-cli.ts";

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

  test("npm start, then Apache's zkCli", async () => {
    const quick = await freePort();
    const options = ["start", "--", "--port", String(quick), "--admin-port", String(await freePort())];
    const server = spawn("npm", options, {
      cwd: checkout.directory,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    try {
      for await (const line of createInterface({ input: server.stdout })) {
        if (line.startsWith("Ready: ")) break;
      }
      const shot = await zkCliScript(`127.0.0.1:${quick}`, ["create", "-s", "-e", "/quick-", "x"]);
      expect(shot.printed.join("\n")).toContain("Created /quick-0000000000");
      expect(shot.exitCode).toBe(0);
    } finally {
      process.kill(-server.pid!, "SIGTERM");
    }
  });
});
