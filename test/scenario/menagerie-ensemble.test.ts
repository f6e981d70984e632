import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../../src/cli/pid-file.ts";
import { connect } from "../../src/client/connect.ts";
import { Checkout } from "../support/checkout.ts";

let checkout: Checkout;
const running: Ensemble[] = [];

beforeAll(async () => {
  checkout = await Checkout.create();
});
afterAll(() => checkout.remove());
afterEach(() => {
  for (const ensemble of running.splice(0)) {
    ensemble.child.kill("SIGKILL");
    for (const pid of ensemble.pids()) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  }
  checkout.remove("data-ensemble");
});

class Ensemble {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  output = "";

  constructor(...words: string[]) {
    const program = checkout.path("dist/bin/menagerie.js");
    this.child = spawn(process.execPath, [program, "ensemble", ...words], { cwd: checkout.root });
    this.exited = once(this.child, "close");
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (piece) => {
        this.output += piece;
      });
    }
    running.push(this);
  }

  async prints(text: RegExp): Promise<RegExpExecArray> {
    await expect.poll(() => this.output, { timeout: 25_000 }).toMatch(text);
    return text.exec(this.output)!;
  }

  pids(): number[] {
    return [...this.output.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
  }

  /** What is printed last of each server. */
  roles(): Record<string, string> {
    const lines = [...this.output.matchAll(/^\d\d:\d\d:\d\d server (\d): (.+)$/gm)];
    return Object.fromEntries(lines.map(([, sid, role]) => [sid!, role!]));
  }

  async serves(): Promise<void> {
    await expect
      .poll(() => Object.values(this.roles()).sort(), { timeout: 25_000 })
      .toEqual(["follower", "follower", "leader"]);
  }
}

describe("menagerie ensemble", () => {
  test("three servers, their roles as they change, and none is left behind", async () => {
    const ensemble = new Ensemble("3");
    const [, hosts] = await ensemble.prints(/^Connect clients to (.+)$/m);
    await ensemble.serves();
    const client = await connect(hosts!);
    await client.create("/kept", { data: "x" });
    await client.close();
    const [leader] = Object.entries(ensemble.roles()).find(([, role]) => role === "leader")!;
    process.kill(ensemble.pids()[Number(leader) - 1]!, "SIGKILL");
    await ensemble.prints(new RegExp(`server ${leader}: was ended by SIGKILL`));
    await expect.poll(() => Object.values(ensemble.roles()), { timeout: 25_000 }).toContain("leader");
    const pids = ensemble.pids();
    ensemble.child.kill("SIGINT");
    expect(await ensemble.exited).toEqual([0, null]);
    expect(ensemble.output).not.toContain("started by hand");
    expect(ensemble.output).toMatch(/All servers have ended\.\n$/);
    expect(pids.filter(isAlive)).toEqual([]);

    const again = new Ensemble();
    await again.serves();
    const [, sameHosts] = await again.prints(/^Connect clients to (.+)$/m);
    expect(sameHosts).toBe(hosts);
    await using other = await connect(hosts!);
    expect((await other.get("/kept")).data).toEqual(Buffer.from("x"));
  }, 90_000);

  test("one that stands still is not taken for one that looks; one that was killed can be started again by the command that is told", async () => {
    const ensemble = new Ensemble("3");
    await ensemble.serves();
    const [follower] = Object.entries(ensemble.roles()).find(([, role]) => role === "follower")!;
    const pid = ensemble.pids()[Number(follower) - 1]!;
    process.kill(pid, "SIGSTOP");
    await ensemble.prints(new RegExp(`server ${follower}: does not answer`));
    process.kill(pid, "SIGKILL");
    const [, script, configFile] = await ensemble.prints(/to start it again: (.+) start (.+)$/m);
    const zkServer = (verb: string) => checkout.run(script!, [verb, configFile!]);
    expect(await zkServer("start")).toMatchObject({ code: 0 });
    try {
      await expect.poll(() => ensemble.roles()[follower], { timeout: 25_000 }).toBe("follower");
      ensemble.child.kill("SIGINT");
      expect(await ensemble.exited).toEqual([0, null]);
      expect(ensemble.output).toContain(`server ${follower}: goes on, because it was started by hand`);
    } finally {
      expect(await zkServer("stop")).toMatchObject({ code: 0 });
    }
  }, 90_000);

  test("its servers end with it, however it ends", async () => {
    const ensemble = new Ensemble("1");
    await expect.poll(() => ensemble.roles(), { timeout: 25_000 }).toEqual({ 1: "leader" });
    const pids = ensemble.pids();
    ensemble.child.kill("SIGKILL");
    await expect.poll(() => pids.filter(isAlive), { timeout: 25_000 }).toEqual([]);
    expect(readFileSync(checkout.path("data-ensemble/1/server.log"), "utf8")).toContain(
      "the process that started the server is gone",
    );
  }, 60_000);

  test.each([
    [["0"], 'the number of servers is "0": it must be 1 to 9'],
    [["three"], 'the number of servers is "three": it must be 1 to 9'],
    [["3", "--dir", ""], "--dir is empty: name a directory"],
    [["3", "--dir", "bin/zkServer.sh"], "the ensemble cannot be kept in bin/zkServer.sh: ENOTDIR"],
    [["3", "--base-port", "70000"], '--base-port is "70000": it must be 1 to'],
  ])("refuses %j", async (words, told) => {
    const ensemble = new Ensemble(...words);
    expect(await ensemble.exited).toEqual([2, null]);
    expect(ensemble.output).toContain(told);
    expect(existsSync(checkout.path("data-ensemble"))).toBe(false);
  });

  test("refuses a directory with an ensemble of another size, and ports in use", async () => {
    const one = new Ensemble("1");
    await expect.poll(() => one.roles(), { timeout: 25_000 }).toEqual({ 1: "leader" });
    const port = /127\.0\.0\.1:(\d+)/.exec(one.output)![1]!;
    const other = new Ensemble("3");
    expect(await other.exited).toEqual([2, null]);
    expect(other.output).toContain('holds an ensemble of 1: start it with "menagerie ensemble 1"');
    const twice = new Ensemble("1");
    expect(await twice.exited).toEqual([2, null]);
    expect(twice.output).toMatch(
      new RegExp(`^port ${port} of 127.0.0.1 is in use: the ensemble in .*data-ensemble runs already`),
    );
    expect(readFileSync(checkout.path("data-ensemble/1/server.log"), "utf8")).not.toContain("FATAL");
    const busy = new Ensemble("3", "--dir", "elsewhere", "--base-port", port);
    expect(await busy.exited).toEqual([2, null]);
    expect(busy.output).toContain(`port ${port} of 127.0.0.1 is in use`);
  }, 60_000);
});
