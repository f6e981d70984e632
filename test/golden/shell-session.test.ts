import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runZkCli } from "../../src/cli/shell/run-zk-cli.ts";
import { type Client, connect } from "../../src/client/index.ts";
import { startFaultProxy, startTestServer } from "../../src/testing/index.ts";
import { ClientTestServer } from "../support/client-server.ts";
import { GrowingText } from "../support/growing-text.ts";

/** What the shell has beyond Apache's, and what it says when things go wrong, against our server. */
const directory = mkdtempSync(join(tmpdir(), "shell-session-"));
const server = new ClientTestServer({ minSessionTimeout: "200", extendedTypesEnabled: "true" });
let zk: Client;

beforeAll(async () => {
  await server.start();
  zk = await connect(server.address);
});

afterAll(async () => {
  await zk?.close();
  await server.dispose();
  rmSync(directory, { recursive: true, force: true });
});

interface Called {
  readonly out: string[];
  readonly err: string[];
  readonly exitCode: number;
}

/** Lines that say something about a command, not about the connection. */
function withoutBanner(lines: readonly string[]): string[] {
  const isBanner = /^(Connecting to |WATCHER::$|WatchedEvent state:\w+ type:None |$)/;
  return lines.filter((line) => !isBanner.test(line));
}

async function call(words: readonly string[], address = server.address): Promise<Called> {
  let [out, err] = ["", ""];
  const output = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const streams = { input: Readable.from([]), output, isTerminal: false };
  const exitCode = await runZkCli(["-server", address, ...words], {}, streams);
  return { out: withoutBanner(out.split("\n")), err: withoutBanner(err.split("\n")), exitCode };
}

async function json(words: readonly string[]): Promise<unknown> {
  const { out, err } = await call(["--json", ...words]);
  expect(err).toEqual([]);
  expect(out).toHaveLength(1);
  return JSON.parse(out[0]!);
}

async function text(path: string): Promise<string> {
  return new TextDecoder().decode((await zk.get(path)).data!);
}

async function plant(paths: Readonly<Record<string, string | null>>): Promise<void> {
  for (const [path, data] of Object.entries(paths)) await zk.create(path, { data });
}

beforeEach(async () => {
  for (const name of (await zk.children("/")).children)
    if (name !== "zookeeper") await zk.deleteAll(`/${name}`);
});

describe("--json", () => {
  it.each([
    [["ls", "/t"], { path: "/t", children: ["a", "b"] }],
    [["ls", "-R", "/t"], { path: "/t", paths: ["/t", "/t/a", "/t/b", "/t/a/c"] }],
    [["get", "/t/b"], { path: "/t/b", data: "two", stat: { version: 0, dataLength: 3 } }],
    [["get", "/t/a"], { data: null }],
    [["stat", "/t"], { stat: { numChildren: 2 } }],
    [["getAcl", "/t"], { acl: ["world:anyone:cdrwa"] }],
    [["create", "-s", "/t/s-"], { path: "/t/s-0000000002" }],
    [["set", "/t/b", "x"], { stat: { version: 1 } }],
    [["getAllChildrenNumber", "/t"], { count: 3 }],
    [["deleteall", "/t"], { deleted: 4, failed: 0 }],
    [["whoami"], { identities: [{ scheme: "ip", user: "127.0.0.1" }] }],
    [["sync", "/"], { ok: true }],
    [["setquota", "-n", "2", "/t"], { limits: { count: 2, bytes: -1 } }],
    [["rmr", "/t"], { deleted: 4 }],
    [["config"], { version: null, members: [] }],
  ])("%j", async (words, expected) => {
    await plant({ "/t": null, "/t/a": null, "/t/b": "two", "/t/a/c": "" });
    expect(await json(words)).toMatchObject(expected);
    if (words[0] === "setquota") await call(["delquota", "/t"]);
  });

  it.each([
    [["get", "/none"], { message: "Node does not exist: /none", code: "NONODE", exitCode: 1 }],
    [["get"], { exitCode: 1 }],
    [["bogus"], { exitCode: 127 }],
  ])("says errors of %j as JSON too", async (words, expected) => {
    const { out, err, exitCode } = await call([...words, "--json"]);
    expect(out).toEqual([]);
    expect(JSON.parse(err.join(""))).toMatchObject({ error: expected });
    expect(exitCode).toBe(expected.exitCode);
  });
});

describe("the spellings of 3.4", () => {
  const zxids = /^(.Zxid|.time) = /;
  const plain = (lines: readonly string[]): string[] => lines.filter((line) => !zxids.test(line));

  beforeEach(() => plant({ "/x": "data", "/x/y": null }));

  it("ls2 is ls -s", async () => {
    const { out, err } = await call(["ls2", "/x"]);
    expect(out).toEqual((await call(["ls", "-s", "/x"])).out);
    expect(err).toEqual(["'ls2' has been deprecated. Please use 'ls [-s] path' instead."]);
  });

  it("rmr is deleteall", async () => {
    const { err, exitCode } = await call(["rmr", "/x"]);
    expect(err).toEqual(["The command 'rmr' has been deprecated. Please use 'deleteall' instead."]);
    expect(exitCode).toBe(0);
    expect(await zk.exists("/x")).toBeNull();
  });

  it("get path watch, stat path true, ls path watch", async () => {
    const got = await call(["get", "/x", "watch"]);
    expect(got.out).toEqual(["data"]);
    expect(got.err).toEqual([
      "'get path [watch]' has been deprecated. Please use 'get [-s] [-w] path' instead.",
    ]);
    const found = await call(["stat", "/x", "true"]);
    expect(plain(found.out)).toContain("numChildren = 1");
    expect(found.err).toEqual([
      "'stat path [watch]' has been deprecated. Please use 'stat [-w] path' instead.",
    ]);
    expect((await call(["ls", "/x", "1"])).out).toEqual(["[y]"]);
  });

  it("set path data version, and delete path version, check the version", async () => {
    expect((await call(["set", "/x", "one", "0"])).exitCode).toBe(0);
    const late = await call(["set", "/x", "two", "0"]);
    expect(late.err.at(-1)).toBe("version No is not valid : /x");
    expect(await text("/x")).toBe("one");
    expect((await call(["set", "/x", "three", "words"])).exitCode).toBe(0);
    expect((await call(["delete", "/x/y", "7"])).err.at(-1)).toBe("version No is not valid : /x/y");
    expect((await call(["delete", "/x/y", "0"])).exitCode).toBe(0);
  });

  it("create -s -e path data acl", async () => {
    const { err } = await call(["create", "-s", "-e", "/x/p", "data", "world:anyone:r"]);
    expect(err).toEqual(["Created /x/p0000000001"]);
  });
});

describe("what 3.9 added (command-line, T10)", () => {
  it("get -b and -x, set -b", async () => {
    await plant({ "/x": "silent" });
    expect((await call(["get", "-b", "/x"])).out).toEqual(["c2lsZW50"]);
    expect((await call(["get", "-x", "-b", "/x"])).out[3]).toMatch(
      /^\|00000000\| 73 69 6c 65 6e 74 +\|silent +\|$/,
    );
    await call(["set", "-b", "/x", "aGVsbG8gd29ybGQ="]);
    expect(await text("/x")).toBe("hello world");
    const { err, exitCode } = await call(["set", "-b", "/x", "!!!"]);
    expect(err).toEqual(['the data of set -b must be base64 (letters, digits, + and /), not "!!!"']);
    expect(exitCode).toBe(1);
  });

  it("events carry the zxid where the server sends it", async () => {
    await plant({ "/x": "1" });
    const typist = new Typist([]);
    await typist.sees("SyncConnected");
    typist.type("get -w /x");
    await typist.sees("1\n");
    const { mzxid } = await zk.set("/x", "2");
    await typist.sees(`WatchedEvent state:SyncConnected type:NodeDataChanged path:/x zxid: ${mzxid}\n`);
    typist.end();
    await typist.exitCode;
  });
});

describe("looking at a subtree", () => {
  beforeEach(() => plant({ "/t": null, "/t/a": "12345", "/t/a/deep": "needle in hay", "/t/b": null }));

  it("tree", async () => {
    expect((await call(["tree", "/t"])).out).toEqual([
      "/t",
      "├── a",
      "│   └── deep",
      "└── b",
      "3 znodes below /t",
    ]);
    expect((await call(["tree", "-L", "1", "-s", "/t"])).out).toEqual([
      "/t (0 B, version 0)",
      "├── a (5 B, version 0)",
      "└── b (0 B, version 0)",
      "2 znodes below /t",
    ]);
  });

  it("find", async () => {
    expect((await call(["find", "/t", "-name", "d*"])).out).toEqual(["/t/a/deep"]);
    expect((await call(["find", "/t", "-data", "needle"])).out).toEqual(["/t/a/deep"]);
    expect((await call(["find", "/t", "-L", "1"])).out).toEqual(["/t", "/t/a", "/t/b"]);
    await zk.create("/t/eph", { mode: "ephemeral" });
    expect((await call(["find", "/t", "-e"])).out).toEqual(["/t/eph"]);
  });

  it("du", async () => {
    expect((await call(["du", "/t"])).out.map((line) => line.trim())).toEqual([
      "18 B        4  /t",
      "18 B        2  /t/a",
      "0 B        1  /t/b",
    ]);
  });
});

describe("export, import and diff", () => {
  const file = join(directory, "export.json");

  it("carry a subtree over, byte for byte", async () => {
    await plant({ "/t": null, "/t/a": "čšž", "/t/empty": "" });
    await zk.create("/t/bytes", { data: Uint8Array.of(0xff, 0) });
    await zk.create("/t/acl", { acl: [{ perms: 1, id: { scheme: "world", id: "anyone" } }] });
    await zk.create("/t/eph", { mode: "ephemeral" });
    expect((await call(["export", "/t", file])).out).toEqual([`Exported 5 znodes of /t to ${file}`]);
    expect(JSON.parse(readFileSync(file, "utf8")).znodes).toContainEqual({
      path: "/bytes",
      dataBase64: "/wA=",
      acl: ["world:anyone:cdrwa"],
    });
    const imported = await json(["import", file, "/new/place"]);
    expect(imported).toMatchObject({ created: 5, updated: 0, unchanged: 0, kept: 0 });
    expect([...(await zk.get("/new/place/bytes")).data!]).toEqual([0xff, 0]);
    expect((await zk.get("/new/place")).data).toBeNull();
    expect((await zk.getAcl("/new/place/acl")).acl[0]?.perms).toBe(1);
    expect(await call(["diff", "/new/place", file])).toEqual({
      out: ["No differences"],
      err: [],
      exitCode: 0,
    });
  });

  it("keeps what exists, unless it is told to overwrite it", async () => {
    await plant({ "/t": null, "/t/a": "old", "/t/b": "same" });
    await call(["export", "/t", file]);
    await zk.set("/t/a", "new");
    const keeps = "1 kept (kept: they exist with other data; -f overwrites them)";
    expect((await call(["import", file])).out[0]).toContain(keeps);
    expect((await call(["import", file, "-f", "-n"])).out[0]).toMatch(
      /^Would import to \/t: 0 created, 1 updated/,
    );
    expect(await text("/t/a")).toBe("new");
    expect(await json(["import", file, "-f"])).toMatchObject({ updated: 1, unchanged: 2 });
    expect(await text("/t/a")).toBe("old");
  });

  it("tells what is only here, only there, and other", async () => {
    await plant({ "/t": null, "/t/changed": "1", "/t/gone": "", "/t/acl": "" });
    await call(["export", "/t", file]);
    await zk.set("/t/changed", "2");
    await zk.delete("/t/gone");
    await zk.create("/t/added");
    await zk.setAcl("/t/acl", [{ perms: 3, id: { scheme: "world", id: "anyone" } }]);
    const { out, err, exitCode } = await call(["diff", "/t", file, "-d"]);
    expect(out).toEqual([
      "@ /t/acl",
      "  < world:anyone:rw",
      "  > world:anyone:cdrwa",
      "- /t/added",
      "~ /t/changed",
      "  < 2",
      "  > 1",
      "+ /t/gone",
    ]);
    expect(err).toEqual(["4 differences"]);
    expect(exitCode).toBe(1);
  });

  it("compares with another server", async () => {
    const other = await new ClientTestServer().start();
    try {
      await plant({ "/t": "x" });
      await call(["create", "/t", "y"], other.address);
      expect((await call(["diff", "/t", other.address])).out).toEqual(["~ /t"]);
    } finally {
      await other.dispose();
    }
  });

  it.each([
    [["import", "/no/such/file"], /^cannot read \/no\/such\/file: ENOENT/],
    [["export", "/", "/no/such/file"], /^cannot write \/no\/such\/file: ENOENT/],
    [["diff", "/", "nowhere"], /^"nowhere" is neither a file nor host:port/],
  ])("%j", async (words, text) => {
    const { err, exitCode } = await call(words);
    expect(err[0]).toMatch(text);
    expect(exitCode).toBe(1);
  });
});

/** A session of lines typed one after the other, each when the one before has been seen to work. */
class Typist {
  readonly #input = new PassThrough();
  readonly exitCode: Promise<number>;
  readonly #text = new GrowingText();

  constructor(words: readonly string[], address = server.address) {
    const output = { out: this.#text.add, err: this.#text.add };
    const streams = { input: this.#input, output, isTerminal: false };
    this.exitCode = runZkCli(["-server", address, ...words], {}, streams);
  }

  type(line: string): void {
    this.#input.write(`${line}\n`);
  }

  end(): void {
    this.#input.end();
  }

  sees(text: string): Promise<string> {
    return this.#text.sees(text);
  }
}

describe("watch", () => {
  it("prints changes as they happen, and ends after as many as were asked for", async () => {
    const typist = new Typist(["watch", "-d", "-n", "3", "/"]);
    await typist.sees("SyncConnected");
    // Changes are made until the first one is seen: then the watch is set.
    const change = (): Promise<unknown> => zk.create("/w-", { mode: "persistent-sequential", data: "v" });
    let isSeen = false;
    const seen = typist.sees("created          /w-").then(() => (isSeen = true));
    while (!isSeen) await Promise.race([seen, change()]);
    for (let at = 0; at < 2; at++) await change();
    await typist.sees(" v zxid 0x");
    expect(await typist.exitCode).toBe(0);
  });
});

describe("when the server goes", () => {
  it("says so, fails commands with the reason, and goes on when it is back", async () => {
    const typist = new Typist([]);
    await typist.sees("state:SyncConnected");
    typist.type("create -e /mine x");
    await typist.sees("Created /mine");
    await server.stop();
    await typist.sees("WatchedEvent state:Disconnected type:None path:null");
    typist.type("whoami");
    await typist.sees("Auth scheme: User\n");
    typist.type("ls /");
    await typist.sees("KeeperErrorCode = ConnectionLoss for /\n");
    await typist.sees("refuses connections");
    await server.start();
    await typist.sees("WatchedEvent state:SyncConnected type:None path:null");
    typist.type("getEphemerals");
    await typist.sees("[/mine]");
    typist.end();
    expect(await typist.exitCode).toBe(0);
  });

  it("does nothing behind the user's back: a command that failed for want of a server is not carried out later", async () => {
    const typist = new Typist([]);
    await typist.sees("state:SyncConnected");
    await server.stop();
    await typist.sees("Disconnected");
    typist.type("create /late x");
    await typist.sees("KeeperErrorCode = ConnectionLoss for /late");
    await server.start();
    await typist.sees("SyncConnected");
    typist.type("stat /late");
    await typist.sees("Node does not exist: /late");
    typist.type("quit");
    await typist.sees("state:Closed");
    expect(await typist.exitCode).toBe(1);
  });

  it("tells of an expired session, after which only connect helps", async () => {
    await using zk = await startTestServer();
    await using proxy = await startFaultProxy({ target: zk.connectString });
    const observer = await zk.connect();
    const typist = new Typist([], proxy.connectString);
    await typist.sees("state:SyncConnected");
    typist.type("create -e /mine x");
    await typist.sees("Created /mine");
    const { ephemeralOwner } = (await observer.exists("/mine"))!;
    proxy.refuse();
    proxy.cut();
    await typist.sees("WatchedEvent state:Disconnected type:None path:null");
    await zk.expireSession(ephemeralOwner);
    proxy.heal();
    await typist.sees("WatchedEvent state:Expired type:None path:null");
    typist.type("ls /");
    await typist.sees("Not connected");
    typist.type("connect");
    await typist.sees("WatchedEvent state:SyncConnected type:None path:null");
    typist.type("ls /mine");
    await typist.sees("Node does not exist: /mine");
    typist.end();
    expect(await typist.exitCode).toBe(1);
  });
});

describe("bad input", () => {
  it.each([
    ["no host", ":2181", /is not host:port|names no server/],
    ["a port out of range", "localhost:99999", /the port of "localhost:99999" must be 1 … 65535/],
    [
      "a chroot that is no path",
      "localhost:1/a//b",
      /the chroot "\/a\/\/b" of the connect string is not a path/,
    ],
    ["a refused port", "127.0.0.1:1", /^KeeperErrorCode = ConnectionLoss for \/\n.*refuses connections/],
  ])("%s", async (_what, address, text) => {
    const { err, exitCode } = await call(["-timeout", "2000", "ls", "/"], address);
    expect(err.join("\n")).toMatch(text);
    expect(err.join("\n")).not.toContain("    at ");
    expect(exitCode).toBe(1);
  });

  it("data over the limit", async () => {
    const { err, exitCode } = await call(["create", "/big", "x".repeat(1_100_000)]);
    expect(err.join()).toMatch(/1100\d{3} bytes is over the limit of 1048575 bytes/);
    expect(exitCode).toBe(1);
  });

  it("a client configuration that cannot be used", async () => {
    const file = join(directory, "client.cfg");
    writeFileSync(file, "zookeeper.client.secure=true\nzookeeper.ssl.trustStore.location=/no/such.pem\n");
    const { err, exitCode } = await call(["-client-configuration", file, "ls", "/"]);
    expect(err).toEqual([
      'zookeeper.ssl.trustStore.location is "/no/such.pem": it must be a file that can be read (ENOENT)',
    ]);
    expect(exitCode).toBe(2);
  });

  it("a connect string that is none leaves the session as it is", async () => {
    const typist = new Typist([]);
    await typist.sees("state:SyncConnected");
    typist.type("connect localhost:99999");
    await typist.sees("must be 1 … 65535");
    typist.type("ls /");
    await typist.sees("zookeeper]");
    typist.end();
    expect(await typist.exitCode).toBe(0);
  });
});
