import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { clientSettings } from "../../../../src/cli/shell/client-settings.ts";
import { globPattern } from "../../../../src/cli/shell/commands/find.ts";
import { complete } from "../../../../src/cli/shell/completion.ts";
import { History } from "../../../../src/cli/shell/history.ts";
import { HistoryFile } from "../../../../src/cli/shell/history-file.ts";
import { readArguments, takeJson } from "../../../../src/cli/shell/program-arguments.ts";
import { levelOrder, type Met, walk } from "../../../../src/cli/shell/walk.ts";
import { WatchLedger } from "../../../../src/cli/shell/watch-ledger.ts";
import { parseExport } from "../../../../src/cli/shell/znode-export.ts";
import { KeeperError } from "../../../../src/client/errors.ts";
import type { Stat } from "../../../../src/protocol/records/data.ts";
import { ZXID_ZERO } from "../../../../src/protocol/zxid.ts";

const directory = mkdtempSync(join(tmpdir(), "shell-unit-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the words of the call", () => {
  it("reads options up to the command, and ignores others", () => {
    const args = readArguments(["-r", "-unknown", "-server", "h:1/c", "-timeout", "5", "ls", "-s", "/"]);
    expect(args).toMatchObject({ server: "h:1/c", timeoutText: "5", allowsReadOnly: true, isJson: false });
    expect(args.command).toEqual(["ls", "-s", "/"]);
  });

  it("goes on with the defaults when an option has no value", () => {
    const args = readArguments(["-server"]);
    expect(args).toMatchObject({ server: "localhost:2181", command: [] });
    expect(args.problem).toBe("Error: no argument found for option -server");
  });

  it("finds --json everywhere but behind --", () => {
    expect(readArguments(["--json", "ls", "/"])).toMatchObject({ isJson: true, command: ["ls", "/"] });
    expect(takeJson(["ls", "/", "--json"])).toEqual({ words: ["ls", "/"], isJson: true });
    expect(takeJson(["set", "--", "/a", "--json"])).toEqual({
      words: ["set", "--", "/a", "--json"],
      isJson: false,
    });
  });

  it.each(["abc", "0", "-5", "99999999999"])("refuses -timeout %s", async (text) => {
    const args = readArguments(["-timeout", text, "ls", "/"]);
    await expect(clientSettings(args, {})).rejects.toThrow("-timeout must be a number of milliseconds");
  });

  it("takes properties from CLIENT_JVMFLAGS", async () => {
    const flags = { CLIENT_JVMFLAGS: "-Xmx1g -Djute.maxbuffer=4194304 -Dzookeeper.request.timeout=500" };
    const { options } = await clientSettings(readArguments([]), flags);
    expect(options).toMatchObject({ requestBytesMax: 4194304, requestDeadlineMs: 500 });
    const wrong = clientSettings(readArguments([]), { JVMFLAGS: "-Djute.maxbuffer=much" });
    await expect(wrong).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("jute.maxbuffer"),
    });
  });
});

describe("history and redo", () => {
  const typed = (lines: readonly string[]): History => {
    const history = new History();
    for (const line of lines) {
      history.begin(line);
      history.end();
    }
    return history;
  };

  it("shows the last eleven numbers, this one included", () => {
    const history = typed(Array.from({ length: 20 }, (_, at) => `line ${at}`));
    history.begin("history");
    const numbers = history.recent().map(({ number }) => number);
    expect(numbers).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(history.recent().at(-1)).toEqual({ number: 20, text: "history" });
    expect(new History().recent()).toEqual([{ number: 0, text: undefined }]);
  });

  it.each([
    ["1", "b"],
    ["0x1", "b"],
    ["01", "b"],
    ["+0", "a"],
  ])("redo %s", (text, line) => {
    const history = typed(["a", "b", "redo 0"]);
    history.begin(`redo ${text}`);
    expect(history.redo(text)).toBe(line);
    expect(history.recent().at(-1)?.text).toBe(line);
  });

  it.each([
    ["9", "Command index out of range"],
    ["-1", "Command index out of range"],
    ["2", "No redoing redos"],
    ["x", 'redo needs the number of a command, not "x"'],
  ])("redo %s is refused", (text, message) => {
    expect(() => typed(["a", "b", "redo 0"]).redo(text)).toThrow(message);
  });
});

describe("the history file", () => {
  const file = join(directory, "history");

  it("keeps lines for the next session, and no secrets", () => {
    const history = new HistoryFile({ ZKCLI_HISTORY: file });
    for (const line of ["ls /", "addauth digest me:secret", "  addauth digest me:secret", " ", "get /a"])
      history.add(line);
    expect(new HistoryFile({ ZKCLI_HISTORY: file }).lines).toEqual(["ls /", "get /a"]);
    expect(readFileSync(file, "utf8")).not.toContain("secret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is none when the variable is empty, and no trouble when it cannot be written", () => {
    for (const name of ["", "/no/such/directory/history"]) {
      const history = new HistoryFile({ ZKCLI_HISTORY: name });
      history.add("ls /");
      expect(history.lines).toEqual([]);
    }
  });
});

/** Children by path; what is not there is no znode, and `null` may not be read. */
function tree(children: Readonly<Record<string, readonly string[] | null>>): Parameters<typeof walk>[0] {
  return {
    children: async (path) => {
      const names = children[path];
      const code = names === undefined ? "NONODE" : "NOAUTH";
      if (names === undefined || names === null)
        throw new KeeperError({ code, codeNumber: -1, path, op: "getChildren2", zxid: ZXID_ZERO });
      return { children: [...names], stat: {} as Stat };
    },
  };
}

describe("walking a subtree", () => {
  const client = tree({ "/": ["b", "a", "gone"], "/a": ["x"], "/b": [], "/a/x": ["deep"], "/a/x/deep": [] });

  it("lists by levels, as ls -R, without what goes meanwhile", async () => {
    const met = await walk(client, "/");
    expect(levelOrder(met, "/")).toEqual(["/", "/a", "/b", "/a/x", "/a/x/deep"]);
    expect((met.get("/a/x") as Met).depth).toBe(2);
  });

  it("stops at a depth", async () => {
    expect([...(await walk(client, "/", { depthMax: 1 })).keys()].sort()).toEqual(["/", "/a", "/b"]);
  });

  it("ends with the error of the root, and of a znode that may not be read unless told otherwise", async () => {
    await expect(walk(client, "/none")).rejects.toMatchObject({ code: "NONODE" });
    const locked = tree({ "/": ["l"], "/l": null });
    await expect(walk(locked, "/")).rejects.toMatchObject({ code: "NOAUTH" });
    const denied: string[] = [];
    await walk(locked, "/", { onDenied: (path) => denied.push(path) });
    expect(denied).toEqual(["/l"]);
  });

  it("ends when it is aborted", async () => {
    await expect(walk(client, "/", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});

describe("tab", () => {
  const client = tree({ "/": ["app", "apple", "b"], "/app": ["one"] });
  const names = ["get", "getAcl", "ls"];

  it.each([
    ["ge", [["get", "getAcl"], "ge"]],
    ["ls /ap", [["/app", "/apple"], "/ap"]],
    ["ls /app/", [["/app/one"], "/app/"]],
    ["ls '/ap", [["/app", "/apple"], "/ap"]],
    ["ls /none/x", [[], "/none/x"]],
    ["ls x", [[], "x"]],
    ["", [names, ""]],
  ])("%j", async (line, expected) => {
    expect(await complete(line, names, client)).toEqual(expected);
  });

  it("offers no paths without a connection", async () => {
    expect(await complete("ls /", names, undefined)).toEqual([[], "/"]);
  });
});

describe("which watches are set", () => {
  it("uses up one-shot watches, not persistent ones", () => {
    const ledger = new WatchLedger();
    for (const kind of ["data", "children", "persistent", "persistent-recursive"] as const)
      ledger.set(kind, "/a");
    ledger.fired("childrenChanged", "/a");
    ledger.fired("dataChanged", "/b");
    expect([ledger.has("children", "/a"), ledger.has("data", "/a")]).toEqual([false, true]);
    expect(ledger.remove("any", "/a")).toEqual(["DataWatchRemoved", "PersistentWatchRemoved"]);
    expect(ledger.has("any", "/a")).toBe(false);
  });
});

describe("find -name", () => {
  it("knows * and ?, and nothing else", () => {
    expect(globPattern("a*.b?").test("axx.bc")).toBe(true);
    expect(globPattern("a.b").test("axb")).toBe(false);
    expect(globPattern("[a]").test("a")).toBe(false);
  });
});

describe("an export that is none", () => {
  const good = { format: "menagerie-znodes/1", root: "/a", znodes: [{ path: "", data: null }] };

  it("is read", () => {
    expect(parseExport(JSON.stringify(good), "f").znodes).toHaveLength(1);
  });

  it.each([
    ["{", /^f is not JSON/],
    ["[]", /^f is not an export/],
    [JSON.stringify({ ...good, format: "x" }), /^f is not an export/],
    [JSON.stringify({ ...good, znodes: [{ path: 1, data: "" }] }), /^f, znode 0: path/],
    [JSON.stringify({ ...good, znodes: [{ path: "/a/../b", data: "" }] }), /relative paths/],
    [JSON.stringify({ ...good, znodes: [null] }), /^f, znode 0: path/],
    [JSON.stringify({ ...good, znodes: [{ path: "/a", data: 5 }] }), /data must be a string or null/],
    [JSON.stringify({ ...good, znodes: [{ path: "/a", data: "", acl: ["x"] }] }), /acl must be a list/],
  ])("%s", (text, message) => {
    expect(() => parseExport(text, "f")).toThrow(message);
  });
});
