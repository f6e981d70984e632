import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Checkout, freePort, type Outcome } from "../support/checkout.ts";

let checkout: Checkout;

beforeAll(async () => {
  checkout = await Checkout.create();
});
afterAll(() => checkout.remove());
beforeEach(() => {
  for (const name of ["data", "log", "logs"]) checkout.remove(name);
  configure("");
});

function configure(more: string): void {
  checkout.write("conf/zoo.cfg", `dataDir=${checkout.path("data")}\n${more}`);
}

const initialize = (...words: string[]): Promise<Outcome> =>
  checkout.run("bin/zkServer-initialize.sh", words);
const cleanup = (...words: string[]): Promise<Outcome> => checkout.run("bin/zkCleanup.sh", words);

describe("zkServer-initialize.sh", () => {
  test("makes an empty data directory", async () => {
    const data = checkout.path("data");
    expect(await initialize()).toEqual({
      code: 0,
      stdout: `No myid provided, be sure to specify it in ${data}/myid if using non-standalone\n`,
      stderr: "",
    });
    expect(readdirSync(data).sort()).toEqual(["initialize", "version-2"]);
  });

  test("writes myid, in both spellings of the option", async () => {
    expect((await initialize("--myid=7")).stdout).toBe("Using myid of 7\n");
    expect(checkout.read("data/myid")).toBe("7\n");
    await initialize("--force", "--myid", "8");
    expect(checkout.read("data/myid")).toBe("8\n");
  });

  test("touches existing data only when forced", async () => {
    configure(`dataLogDir=${checkout.path("log")}\n`);
    checkout.write("log/version-2/log.1", "precious");
    expect(await initialize()).toEqual({
      code: 1,
      stdout: `ZooKeeper txnlog directory already exists at ${checkout.path("log")} (or use --force to force re-initialization)\n`,
      stderr: "",
    });
    checkout.write("data/version-2/snapshot.0", "precious");
    expect((await initialize()).stdout).toContain(
      `ZooKeeper data directory already exists at ${checkout.path("data")} `,
    );
    expect(checkout.read("log/version-2/log.1")).toBe("precious");
    const forced = await initialize("--force");
    expect(forced.code).toBe(0);
    expect(forced.stdout).toContain("Force enabled, data/txnlog directories will be re-initialized\n");
    expect(readdirSync(checkout.path("log/version-2"))).toEqual([]);
    expect(readdirSync(checkout.path("data/version-2"))).toEqual([]);
  });

  test("never takes the data away from a running server", async () => {
    configure(`clientPort=${await freePort()}\n`);
    await checkout.run("bin/zkServer.sh", ["start"]);
    const { code, stdout } = await initialize("--force");
    await checkout.run("bin/zkServer.sh", ["stop"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Process \d+ is serving .*; stop it first\n$/);
  });

  test("tells what is missing", async () => {
    const file = checkout.path("none.cfg");
    expect((await initialize("--configfile", file)).stdout).toBe(`Unable to find config file at ${file}\n`);
    checkout.write("conf/zoo.cfg", "clientPort=1\n");
    const told = await initialize();
    expect([told.code, told.stdout]).toEqual([
      1,
      `Unable to determine dataDir from ${checkout.root}/bin/../conf/zoo.cfg\n`,
    ]);
  });

  test.each([["-h"], ["--help"]])("%s shows the usage, with exit code 1", async (option) => {
    const { code, stdout } = await initialize(option);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^usage: zkServer-initialize\.sh <parameters>\n {2}Optional parameters:\n/);
  });

  test("an unknown option shows the usage", async () => {
    const { code, stdout } = await initialize("--what");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Unknown option: --what\nusage: /);
  });
});

const USAGE = /^Usage:\nPurgeTxnLog dataLogDir \[snapDir\] -n count\n(\t.*\n){3}$/;

describe("zkCleanup.sh", () => {
  test("keeps the newest snapshots of a real data directory, and removes nothing when there are few", async () => {
    configure(`clientPort=${await freePort()}\n`);
    for (let run = 0; run < 2; run++) {
      expect((await checkout.run("bin/zkServer.sh", ["start"])).code).toBe(0);
      expect((await checkout.run("bin/zkServer.sh", ["stop"])).code).toBe(0);
    }
    const before = readdirSync(checkout.path("data/version-2"));
    expect(await cleanup("-n", "3")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readdirSync(checkout.path("data/version-2"))).toEqual(before);
  });

  test("removes old snapshots and the logs that only they need, and names them", async () => {
    configure(`clientPort=${await freePort()}\n`);
    await checkout.run("bin/zkServer.sh", ["start"]);
    await checkout.run("bin/zkServer.sh", ["stop"]);
    const directory = checkout.path("data/version-2");
    for (const zxid of ["10", "20", "30", "40"]) {
      copyFileSync(`${directory}/snapshot.0`, `${directory}/snapshot.${zxid}`);
      checkout.write(`data/version-2/log.${zxid}`, "");
    }
    checkout.write("data/version-2/log.1", "");
    const { code, stdout, stderr } = await cleanup("-n", "3");
    expect([code, stderr]).toEqual([0, ""]);
    const removed = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t")[1]);
    expect(removed.sort()).toEqual(
      ["log.1", "log.10", "snapshot.0", "snapshot.10"].map((name) => `${directory}/${name}`),
    );
    expect(stdout).toMatch(/^Removing file: [A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M\t/);
    const left = ["log.20", "log.30", "log.40", "snapshot.20", "snapshot.30", "snapshot.40"];
    expect(
      readdirSync(directory)
        .filter((name) => /^(log|snapshot)\./.test(name))
        .sort(),
    ).toEqual(left);
  });

  test("refuses fewer than three", async () => {
    mkdirSync(checkout.path("data/version-2"), { recursive: true });
    const { code, stdout, stderr } = await cleanup("-n", "2");
    expect([code, stderr]).toEqual([1, "count should be greater than or equal to 3\n"]);
    expect(stdout).toMatch(USAGE);
  });

  test("refuses what is no number", async () => {
    mkdirSync(checkout.path("data"));
    expect((await cleanup("-n", "x")).stderr).toBe("'x' can not be parsed to integer.\n");
  });

  test("refuses directories that are not there", async () => {
    expect((await cleanup("-n", "3")).stderr).toBe(`Path '${checkout.path("data")}' does not exist. \n`);
  });

  test("takes all from the words where there is no configuration, and --config", async () => {
    mkdirSync(checkout.path("data/version-2"), { recursive: true });
    checkout.write("elsewhere/zoo.cfg", `dataDir=${checkout.path("data")}\n`);
    expect((await cleanup("--config", checkout.path("elsewhere"), "-n", "3")).code).toBe(0);
    checkout.remove("conf/zoo.cfg");
    expect((await cleanup(checkout.path("data"), "-n", "3")).code).toBe(0);
    const { code, stdout } = await cleanup("-n", "3");
    expect(code).toBe(1);
    expect(stdout).toMatch(USAGE);
    expect(existsSync(checkout.path("data/version-2"))).toBe(true);
  });
});
