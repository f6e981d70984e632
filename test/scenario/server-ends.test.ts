import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { GetDataRequest, GetDataResponse, SetDataRequest } from "../../src/protocol/records/proto.ts";
import { freePort } from "../support/checkout.ts";
import { removeServerProgram, ServerProcess } from "../support/server-process.ts";
import { temporaryDirectory } from "../support/test-server.ts";
import { WireClient } from "../support/wire-client.ts";

const CLIENTS = 8;
/** Writes that a client has under way at any time. */
const DEPTH = 16;

let dataDir: string;
let port: number;
const processes: ServerProcess[] = [];

beforeEach(async () => {
  dataDir = temporaryDirectory("ends");
  port = await freePort();
});
afterEach(async () => {
  for (const { child, exited } of processes.splice(0)) {
    child.kill("SIGKILL");
    await exited;
  }
  rmSync(dataDir, { recursive: true, force: true });
});
afterAll(removeServerProgram);

async function start(options?: Parameters<typeof ServerProcess.start>[2]): Promise<ServerProcess> {
  const server = await ServerProcess.start(port, dataDir, options);
  processes.push(server);
  return server;
}

/** What a client was told about its znode, which it sets to 1, 2, 3 … without waiting. */
interface Acknowledged {
  readonly path: string;
  value: number;
}

/** Writes to one znode until the connection breaks; resolves with the last acknowledged value. */
async function writeUntilBroken(path: string, acked: (count: number) => void): Promise<Acknowledged> {
  const client = await WireClient.connect(port);
  const last: Acknowledged = { path, value: 0 };
  await client.create(last.path, Buffer.from("0"));
  let sent = 0;
  const writeOne = async (): Promise<void> => {
    for (;;) {
      const value = ++sent;
      const data = Buffer.from(String(value).padEnd(200));
      const reply = await client.request(OpCode.setData, SetDataRequest, {
        path: last.path,
        data,
        version: -1,
      });
      expect(reply.err).toBe(0);
      last.value = Math.max(last.value, value);
      acked(1);
    }
  };
  await Promise.allSettled(Array.from({ length: DEPTH }, writeOne));
  return last;
}

/** Runs writers against the server and ends it with `end` once `count` writes were acknowledged. */
async function writeAndEnd(
  count: number,
  end: () => Promise<unknown>,
  prefix = "/counter",
): Promise<readonly Acknowledged[]> {
  let total = 0;
  let reached: () => void = () => {};
  const enough = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const writers = Array.from({ length: CLIENTS }, (_, index) =>
    writeUntilBroken(`${prefix}-${index}`, () => {
      if (++total === count) reached();
    }),
  );
  await enough;
  await end();
  return Promise.all(writers);
}

async function readCounter(client: WireClient, path: string): Promise<{ value: number; version: number }> {
  const reply = await client.request(OpCode.getData, GetDataRequest, { path, watch: false });
  expect(reply.err).toBe(0);
  const { data, stat } = GetDataResponse.read(new JuteReader(reply.body));
  return { value: Number(String(data)), version: stat.version };
}

/** Every acknowledged write is there, and what is there was written in order. */
async function expectAcknowledged(written: readonly Acknowledged[]): Promise<void> {
  const client = await WireClient.connect(port);
  for (const { path, value } of written) {
    const found = await readCounter(client, path);
    expect(found.value).toBeGreaterThanOrEqual(value);
    expect(found.value).toBeLessThanOrEqual(value + DEPTH);
    expect(found.version).toBe(found.value);
  }
  client.destroy();
}

describe("every acknowledged write is there after a restart", () => {
  it("when the process was killed under load", async () => {
    const first = await start();
    const written = await writeAndEnd(1500, () => first.kill("SIGKILL"));
    await start();
    await expectAcknowledged(written);
  });

  it("when it was killed again and again, with new log files and snapshots all the time", async () => {
    const flags = ["-Dzookeeper.snapCount=100", "-Dzookeeper.preAllocSize=64"];
    const written: Acknowledged[] = [];
    for (let round = 0; round < 4; round++) {
      const server = await start({ flags });
      await expectAcknowledged(written);
      written.push(...(await writeAndEnd(250, () => server.kill("SIGKILL"), `/round-${round}`)));
    }
    await start({ flags });
    await expectAcknowledged(written);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "when it was asked to end by %s under load, with exit code 0",
    async (signal) => {
      const first = await start();
      let code: number | string = "";
      const written = await writeAndEnd(600, async () => {
        code = await first.kill(signal);
      });
      expect(code).toBe(0);
      await start();
      await expectAcknowledged(written);
    },
  );
});

describe("a disk that takes no more", () => {
  it("ends the process with one clear line and code 1, and nothing is claimed that is not there", async () => {
    // A limit of the file's size is what a full disk looks like to a write.
    const server = await start({ prelude: "ulimit -f 1024", flags: ["-Dzookeeper.preAllocSize=64"] });
    let code: number | string = "";
    const written = await writeAndEnd(1, async () => {
      code = await server.exited;
    });
    expect(code).toBe(1);
    const fatal = server.output.split("\n").filter((line) => line.includes(" FATAL "));
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toMatch(/the transaction log cannot be written: .*log\.1.*EFBIG/);
    await start();
    await expectAcknowledged(written);
  });
});

describe("an error that nobody expected", () => {
  it.each([
    ["exception", "throw(new(Error)('boom'))"],
    ["rejection", "Promise.reject(new(Error)('boom'))"],
  ])("ends the process with one line and code 1: an uncaught %s", async (_, fail) => {
    // Put into the process from outside, once it is a server that looks out for such errors.
    const isServer = "process.listenerCount('uncaughtException')>0";
    const code = `t=setInterval(()=>{if(${isServer}){clearInterval(t);${fail}}},20)`;
    const prelude = `export NODE_OPTIONS="--import data:text/javascript,globalThis.${code}"`;
    const server = await ServerProcess.spawn([String(port), dataDir], { prelude });
    processes.push(server);
    expect(await server.exited).toBe(1);
    const fatal = server.output.split("\n").filter((line) => line.includes(" FATAL "));
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toContain("boom");
  });
});

describe("a start that is refused", () => {
  it("by a directory in use: code 3 and who uses it", async () => {
    const first = await start();
    const second = await ServerProcess.spawn([String(await freePort()), dataDir]);
    expect(await second.exited).toBe(3);
    expect(second.output).toContain(`process ${first.child.pid}`);
    expect(second.output).toContain("Unable to access datadir, exiting abnormally\n");
  });

  it("by a port in use: code 1 and what to do", async () => {
    await start();
    const other = temporaryDirectory("ends");
    const second = await ServerProcess.spawn([String(port), other]);
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(`cannot listen on *:${port}: the port is in use`);
    rmSync(other, { recursive: true });
  });

  it("by a damaged log: code 1, where it is damaged, and the file stays as it is", async () => {
    const first = await start();
    await writeAndEnd(500, () => first.kill("SIGKILL"));
    const log = `${dataDir}/version-2/log.1`;
    const damaged = readFileSync(log);
    damaged[2000]! ^= 0xff;
    writeFileSync(log, damaged);
    const second = await ServerProcess.spawn([String(port), dataDir]);
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(log);
    expect(second.output).toMatch(/ FATAL .*(checksum|damaged|corrupt)/i);
    expect(readFileSync(log).equals(damaged)).toBe(true);
  });

  it("by a directory that cannot be made: code 3", async () => {
    const server = await ServerProcess.spawn([String(port), "/dev/null/data"]);
    expect(await server.exited).toBe(3);
  });
});
