import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { askFourLetterWord } from "../../src/transport/four-letter-client.ts";
import { Checkout, freePort } from "../support/checkout.ts";

let checkout: Checkout;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  checkout = await Checkout.create();
});
afterAll(() => checkout.remove());
afterEach(() => {
  for (const child of processes.splice(0)) child.kill("SIGKILL");
  checkout.remove("data");
});

function menagerie(...words: string[]): ChildProcess {
  const child = spawn(process.execPath, [checkout.path("dist/bin/menagerie.js"), ...words], {
    cwd: checkout.root,
  });
  processes.push(child);
  return child;
}

/** Resolves with the first line on standard output. */
async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const piece of child.stdout ?? []) {
    text += piece;
    if (text.includes("\n")) break;
  }
  return text.slice(0, text.indexOf("\n") + 1);
}

test("--quickstart serves, says in one line how to connect, and ends on Ctrl-C", async () => {
  const [port, adminPort] = [await freePort(), await freePort()];
  const child = menagerie("server", "--quickstart", "--port", `${port}`, "--admin-port", `${adminPort}`);
  expect(await firstLine(child)).toBe(
    `Ready: connect ZooKeeper clients to 127.0.0.1:${port}, look at http://127.0.0.1:${adminPort}/commands; data in ${checkout.path("data")}, Ctrl-C stops.\n`,
  );
  expect(await askFourLetterWord("127.0.0.1", port, "srvr", 5000)).toContain("Mode: standalone");
  const answer = (await (await fetch(`http://127.0.0.1:${adminPort}/commands/ruok`)).json()) as {
    error: unknown;
  };
  expect(answer.error).toBeNull();
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(existsSync(checkout.path("data/version-2"))).toBe(true);
});

test("port datadir ticktime maxcnxns is a server too", async () => {
  const child = menagerie("server", "0", "./data", "500", "7", "-Dzookeeper.4lw.commands.whitelist=conf");
  let output = "";
  child.stdout?.on("data", (piece) => {
    output += piece;
  });
  await expect.poll(() => output, { timeout: 20_000 }).toContain("serving clients");
  const port = Number(/port=(\d+)/.exec(output)?.[1]);
  const conf = await askFourLetterWord("127.0.0.1", port, "conf", 5000);
  expect(conf).toContain("tickTime=500\nmaxClientCnxns=7\nminSessionTimeout=1000\n");
});

test.each([
  [
    ["server"],
    2,
    "Invalid arguments, exiting abnormally\nUsage: ZooKeeperServerMain configfile | port datadir",
  ],
  [["server", "1", "2", "3", "4", "5"], 2, "Invalid arguments, exiting abnormally"],
  [["server", "x", "data"], 2, 'clientPort=x: For input string: "x" (allowed: 0..65535)'],
  [["server", "none.cfg"], 2, "none.cfg file is missing"],
  [["server", "--quickstart", "--port", "x"], 2, "clientPort=x"],
  [["server", "status"], 1, "zoo.cfg: no such file"],
  [["nonsense"], 1, "unknown command 'nonsense'"],
])("menagerie %j ends with %i", async (words, code, told) => {
  const outcome = await checkout.run(process.execPath, [checkout.path("dist/bin/menagerie.js"), ...words]);
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).toContain(told);
});

test("--version names both versions", async () => {
  const { stdout } = await checkout.run(process.execPath, [
    checkout.path("dist/bin/menagerie.js"),
    "--version",
  ]);
  expect(stdout).toMatch(/^Apache ZooKeeper, version 3\.9\.4-menagerie-/);
});

test("menagerie server start and stop are those of zkServer.sh", async () => {
  const port = await freePort();
  checkout.write("conf/zoo.cfg", `dataDir=${checkout.path("data")}\nclientPort=${port}\n`);
  const run = (verb: string) =>
    checkout.run(process.execPath, [
      checkout.path("dist/bin/menagerie.js"),
      "server",
      verb,
      "-Dzookeeper.4lw.commands.whitelist=ruok",
    ]);
  expect((await run("start")).stdout).toBe("Starting zookeeper ... STARTED\n");
  const answer = await askFourLetterWord("127.0.0.1", port, "ruok", 5000).finally(() => run("stop"));
  expect(answer).toBe("imok");
});
