import { describe, expect, test } from "vitest";
import { isFamilyKey } from "../../../src/config/known-keys.ts";
import { noEffectOptions } from "../../../src/config/schema/no-effect-options.ts";
import { allOptions } from "../../../src/config/schema.ts";
import { REFERENCE_KEYS } from "./reference-keys.ts";

const options = allOptions();
const spellings = [...options, ...noEffectOptions].flatMap(({ key, aliases = [] }) => [key, ...aliases]);

describe("the table of options", () => {
  test("has every key of the reference, with its class", () => {
    const importances = new Map(
      [...options, ...noEffectOptions].map(({ key, importance }) => [key, importance]),
    );
    const found = REFERENCE_KEYS.map(([key]) => [key, importances.get(key)]);
    expect(found).toEqual(REFERENCE_KEYS.map(([key, importance]) => [key, importance]));
  });

  test("takes the labels of Apache's guide too", () => {
    const labels = REFERENCE_KEYS.flatMap(([, , label]) => (label === undefined ? [] : [label]));
    expect(labels.length).toBeGreaterThan(10);
    expect(labels.filter((label) => !spellings.includes(label))).toEqual([]);
  });

  test("uses no spelling twice", () => {
    expect(spellings.filter((spelling, index) => spellings.indexOf(spelling) !== index)).toEqual([]);
  });

  test("uses no system property twice", () => {
    const properties = options.flatMap((option) => option.properties);
    expect(properties.filter((name, index) => properties.indexOf(name) !== index)).toEqual([]);
  });

  test("no key belongs to a family of keys as well", () => {
    expect(spellings.filter((key) => isFamilyKey(key))).toEqual([]);
  });

  test.each(options.map((option) => [option.key, option] as const))(
    "%s explains itself in one line",
    (_key, option) => {
      expect(option.meaning).toMatch(/^[A-Z`].*\.$/);
      expect(option.meaning.length).toBeLessThan(130);
      expect(option.since).toMatch(/^(3|Menagerie 0)\.\d+(\.\d+)?$/);
    },
  );

  test("every class the reference calls must or should is acted on, comes later, or says why not", () => {
    const silent = noEffectOptions.filter(
      ({ importance }) => importance === "must" || importance === "should",
    );
    expect(silent.map(({ key }) => key)).toEqual(["serverCnxnFactory"]);
    for (const { reason } of noEffectOptions) expect(reason).not.toBe("");
  });
});
