import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { locateClientPort } from "../../../src/cli/client-port.ts";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "menagerie-client-port-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function locate(lines: string, files: Readonly<Record<string, string>> = {}) {
  rmSync(join(directory, "myid"), { force: true });
  for (const [name, text] of Object.entries({ "zoo.cfg": `dataDir=${directory}\n${lines}`, ...files })) {
    writeFileSync(join(directory, name), text);
  }
  return locateClientPort(join(directory, "zoo.cfg"));
}

const LOOKING_IN_DYNAMIC = "Client port not found in static config file. Looking in dynamic config file.";
const LOOKING_FOR_SECURE = "Client port not found. Looking for secureClientPort in the static config.";
const NONE = "Unable to find either secure or unsecure client port in any configs. Terminating.";
const MYID = { myid: "2\n" };

test("clientPort, on localhost unless there is an address", () => {
  expect(locate("clientPort=2181\n")).toEqual({
    lines: [],
    found: { host: "localhost", port: "2181", isSecure: false },
  });
  expect(locate("clientPort: 2181\nclientPortAddress 10.0.0.1\n").found).toEqual({
    host: "10.0.0.1",
    port: "2181",
    isSecure: false,
  });
});

test.each([
  ["2182", "localhost", "2182"],
  ["10.0.0.2:2182", "10.0.0.2", "2182"],
  ["[::1]:2182", "::1", "2182"],
  ["0.0.0.0:2182", "localhost", "2182"],
])("the own server line: ;%s", (part, host, port) => {
  expect(locate(`server.1=a:1:2;9\nserver.2=b:1:2;${part}\n`, MYID)).toEqual({
    lines: [],
    found: { host, port, isSecure: false },
  });
});

test("the own server line in the dynamic file", () => {
  const dynamic = `dynamicConfigFile=${join(directory, "zoo.cfg.dynamic")}\n`;
  const files = { ...MYID, "zoo.cfg.dynamic": "server.2=b:1:2;2183\n" };
  expect(locate(dynamic, files)).toEqual({
    lines: [LOOKING_IN_DYNAMIC],
    found: { host: "localhost", port: "2183", isSecure: false },
  });
});

test("secureClientPort", () => {
  const { lines, found } = locate("secureClientPort=2281\nserver.2=b:1:2\n", MYID);
  expect(lines).toEqual([
    LOOKING_IN_DYNAMIC,
    "Client port not found in the server configs",
    LOOKING_FOR_SECURE,
  ]);
  expect(found).toEqual({ host: "localhost", port: "2281", isSecure: true });
});

test("nothing at all, or a line that is no server line", () => {
  expect(locate("", MYID).lines.at(-1)).toBe(NONE);
  expect(locate("server.2=nonsense\n", MYID)).toEqual({
    lines: [LOOKING_IN_DYNAMIC, "Client port not found in the server configs", LOOKING_FOR_SECURE, NONE],
    found: undefined,
  });
});

test("a missing file is a ConfigError", () => {
  expect(() => locateClientPort(join(directory, "none.cfg"))).toThrow("none.cfg file is missing");
});
