import { describe, expect, it } from "vitest";
import { type OptionTable, parseOptions } from "../../../../src/cli/shell/option-parser.ts";

const TABLE: OptionTable = {
  rows: [
    { name: "s", description: "stat" },
    { name: "w", description: "watch" },
    { name: "v", description: "version", hasValue: true },
    { name: "add", description: "servers", hasValue: true },
  ],
};
const GROUP: OptionTable = {
  rows: [
    { name: "n", description: "num soft quota", hasValue: true },
    { name: "b", description: "bytes soft quota", hasValue: true },
  ],
  group: "required",
};

function parse(words: readonly string[], table = TABLE): unknown {
  const parsed = parseOptions(words, table);
  const given = table.rows
    .filter(({ name }) => parsed.has(name))
    .map(({ name }) => [name, parsed.value(name)]);
  return { words: parsed.words, given: Object.fromEntries(given) };
}

describe("options anywhere, joined, with values in every form", () => {
  it.each([
    [["/a", "-s"], { words: ["/a"], given: { s: undefined } }],
    [["-sw", "/a"], { words: ["/a"], given: { s: undefined, w: undefined } }],
    [["-v1", "/a"], { words: ["/a"], given: { v: "1" } }],
    [["-v=1", "/a"], { words: ["/a"], given: { v: "1" } }],
    [["-v", "-1", "/a"], { words: ["/a"], given: { v: "-1" } }],
    [["-sv3"], { words: [], given: { s: undefined, v: "3" } }],
    [["-v", "1", "-v", "2"], { words: [], given: { v: "1" } }],
    [["-v", '"1"'], { words: [], given: { v: "1" } }],
    [["--", "/n", "-5"], { words: ["/n", "-5"], given: {} }],
    [["-", "x"], { words: ["-", "x"], given: {} }],
    [["-add", "1=h:1:2;3"], { words: [], given: { add: "1=h:1:2;3" } }],
    [["-v", "-zz"], { words: [], given: { v: "-zz" } }],
  ])("%j", (words, expected) => {
    expect(parse(words)).toEqual(expected);
  });

  it("takes no word for an option where a command says so", () => {
    expect(parse(["-1"], { rows: [], isLiteral: true })).toEqual({ words: ["-1"], given: {} });
  });
});

describe("errors in Apache's words", () => {
  it.each([
    [["-z"], TABLE, "UnrecognizedOptionException: Unrecognized option: -z"],
    [["-5"], TABLE, "UnrecognizedOptionException: Unrecognized option: -5"],
    [["--add", "x"], TABLE, "UnrecognizedOptionException: Unrecognized option: --add"],
    [["-sx"], TABLE, "UnrecognizedOptionException: Unrecognized option: -sx"],
    [["-s=1"], TABLE, "UnrecognizedOptionException: Unrecognized option: -s=1"],
    [["-v"], TABLE, "MissingArgumentException: Missing argument for option: v"],
    [["-v", "-s"], TABLE, "MissingArgumentException: Missing argument for option: v"],
    [
      ["/z"],
      GROUP,
      "MissingOptionException: Missing required option: [-n num soft quota, -b bytes soft quota]",
    ],
    [
      ["-n", "3", "-b", "3"],
      GROUP,
      "AlreadySelectedException: The option 'b' was specified but an option from this group has already been selected: 'n'",
    ],
  ])("%j", (words, table, text) => {
    expect(() => parse(words, table)).toThrow(`org.apache.commons.cli.${text}`);
  });
});
