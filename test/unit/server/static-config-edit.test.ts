import { describe, expect, it } from "vitest";
import { editStaticConfig } from "../../../src/server/ensemble/static-config-edit.ts";

const FILE = "/conf/zoo.cfg.dynamic.100000000";

function edit(text: string, hasClientAddress = true): string {
  return editStaticConfig(Buffer.from(text, "latin1"), {
    dynamicConfigFile: FILE,
    hasClientAddress,
  }).toString("latin1");
}

describe("editStaticConfig", () => {
  it("takes the ensemble out and points to it, and leaves the rest as it is", () => {
    const text = [
      "# our ensemble",
      "tickTime = 2000",
      "",
      "dataDir=/d\u00e4ta\\\\x",
      "server.1=a:1:2;3",
      "  server.2 = a:1:2;3",
      "group.1=1:2",
      "weight.1=2",
      "peerType=observer",
      "dynamicConfigFile=/old",
      "clientPort=2181",
      "clientPortAddress=a",
      "initLimit:10",
      "#server.3=a comment",
      "",
      "",
    ].join("\n");
    expect(edit(text)).toBe(
      `# our ensemble\ntickTime = 2000\n\ndataDir=/d\u00e4ta\\\\x\ninitLimit:10\n#server.3=a comment\ndynamicConfigFile=${FILE}\n`,
    );
  });

  it("keeps the client port that no server line says", () => {
    expect(edit("clientPort=2181\nserver.1=a:1:2\n", false)).toBe(
      `clientPort=2181\ndynamicConfigFile=${FILE}\n`,
    );
  });

  it("takes a setting out with all its lines", () => {
    expect(edit("server.1=a:1:2\\\n  ;2181\na=1\\\n  2\nser\\\nver.2=b\n")).toBe(
      `a=1\\\n  2\ndynamicConfigFile=${FILE}\n`,
    );
  });

  it("makes a file of nothing", () => {
    expect(edit("")).toBe(`dynamicConfigFile=${FILE}\n`);
  });

  it("can be done again", () => {
    const once = edit("a=1\r\nserver.1=a:1:2;3\r\n");
    expect(edit(once)).toBe(once);
    expect(once).toBe(`a=1\ndynamicConfigFile=${FILE}\n`);
  });

  it("escapes what a properties file cannot hold", () => {
    const edited = editStaticConfig(Buffer.from(""), {
      dynamicConfigFile: "/\u4e2d\\x",
      hasClientAddress: true,
    });
    expect(edited.toString("latin1")).toBe("dynamicConfigFile=/\\u4e2d\\\\x\n");
  });
});
