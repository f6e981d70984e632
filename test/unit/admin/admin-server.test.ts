import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminAppOptions, createAdminApp } from "../../../src/admin/http/admin-app.ts";
import { ADMIN_COMMANDS } from "../../../src/admin/http/command-table.ts";
import { ADMIN_LIMITS_DEFAULT } from "../../../src/admin/http/limits.ts";
import { AdminServerError, startAdminServer } from "../../../src/admin/http/start-admin-server.ts";
import { FakeAdminView, FakeLog, nextTurn } from "./fake-admin-view.ts";

let view: FakeAdminView;
let log: FakeLog;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  view = new FakeAdminView();
  log = new FakeLog();
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function optionsWith(changes: Partial<AdminAppOptions> = {}): AdminAppOptions {
  return {
    view,
    log,
    commandUrl: "/commands",
    idleTimeoutMs: 30_000,
    trustsForwardedFor: false,
    nextTurn,
    ...changes,
  };
}

async function makeApp(changes: Partial<AdminAppOptions> = {}) {
  const app = await createAdminApp(optionsWith(changes));
  closers.push(() => app.close());
  return app;
}

async function start(changes: Partial<AdminAppOptions> = {}) {
  const server = await startAdminServer({ ...optionsWith(changes), address: "127.0.0.1", port: 0 });
  closers.push(() => server.close());
  return server;
}

/** Everything the server sends until it closes the connection. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("utf8");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  if (bytes !== "") socket.write(bytes);
  await closed(socket);
  return text;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

describe("paths and methods", () => {
  it.each(["/commands", "/commands/"])("%s lists the commands in alphabetical order", async (url) => {
    const app = await makeApp();
    for (const method of ["GET", "POST"] as const) {
      const response = await app.inject({ method, url });
      expect(response.statusCode).toBe(200);
      expect(response.headers["content-type"]).toBe("text/html;charset=utf-8");
      const names = Object.keys(ADMIN_COMMANDS).sort();
      expect(response.body).toBe(names.map((n) => `<a href="/commands/${n}">${n}</a>\n<br/>\n`).join(""));
    }
  });

  it.each(["CONS", "snapshot", "connections/x", "constructor", "__proto__", "%3Cb%3E"])(
    "%s is an unknown command",
    async (name) => {
      const app = await makeApp();
      const response = await app.inject({ method: "GET", url: `/commands/${name}` });
      expect(response.statusCode).toBe(200);
      const decoded = decodeURIComponent(name);
      expect(response.body).toBe(
        `{\n  "command" : "${decoded}",\n  "error" : "Unknown command: ${decoded}"\n}`,
      );
      expect(response.headers["content-type"]).toBe("application/json");
    },
  );

  it.each(["/", "/favicon.ico", "/commandsx", "/metrics"])("%s is not found", async (url) => {
    const app = await makeApp();
    const response = await app.inject({ method: "GET", url });
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({ error: `Not found: ${url}; the commands are below /commands` });
  });

  it("the command URL can be another one, and even the root", async () => {
    const other = await makeApp({ commandUrl: "/zk/admin" });
    expect((await other.inject("/zk/admin/ruok")).json()).toEqual({ command: "ruok", error: null });
    expect((await other.inject("/zk/admin")).body).toContain('<a href="/zk/admin/ruok">ruok</a>');
    expect((await other.inject("/commands/ruok")).statusCode).toBe(404);
    const root = await makeApp({ commandUrl: "/" });
    expect((await root.inject("/ruok")).json()).toEqual({ command: "ruok", error: null });
    expect((await root.inject("/")).body).toContain('<a href="/ruok">ruok</a>');
  });

  it("POST to a GET command and GET to a POST command are answered with 405 and the right method", async () => {
    const app = await makeApp();
    const post = await app.inject({ method: "POST", url: "/commands/cons" });
    expect([post.statusCode, post.headers.allow]).toEqual([405, "GET"]);
    expect(post.json()).toEqual({ command: "cons", error: "Command cons takes GET only" });
    const get = await app.inject({ method: "GET", url: "/commands/shed" });
    expect([get.statusCode, get.headers.allow]).toEqual([405, "POST"]);
    expect(get.json()).toEqual({ command: "shed", error: "Command shed takes POST only" });
    expect(view.calls).toEqual([]);
  });

  it.each([
    ["PUT", 405],
    ["DELETE", 405],
    ["PATCH", 405],
    ["TRACE", 403],
    ["OPTIONS", 200],
  ] as const)("%s is answered with %i", async (method, status) => {
    const { port } = await start();
    const answer = await exchange(
      port,
      `${method} /commands/stat_reset HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status !== 403) expect(answer).toMatch(/^allow: GET, HEAD, POST, OPTIONS\r$/im);
    expect(view.calls).toEqual([]);
  });

  it("HEAD tells the length and sends no body", async () => {
    const app = await makeApp();
    const response = await app.inject({ method: "HEAD", url: "/commands/ruok" });
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-length"]).toBe("42");
    expect(response.body).toBe("");
  });

  it("a bad percent-encoding is answered with 400", async () => {
    const app = await makeApp();
    const response = await app.inject({ method: "GET", url: "/commands/%zz" });
    expect(response.statusCode).toBe(400);
    expect(response.headers["content-type"]).toBe("application/json");
  });

  it("takes the caller's address from X-Forwarded-For only if told to", async () => {
    const headers = { authorization: "ip", "x-forwarded-for": "10.1.2.3, 10.9.9.9" };
    for (const trustsForwardedFor of [false, true]) {
      const app = await makeApp({ trustsForwardedFor });
      await app.inject({ method: "POST", url: "/commands/shed", headers });
      expect(view.caller?.remoteHost).toBe(trustsForwardedFor ? "10.1.2.3" : "127.0.0.1");
    }
  });
});

describe("failures inside", () => {
  it("are answered with 500 without details, and logged", async () => {
    view.directorySizes = () => Promise.reject(new Error("EIO: secret path"));
    const app = await makeApp();
    const response = await app.inject("/commands/dirs");
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({ error: "The command failed; see the server's log" });
    expect(log.lines).toEqual(["error admin command failed"]);
  });
});

describe("limits", () => {
  const limits = {
    ...ADMIN_LIMITS_DEFAULT,
    headerTimeoutMs: 40,
    requestTimeoutMs: 80,
    slowCheckIntervalMs: 10,
  };

  it("headers that do not end are answered with 408 and the connection is closed", async () => {
    const { port } = await start({ limits });
    expect(await exchange(port, "GET /commands/ruok HTTP/1.1\r\nHost: x\r\nX-Slow: ")).toMatch(
      /^HTTP\/1\.1 408 /,
    );
  });

  it("a body that does not end is answered with 408 and the connection is closed", async () => {
    const { port } = await start({ limits });
    const head =
      "POST /commands/shed HTTP/1.1\r\nHost: x\r\nAuthorization: ip\r\nContent-Length: 20\r\n\r\n{";
    expect(await exchange(port, head)).toMatch(/^HTTP\/1\.1 408 /);
    expect(view.calls).toEqual([]);
  });

  it("a connection that says nothing is closed after the idle timeout", async () => {
    const { port } = await start({ idleTimeoutMs: 30 });
    expect(await exchange(port, "")).toBe("");
  });

  it("a query longer than the header limit is answered with 431", async () => {
    const { port } = await start();
    const query = "x".repeat(ADMIN_LIMITS_DEFAULT.headerBytesMax);
    const answer = await exchange(port, `GET /commands/stmk?traceMask=${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("a body longer than the body limit is answered with 413", async () => {
    const app = await makeApp();
    const payload = `{"percentage":1${" ".repeat(ADMIN_LIMITS_DEFAULT.bodyBytesMax)}}`;
    const response = await app.inject({ method: "POST", url: "/commands/shed", payload });
    expect(response.statusCode).toBe(413);
    expect(response.headers["content-type"]).toBe("application/json");
  });

  it("connections above the limit are closed when they arrive", async () => {
    const { port } = await start({ limits: { ...ADMIN_LIMITS_DEFAULT, connectionsMax: 1 } });
    const first = connect(port, "127.0.0.1");
    await new Promise<void>((resolve) => first.once("connect", () => resolve()));
    first.write("GET /commands/ruok HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise<void>((resolve) => first.once("data", () => resolve()));
    expect(await exchange(port, "GET /commands/ruok HTTP/1.1\r\nHost: x\r\n\r\n")).toBe("");
    first.destroy();
  });

  it("bytes that are not HTTP are answered with 400", async () => {
    const { port } = await start();
    expect(await exchange(port, "\u0000\u0001\u0002 nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("long answers", () => {
  it("are streamed over many turns, whole, while others are served in between", async () => {
    const count = 20_000;
    view.watchesByPath = () =>
      Array.from({ length: count }, (_, i) => ({ path: `/app/node-${i}`, sessionIds: [] }));
    let turns = 0;
    let release = () => {};
    const shortIsAnswered = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port } = await start({
      nextTurn: () => {
        turns++;
        return shortIsAnswered;
      },
    });
    const long = fetch(`http://127.0.0.1:${port}/commands/wchp`);
    const short = await fetch(`http://127.0.0.1:${port}/commands/ruok`);
    expect(await short.json()).toEqual({ command: "ruok", error: null });
    release();
    const parsed = JSON.parse(await (await long).text());
    expect(Object.keys(parsed.path_to_session_ids)).toHaveLength(count);
    expect(parsed.error).toBe(null);
    expect(turns).toBeGreaterThan(30);
  });

  it("are not made any further once the client is gone", async () => {
    let made = 0;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    view.watchesBySession = function* () {
      try {
        for (;;) {
          made++;
          yield { sessionId: view.traceMask(), paths: ["/a"] };
        }
      } finally {
        end();
      }
    };
    const { port } = await start();
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => socket.destroy());
    socket.write("GET /commands/watches HTTP/1.1\r\nHost: x\r\n\r\n");
    await ended;
    expect(made).toBeGreaterThan(1);
  });
});

describe("starting and stopping", () => {
  it("says where it listens", async () => {
    const { port } = await start();
    expect(log.lines).toEqual([
      `info Started AdminServer on address 127.0.0.1, port ${port} and command URL /commands`,
    ]);
  });

  it("rejects when the port is in use, and says what to do", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    closers.push(() => new Promise((resolve) => blocker.close(resolve)));
    const { port } = blocker.address() as { port: number };
    const error = await startAdminServer({ ...optionsWith(), address: "127.0.0.1", port }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(AdminServerError);
    expect((error as AdminServerError).code).toBe("EADDRINUSE");
    expect((error as AdminServerError).message).toBe(
      `Problem starting AdminServer on address 127.0.0.1, port ${port} and command URL /commands: ` +
        "the port is in use; choose another admin.serverPort or set admin.enableServer=false",
    );
  });

  it("closes idle connections when it stops", async () => {
    const server = await startAdminServer({ ...optionsWith(), address: "127.0.0.1", port: 0 });
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET /commands/ruok HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise<void>((resolve) => socket.once("data", () => resolve()));
    const isClosed = closed(socket);
    await server.close();
    await isClosed;
  });
});
