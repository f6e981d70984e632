import { describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.ts";
import { configFromEntries } from "../../../src/config/load.ts";
import type { Option } from "../../../src/config/option.ts";
import { allOptions } from "../../../src/config/schema.ts";

const BASE = { dataDir: "/nonexistent" };

/** A legal value that is not the default, by type. */
function otherValue(option: Option<unknown>): string {
  const { name, range } = option.type;
  switch (name) {
    case "bool":
      return option.default === false ? "true" : "false";
    case "yes/no":
      return option.default === true ? "no" : "yes";
    case "ratio":
      return "0.5";
    case "interval":
      return "7";
    case "choice":
      return range.split(", ").findLast((spelling) => spelling !== String(option.default)) ?? "";
    case "class":
      return range.split(", ").at(-1) ?? "";
    case "int":
    case "long":
      return "7777";
    default:
      return "zzz";
  }
}

/** Options whose value another one overrides, or that need company. */
const TESTED_ELSEWHERE = new Set([
  "dataDir",
  "minSessionTimeout",
  "maxSessionTimeout",
  "electionAlg",
  "peerType",
  "standaloneEnabled",
  "dynamicConfigFile",
  "enforce.auth.enabled",
  "enforce.auth.schemes",
  "sessionRequireClientSASLAuth",
  "clientPortAddress",
  "secureClientPortAddress",
  "quorum.auth.serverRequireSasl",
  "quorum.auth.learnerRequireSasl",
  "server.realm",
]);

const single = allOptions().filter(({ key }) => !TESTED_ELSEWHERE.has(key));
const rows = single.map((option) => [option.key, option] as const);

function withoutSources({ systemProperties: _properties, notices: _notices, ...rest }: Config): object {
  return rest;
}

const defaults = withoutSources(configFromEntries(BASE));

describe.each(rows)("%s", (key, option) => {
  const value = otherValue(option);
  const inFile = withoutSources(configFromEntries({ ...BASE, [key]: value }));

  test("in the file changes the configuration", () => {
    expect(inFile).not.toEqual(defaults);
  });

  test("means the same under its other names", () => {
    for (const alias of option.aliases) {
      expect(withoutSources(configFromEntries({ ...BASE, [alias]: value }))).toEqual(inFile);
    }
    for (const property of option.properties) {
      expect(withoutSources(configFromEntries(BASE, [`-D${property}=${value}`]))).toEqual(inFile);
    }
  });

  test("in the file wins over the system property", () => {
    for (const property of option.properties) {
      const flag = `-D${property}=${option.type.name === "bool" ? String(option.default) : value}`;
      expect(withoutSources(configFromEntries({ ...BASE, [key]: value }, [flag]))).toEqual(inFile);
    }
  });
});

const numbers = single.filter(({ type }) => ["int", "long", "ratio"].includes(type.name));

describe.each(numbers.map((option) => [option.key, option] as const))("%s", (key, option) => {
  test("refuses what is no number, with key, value and range", () => {
    const attempt = () => configFromEntries({ ...BASE, [key]: "12abc" });
    expect(attempt).toThrow(`argument: ${key}=12abc: For input string: "12abc"`);
    if (option.type.range !== "") expect(attempt).toThrow(`(allowed: ${option.type.range})`);
  });

  test("never gives less than its range says", () => {
    const low = Number(/^(-?\d+)/.exec(option.type.range)?.[1] ?? "NaN");
    if (Number.isNaN(low)) return expect(option.type.range).toMatch(/^$|^[a-z]/);
    const lowest = option.type.parse(String(low), "property");
    expect(lowest).toEqual({
      ok: true,
      value: option.type.parse("-1", "named").ok && option.default === null ? null : expect.any(Number),
    });
    const below = option.type.parse(String(low - 1), "property");
    if (below.ok && key !== "snapshotSizeFactor") expect(below.value).toBe(lowest.ok && lowest.value);
  });
});
