import { describe, expect, it } from "vitest";
import { aclLines, readAcl } from "../../../../src/cli/shell/acl-text.ts";
import { clientLine } from "../../../../src/cli/shell/commands/config.ts";
import { dataFromJson, dataJson, dataText } from "../../../../src/cli/shell/data-text.ts";
import { commandError, errorText } from "../../../../src/cli/shell/error-text.ts";
import { eventLine, stateEvent, watchEvent } from "../../../../src/cli/shell/event-text.ts";
import { hexDump } from "../../../../src/cli/shell/hex-dump.ts";
import { nearest } from "../../../../src/cli/shell/nearest.ts";
import { painter } from "../../../../src/cli/shell/painter.ts";
import { checkPath } from "../../../../src/cli/shell/path-check.ts";
import { COMMAND_NAMES } from "../../../../src/cli/shell/shell.ts";
import { statJson, statLines } from "../../../../src/cli/shell/stat-text.ts";
import { suggestion } from "../../../../src/cli/shell/usage.ts";
import { ConnectionError, DeadlineError, KeeperError, MisuseError } from "../../../../src/client/errors.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { makeZxid, ZXID_ZERO, type Zxid } from "../../../../src/protocol/zxid.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("paths, in the words of Apache's client", () => {
  it.each([
    ["", "Path length must be > 0"],
    ["a", "Path must start with / character"],
    ["/a/", "Path must not end with / character"],
    ["//a", 'Invalid path string "//a" caused by empty node name specified @1'],
    ["/a//b", 'Invalid path string "/a//b" caused by empty node name specified @3'],
    ["/a/./b", 'Invalid path string "/a/./b" caused by relative paths not allowed @3'],
    ["/a/..", 'Invalid path string "/a/.." caused by relative paths not allowed @4'],
    ["/a\0b", 'Invalid path string "/a\0b" caused by null character not allowed @2'],
    ["/a\u0001", 'Invalid path string "/a\u0001" caused by invalid character @2'],
    ["/a\ud800", 'Invalid path string "/a\ud800" caused by invalid character @2'],
  ])("refuses %j", (path, text) => {
    expect(() => checkPath(path)).toThrow(new RegExp(`^${text.replace(/[.\\/*+?^${}()|[\]]/g, "\\$&")}$`));
  });

  it.each(["/", "/a", "/a/b.c", "/.a", "/a./b", "/...", "/čšž"])("takes %s", (path) => {
    expect(checkPath(path)).toBe(path);
  });

  it("lets a sequential znode end in a slash", () => {
    expect(checkPath("/a/", "sequential")).toBe("/a/");
  });
});

describe("ACLs", () => {
  it("reads entries, complains about others", () => {
    const complaints: string[] = [];
    const acl = readAcl("digest:bob:hash=:cdrwa,foo,world:anyone:rz,ip:::1:w,", (line) =>
      complaints.push(line),
    );
    expect(acl).toEqual([
      { perms: 31, id: { scheme: "digest", id: "bob:hash=" } },
      { perms: 1, id: { scheme: "world", id: "anyone" } },
      { perms: 2, id: { scheme: "ip", id: "::1" } },
    ]);
    expect(complaints).toEqual(["foo does not have the form scheme:id:perm", "Unknown perm type: z"]);
    expect(aclLines(acl).slice(0, 4)).toEqual(["'digest,'bob:hash=", ": cdrwa", "'world,'anyone", ": r"]);
  });
});

describe("stat", () => {
  const stat = {
    czxid: makeZxid(1, 2),
    mzxid: 26 as Zxid,
    ctime: 0,
    mtime: 0,
    version: 2,
    cversion: -1,
    aversion: 0,
    ephemeralOwner: Int64.fromHex("f000000000000001"),
    dataLength: 9,
    numChildren: 0,
    pzxid: ZXID_ZERO,
  };

  it("is eleven lines", () => {
    const lines = statLines(stat);
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe("cZxid = 0x100000002");
    expect(lines[1]).toMatch(/^ctime = \w{3} \w{3} \d\d \d\d:\d\d:\d\d \S+ (1970|1969)$/);
    expect(lines.slice(4)).toEqual([
      "pZxid = 0x0",
      "cversion = -1",
      "dataVersion = 2",
      "aclVersion = 0",
      "ephemeralOwner = 0xf000000000000001",
      "dataLength = 9",
      "numChildren = 0",
    ]);
  });

  it("is JSON without numbers that JSON cannot hold", () => {
    expect(statJson(stat)).toMatchObject({
      czxid: "0x100000002",
      ctime: "1970-01-01T00:00:00.000Z",
      ephemeralOwner: "0xf000000000000001",
      version: 2,
    });
  });
});

describe("events", () => {
  it("print the zxid only where the server sends one", () => {
    const event = { type: "dataChanged", path: "/a/b" } as const;
    const line = "WatchedEvent state:SyncConnected type:NodeDataChanged path:/a/b";
    expect(eventLine(watchEvent("connected", { ...event, zxid: undefined }))).toBe(line);
    expect(eventLine(watchEvent("connected", { ...event, zxid: 25 as Zxid }))).toBe(`${line} zxid: 25`);
  });

  it.each([
    ["connected", "SyncConnected"],
    ["connectedReadOnly", "ConnectedReadOnly"],
    ["suspended", "Disconnected"],
    ["expired", "Expired"],
    ["authFailed", "AuthFailed"],
    ["closed", "Closed"],
  ] as const)("%s is %s", (state, name) => {
    expect(eventLine(stateEvent(state)!)).toBe(`WatchedEvent state:${name} type:None path:null`);
  });

  it("say nothing of a search for a server", () => {
    expect(stateEvent("connecting")).toBeUndefined();
  });
});

describe("errors of the client", () => {
  const keeper = (code: "NONODE" | "NOWATCHER" | "MARSHALLINGERROR", path?: string): KeeperError =>
    new KeeperError({ code, codeNumber: -1, path, op: "x", zxid: ZXID_ZERO });

  it.each([
    [keeper("NONODE", "/a"), undefined, "Node does not exist: /a"],
    [keeper("NOWATCHER", "/a"), undefined, "KeeperErrorCode = No such watcher for /a"],
    [keeper("MARSHALLINGERROR"), "", "KeeperErrorCode = MarshallingError"],
    [new ConnectionError("lost", "x"), "/a", "KeeperErrorCode = ConnectionLoss for /a"],
    [new DeadlineError("x", "unknown"), undefined, "KeeperErrorCode = ConnectionLoss"],
    [new MisuseError("over the limit"), undefined, "over the limit"],
  ])("%s", (error, path, text) => {
    expect(commandError(error, path)).toMatchObject({ message: text, exitCode: 1 });
  });

  it("are not what a bug throws", () => {
    expect(commandError(new TypeError("x"))).toBeUndefined();
  });

  it("have Apache's names", () => {
    expect(errorText("RECONFIGDISABLED", "")).toBe("KeeperErrorCode = Reconfig is disabled");
    expect(errorText("UNKNOWNSESSION", "/a")).toBe("KeeperErrorCode = Unknown error -12 for /a");
    expect(errorText("CODE-42", null)).toBe("KeeperErrorCode = Unknown error -42");
    expect(errorText("QUOTAEXCEEDED", "/z")).toBe("Quota has exceeded : /z");
  });
});

describe("data", () => {
  it("keeps what is not UTF-8", () => {
    const odd = Uint8Array.of(0xff, 0x00);
    expect(dataJson(odd)).toEqual({ dataBase64: "/wA=" });
    for (const data of [odd, null, bytes(""), bytes("čšž"), bytes("\ufeffx")])
      expect(dataFromJson(JSON.parse(JSON.stringify(dataJson(data))))).toEqual(data);
    expect([dataText(null), dataText(bytes(""))]).toEqual(["null", ""]);
  });

  it("is dumped as Netty dumps it", () => {
    expect(hexDump(bytes("silent")).split("\n")).toEqual([
      "         +-------------------------------------------------+",
      "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |",
      "+--------+-------------------------------------------------+----------------+",
      "|00000000| 73 69 6c 65 6e 74                               |silent          |",
      "+--------+-------------------------------------------------+----------------+",
    ]);
    expect(hexDump(bytes("a\nžxxxxxxxxxxxxxy")).split("\n").slice(3, 5)).toEqual([
      "|00000000| 61 0a c5 be 78 78 78 78 78 78 78 78 78 78 78 78 |a...xxxxxxxxxxxx|",
      "|00000010| 78 79                                           |xy              |",
    ]);
    expect(hexDump(new Uint8Array(0))).toBe("");
  });
});

describe("the nearest command", () => {
  it.each([
    ["LS", "ls"],
    ["sl", "ls"],
    ["creat", "create"],
    ["getacl", "getAcl"],
    ["delteall", "deleteall"],
    ["rm", "rmr"],
  ])("%s → %s", (typed, meant) => {
    expect(suggestion(typed)).toBe(meant);
  });

  it("is none when nothing is near", () => {
    expect(nearest("bogus", COMMAND_NAMES)).toBeUndefined();
  });
});

describe("colours", () => {
  it.each([
    [true, {}, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, {}, false],
    [false, { FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("terminal %s, %j: %s", (isTerminal, variables, isColored) => {
    const paint = painter(isTerminal, variables);
    expect(paint.isColored).toBe(isColored);
    expect(paint.red("x") === "x").toBe(!isColored);
  });
});

describe("config -c", () => {
  it("is version and client addresses", () => {
    const text = "server.1=h1:1:2:participant;127.0.0.1:2181\nserver.2=h2:1:2\nversion=10000000a";
    expect(clientLine(text)).toBe("10000000a 127.0.0.1:2181");
    expect(clientLine("")).toBe(" ");
  });
});
