import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../../src/cli/pid-file.ts";
import { connect } from "../../src/client/connect.ts";
import { askFourLetterWord } from "../../src/transport/four-letter-client.ts";
import { Checkout, freePort, type Outcome } from "../support/checkout.ts";

let checkout: Checkout;

beforeAll(async () => {
  checkout = await Checkout.create();
});
afterAll(() => checkout.remove());

/** Every server that a test has started has its pid in its data directory. */
afterEach(() => {
  for (const sid of [1, 2, 3, 4]) {
    const file = checkout.path(`zk${sid}/zookeeper_server.pid`);
    if (!existsSync(file)) continue;
    const pid = Number(readFileSync(file, "utf8"));
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  }
  for (const name of ["zk1", "zk2", "zk3", "zk4", "logs", "conf/zk1.cfg", "conf/zk2.cfg", "conf/zk3.cfg"])
    checkout.remove(name);
});

const zkServer = (...words: string[]): Promise<Outcome> => checkout.run("bin/zkServer.sh", words);

/** What the tutorials have one write: three directories, three `myid`, three zoo.cfg. Returns the client ports. */
async function tutorial({ hasClientParts = false, more = "" } = {}): Promise<number[]> {
  const clientPorts = [await freePort(), await freePort(), await freePort()];
  const lines: string[] = [];
  for (const [at, port] of clientPorts.entries()) {
    const address = `localhost:${await freePort()}:${await freePort()}`;
    lines.push(`server.${at + 1}=${address}${hasClientParts ? `;${port}` : ""}`);
  }
  for (const [at, port] of clientPorts.entries()) {
    const sid = at + 1;
    checkout.write(`zk${sid}/myid`, `${sid}\n`);
    const clientPort = hasClientParts ? [] : [`clientPort=${port}`];
    const text = ["tickTime=2000", `dataDir=${checkout.path(`zk${sid}`)}`, ...clientPort];
    const rest = ["initLimit=5", "syncLimit=2", ...lines, ...(more === "" ? [] : [more])];
    checkout.write(`conf/zk${sid}.cfg`, `${[...text, ...rest].join("\n")}\n`);
  }
  return clientPorts;
}

/** `status` of a server once it has a mode. */
async function modeOf(sid: number): Promise<string> {
  for (;;) {
    const { code, stdout } = await zkServer("status", `zk${sid}.cfg`);
    if (code === 0) return stdout;
  }
}

async function startAll(): Promise<void> {
  for (const sid of [1, 2, 3]) {
    const { code, stdout, stderr } = await zkServer("start", `zk${sid}.cfg`);
    expect([code, stdout], stderr).toEqual([0, "Starting zookeeper ... STARTED\n"]);
  }
}

describe("the tutorial's three servers on one machine", () => {
  test("start each, status says leader or follower, stop each", async () => {
    const ports = await tutorial();
    await startAll();
    const outputs = [await modeOf(1), await modeOf(2), await modeOf(3)];
    for (const [at, output] of outputs.entries()) {
      expect(output).toMatch(
        new RegExp(
          `^Client port found: ${ports[at]}. Client address: localhost. Client SSL: false.\nMode: (leader|follower)\n$`,
        ),
      );
    }
    expect(outputs.filter((output) => output.includes("Mode: leader"))).toHaveLength(1);
    await using client = await connect(ports.map((port) => `127.0.0.1:${port}`).join(","));
    await client.create("/zk_test", { data: "my_data" });

    const leader = outputs.findIndex((output) => output.includes("Mode: leader")) + 1;
    expect((await zkServer("stop", `zk${leader}.cfg`)).stdout).toBe("Stopping zookeeper ... STOPPED\n");
    const others = [1, 2, 3].filter((sid) => sid !== leader);
    const modes = await Promise.all(others.map(modeOf));
    expect(modes.filter((output) => output.includes("Mode: leader"))).toHaveLength(1);
    expect((await zkServer("stop", `zk${others[0]}.cfg`)).code).toBe(0);
    // Of three, one is no quorum: it runs, and serves nobody.
    let alone: Outcome;
    do alone = await zkServer("status", `zk${others[1]}.cfg`);
    while (alone.code === 0);
    expect(alone.stdout).toContain("Error contacting service. It is probably not running.\n");
    const port = ports[others[1]! - 1]!;
    expect(await askFourLetterWord("127.0.0.1", port, "srvr", 5000)).toBe(
      "This ZooKeeper instance is not currently serving requests\n",
    );
    await zkServer("stop", `zk${others[1]}.cfg`);
    for (const sid of [1, 2, 3])
      expect(existsSync(checkout.path(`zk${sid}/zookeeper_server.pid`))).toBe(false);
  }, 60_000);

  test("client ports in the server lines only", async () => {
    const ports = await tutorial({ hasClientParts: true });
    await startAll();
    for (const sid of [1, 2, 3]) {
      expect(await modeOf(sid)).toMatch(
        new RegExp(
          `^Client port found: ${ports[sid - 1]}. Client address: localhost.*\nMode: (leader|follower)\n$`,
        ),
      );
    }
  }, 60_000);

  test("of servers that want one port for their AdminServer one has it, and the others go on without", async () => {
    await tutorial({ more: `admin.enableServer=true\nadmin.serverPort=${await freePort()}` });
    await startAll();
    const outputs = [await modeOf(1), await modeOf(2), await modeOf(3)];
    expect(outputs.filter((output) => output.includes("Mode: leader"))).toHaveLength(1);
    await expect
      .poll(() => checkout.read("logs/zookeeper-zk-server-host.out"), { timeout: 20_000 })
      .toMatch(/the AdminServer cannot be started, the server goes on without it: .*in use/);
  }, 60_000);

  test("servers that share a directory for their output do not take it from each other", async () => {
    await tutorial();
    await startAll();
    const output = (): string => checkout.read("logs/zookeeper-zk-server-host.out");
    for (const sid of [1, 2, 3]) {
      await expect.poll(output, { timeout: 20_000 }).toContain(`conf/zk${sid}.cfg`);
    }
    expect(existsSync(checkout.path("logs/zookeeper-zk-server-host.out.1"))).toBe(false);
  }, 60_000);
});

describe("what cannot be right is refused, with the reason and the way out", () => {
  async function refusal(sid = 1): Promise<string> {
    const { code, stdout, stderr } = await zkServer("start", `zk${sid}.cfg`);
    expect([code, stdout], stderr).toEqual([1, "Starting zookeeper ... FAILED TO START\n"]);
    expect(existsSync(checkout.path(`zk${sid}/zookeeper_server.pid`))).toBe(false);
    return stderr;
  }

  test("no myid", async () => {
    await tutorial();
    checkout.remove("zk1/myid");
    expect(await refusal()).toContain(
      `myid file is missing: write the id of this server, one of 1, 2, 3, into ${checkout.path("zk1/myid")}\n`,
    );
  });

  test("a myid that is no number, and one that no server line has", async () => {
    await tutorial();
    checkout.write("zk1/myid", "one\n");
    expect(await refusal()).toContain(
      `zk1/myid line 1: serverid one is not a number (allowed: the N of this server's line server.N, alone in the first line)\nsee`,
    );
    checkout.write("zk1/myid", "7\n");
    expect(await refusal()).toContain(
      `My id 7 not in the peer list: myid says 7, and the configuration lists server.1, server.2, server.3. Correct myid, or add a line server.7`,
    );
  });

  test("two servers on one data directory", async () => {
    await tutorial();
    await zkServer("start", "zk1.cfg");
    const pidFile = checkout.path("zk1/second.pid");
    const second = await checkout.run("bin/zkServer.sh", ["start", "zk1.cfg"], { ZOOPIDFILE: pidFile });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`stop the other one, or give this server a dataDir of its own`);
  });

  test("weights that make no quorum", async () => {
    await tutorial({ more: "group.1=1:2:3\nweight.1=0\nweight.2=0\nweight.3=0" });
    expect(await refusal()).toContain(`Give servers of more than half of the groups a weight above 0`);
  });

  test("data ahead of the epoch files: of another ensemble, or of another time", async () => {
    await tutorial();
    await startAll();
    await Promise.all([1, 2, 3].map(modeOf));
    for (const sid of [1, 2, 3]) await zkServer("stop", `zk${sid}.cfg`);
    checkout.write("zk1/version-2/currentEpoch", "9");
    expect(await refusal()).toContain(
      `currentEpoch is 9, but acceptedEpoch is 1: these are data and epoch files of different ensembles or times`,
    );
  }, 60_000);

  test("the election port in use by another program", async () => {
    await tutorial();
    await zkServer("start", "zk1.cfg");
    const cfg = checkout.read("conf/zk1.cfg");
    checkout.write(
      "conf/zk2.cfg",
      cfg.replace(/zk1/g, "zk2").replace(/^clientPort=.*$/m, `clientPort=${await freePort()}`),
    );
    checkout.write("zk2/myid", "1\n");
    expect(await refusal(2)).toContain(`cannot listen on localhost:`);
  }, 60_000);
});
