import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Client, connect, connectLazily, MisuseError } from "../../src/client/index.ts";
import { startTestServer } from "../../src/testing/index.ts";
import { ClientTestServer } from "../support/client-server.ts";
import { freePort } from "../support/free-port.ts";
import { eventually } from "../support/recipe-world.ts";
import { StandingTime } from "../support/standing-time.ts";
import { UnknownNames } from "../support/unknown-names.ts";

/** A server that greets with these bytes, or says nothing, or closes. */
async function strangeServer(greet: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    greet(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server): number => (server.address() as { port: number }).port;

describe("what cannot work is refused with a reason", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  const servers: Server[] = [];

  beforeAll(() => void process.on("unhandledRejection", note));
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  /** What `connect` says at its deadline, which comes when every server has failed once, however long that takes. */
  const failing = async (
    address: string,
    options: Parameters<typeof connect>[1] = {},
    hasFailed: (zk: Client) => boolean = (zk) => zk.connectionFailures.length === address.split(",").length,
  ): Promise<Error> => {
    using time = new StandingTime();
    const when = vi.spyOn(Client.prototype, "when");
    let error: Error | undefined;
    const ended = connect(address, { connectDeadlineMs: 400, ...options })
      .then(async (zk) => {
        await zk.close();
        throw new Error("it connected");
      })
      .catch((reason) => {
        error = reason;
      });
    const client = when.mock.contexts[0] as Client | undefined;
    when.mockRestore();
    await eventually(() => {
      time.pass(0);
      return error !== undefined || (client !== undefined && hasFailed(client));
    });
    time.pass(options.connectDeadlineMs ?? 400);
    await ended;
    return error!;
  };

  const strange = async (greet: (socket: Socket) => void): Promise<string> => {
    const server = await strangeServer(greet);
    servers.push(server);
    return `127.0.0.1:${portOf(server)}`;
  };

  it("a wrong host", async () => {
    using _names = new UnknownNames();
    const error = await failing("no-such-host.invalid:2181");
    expect(error).toMatchObject({ name: "ConnectionError", kind: "unresolved", retryable: true });
    expect(error.message).toMatch(/no-such-host\.invalid:2181 cannot be resolved/);
  });

  it("a refused port, each server with its reason", async () => {
    const [a, b] = [await freePort(), await freePort()];
    const error = await failing(`127.0.0.1:${a},127.0.0.1:${b}`);
    expect(error).toMatchObject({ name: "ConnectionError", kind: "refused" });
    expect(error.message).toContain(`127.0.0.1:${a} refuses connections`);
    expect(error.message).toContain(`127.0.0.1:${b} refuses connections`);
  });

  it("a server that never answers", async () => {
    let isAsked = false;
    const address = await strange((socket) => {
      socket.once("data", () => {
        isAsked = true;
      });
    });
    const options = { sessionTimeoutMs: 1000, connectDeadlineMs: 1300 };
    const error = await failing(address, options, () => isAsked);
    expect(error).toMatchObject({ kind: "timeout" });
    expect(error.message).toMatch(/gave up waiting for the answer to the handshake/);
  });

  it("a server that closes at once", async () => {
    const address = await strange((socket) => socket.end());
    expect(await failing(address)).toMatchObject({ kind: "rejected" });
  });

  it("an HTTP server", async () => {
    const address = await strange((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await failing(address);
    expect(error).toMatchObject({ kind: "protocol" });
    expect(error.message).toMatch(/does not speak ZooKeeper's protocol: its answer begins with "HTTP"/);
  });

  it("a TLS port without tls", async () => {
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 0x28]);
    const error = await failing(await strange((socket) => socket.write(alert)));
    expect(error.message).toMatch(/speaks TLS on this port: pass the option `tls`/);
  });

  it("bytes that are no ConnectResponse", async () => {
    const address = await strange((socket) => socket.write(Buffer.from([0, 0, 0, 6, 1, 2, 3, 4, 5, 6])));
    const error = await failing(address);
    expect(error).toMatchObject({ kind: "protocol" });
  });

  it.each([
    ["", /names no server/],
    ["host:0", /port of "host:0" must be 1 … 65535/],
    ["host:99999", /1 … 65535/],
    ["host:abc", /1 … 65535/],
    [":2181", /is not host:port/],
    ["a b:1", /is not host:port/],
    ["host:2181/bad//chroot", /chroot .* is not a path: empty znode name/],
    ["host:2181/end/", /must not end with a \//],
  ])("the connect string %j", async (text, message) => {
    const error = await failing(text);
    expect(error).toBeInstanceOf(MisuseError);
    expect(error.message).toMatch(message);
    expect(() => connectLazily(text)).toThrow(message);
  });

  it.each([
    [{ sessionTimeoutMs: 0 }, /sessionTimeoutMs is 0: it must be a whole number, 1 … 2147483647/],
    [{ sessionTimeoutMS: 5 }, /unknown option "sessionTimeoutMS"; known are/],
    [{ readOnly: true }, /readOnly is true: it must be one of allowed, refused/],
    [{ backoff: { maxMs: -1 } }, /backoff\.maxMs is -1/],
  ])("the options %j", async (options, message) => {
    const error = await failing("127.0.0.1:1", options as never);
    expect(error).toBeInstanceOf(MisuseError);
    expect(error.message).toMatch(message);
  });

  it("an abort while connecting", async () => {
    const signal = AbortSignal.timeout(30);
    const error = await failing(`127.0.0.1:${await freePort()}`, { signal }, () => false);
    expect(error).toMatchObject({ name: "AbortedError", cause: { name: "TimeoutError" } });
  });

  it("TLS to a plain port", async () => {
    await using server = await startTestServer();
    const error = await failing(server.connectString, { tls: {} });
    expect(error).toMatchObject({ name: "ConnectionError", kind: "tls" });
    expect(error.message).toMatch(/Is it the secure port/);
  });

  it("TLS options that cannot be used", async () => {
    const error = await failing("127.0.0.1:1", { tls: { cert: "nonsense", key: "nonsense" } });
    expect(error).toMatchObject({ kind: "tls" });
    expect(error.message).toMatch(/cannot use the TLS options/);
  });

  it("SASL with a server that does none", async () => {
    await using server = await startTestServer();
    const sasl = { mechanism: "DIGEST-MD5", username: "a", password: "b" } as const;
    const error = await failing(server.connectString, { sasl });
    expect(error).toMatchObject({ name: "AuthFailedError" });
  });

  describe("with a server", () => {
    const server = new ClientTestServer();
    let zk: Client;
    beforeAll(async () => {
      await server.start();
      zk = await connect(server.address);
    });
    afterAll(async () => {
      await zk?.close();
      await server.dispose();
    });

    it.each([
      ["", /path is empty/],
      ["a", /must start with a \//],
      ["/a/", /must not end with a \//],
      ["/a//b", /empty znode name at offset 3/],
      ["/a/../b", /relative path segment/],
      ["/a\u0000", /NUL character/],
      ["/a\u{1f600}", /invalid character/],
    ])("the path %j", async (path, message) => {
      for (const call of [
        zk.get(path),
        zk.create(path),
        zk.delete(path),
        zk.children(path),
        zk.set(path, ""),
      ]) {
        const error = await call.then(
          () => undefined,
          (e) => e,
        );
        expect(error).toMatchObject({ name: "MisuseError", outcome: "not-applied" });
        expect(error.message).toMatch(message);
      }
    });

    it("data over the limit, and the connection lives", async () => {
      const id = zk.session!.id;
      const error = await zk.create("/big", { data: new Uint8Array(1_048_576) }).catch((e) => e);
      expect(error).toMatchObject({ name: "MisuseError" });
      expect(error.message).toMatch(
        /over the limit of 1048575 bytes \(requestBytesMax; the server's is jute\.maxbuffer/,
      );
      const { path } = await zk.create("/big", { data: new Uint8Array(1_048_000) });
      expect((await zk.get(path)).data).toHaveLength(1_048_000);
      expect(zk.session!.id.equals(id)).toBe(true);
    });

    it("modes, TTLs, deadlines, ACL text", async () => {
      await expect(zk.create("/x", { mode: "temporary" as never })).rejects.toThrow(
        /unknown create mode "temporary"/,
      );
      await expect(zk.create("/x", { ttlMs: 5 })).rejects.toThrow(/ttlMs belongs to the ttl modes/);
      await expect(zk.create("/x", { mode: "persistent-ttl" })).rejects.toThrow(/needs ttlMs/);
      await expect(zk.get("/", { deadlineMs: -1 })).rejects.toThrow(/deadlineMs is -1/);
      await expect(zk.create("/x", { mode: "persistent-ttl", ttlMs: 5 })).rejects.toMatchObject({
        code: "UNIMPLEMENTED",
      });
    });

    it("more calls than may wait", async () => {
      const small = await connect(server.address, { pendingCallsMax: 2 });
      const results = await Promise.allSettled([small.get("/"), small.get("/"), small.get("/")]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
      expect(results[2]).toMatchObject({
        reason: { message: expect.stringMatching(/pendingCallsMax is 2/) },
      });
      await small.close();
    });

    it("calls after close, and close twice", async () => {
      const closed = await connect(server.address);
      const last = closed.get("/");
      await Promise.all([closed.close(), closed.close()]);
      expect((await last).stat.numChildren).toBeGreaterThan(0);
      await expect(closed.get("/")).rejects.toMatchObject({ name: "ClosedError", outcome: "not-applied" });
      await expect(closed.when("connected")).rejects.toMatchObject({ name: "ClosedError" });
    });

    it("a callback that throws is the program's error and not the client's end", async () => {
      const others = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      const caught = new Promise((resolve) => process.once("uncaughtException", resolve));
      await zk.get("/", {
        watch: () => {
          throw new Error("the program's bug");
        },
      });
      await zk.set("/", "changed");
      expect(await caught).toMatchObject({ message: "the program's bug" });
      for (const listener of others) process.on("uncaughtException", listener);
      expect((await zk.get("/")).stat.numChildren).toBeGreaterThan(0);
    });

    it("a program ends by itself after close", async () => {
      const entry = fileURLToPath(new URL("../../src/client/index.ts", import.meta.url));
      const code = `
        import { connect } from ${JSON.stringify(entry)};
        const zk = await connect("${server.address}");
        await zk.watch("/", { mode: "persistent" });
        await zk.get("/", { watch() {} });
        await zk.close();
        console.log("closed");`;
      const { outputFiles } = await build({
        stdin: { contents: code, resolveDir: process.cwd(), loader: "ts" },
        bundle: true,
        platform: "node",
        format: "esm",
        write: false,
      });
      const child = spawn(process.execPath, ["--input-type=module", "-"], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      child.stdin.end(outputFiles[0]!.text);
      let said = "";
      child.stdout.on("data", (bytes) => {
        said += bytes;
      });
      const [exitCode] = await once(child, "close");
      expect([exitCode, said]).toEqual([0, "closed\n"]);
    });
  });
});
