import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readDocs, tableRows } from "./generated-section.ts";

const TESTS = new URL("../", import.meta.url);

/** Scenarios and liveness properties of quorum-protocol 8.2 and 8.3 that have tests. */
const SCENARIOS = 68;
const LIVENESS = 7;

/** A string that is the first argument of a call, or comes behind the rows of `each`: what a test or a group of them is called. */
const TITLE = /(?:\b(?:it|test|describe)|\))\(\s*(["`])(.*?)\1\s*,/gs;

/** The numbers of scenarios in the titles of a file's tests. */
function numbersIn(source: string): Set<string> {
  const titles = [...source.matchAll(TITLE)].map(([, , title]) => title!);
  return new Set(titles.flatMap((title) => title.match(/\b[FL]\d+\b/g) ?? []));
}

const page = readDocs("fault-scenarios.md");
const [scenarios, checklist] = page.split("## Joining and replacing");
const rows = tableRows(scenarios!);
/** Lines of quorum-protocol 9: they name tests that are about other things too, by words of their titles. */
const lines = tableRows(checklist!);
const LINES = 15;

describe("docs/fault-scenarios.md", () => {
  it("has a row for each scenario", () => {
    const ids = [
      ...Array.from({ length: LIVENESS }, (_, at) => `L${at + 1}`),
      ...Array.from({ length: SCENARIOS }, (_, at) => `F${at + 1}`),
    ];
    expect(rows.map(([id]) => id).sort()).toEqual(ids.sort());
    expect(lines.map(([id]) => id)).toEqual([
      ...Array.from({ length: LINES }, (_, at) => `C${at + 1}`),
      "9.1",
    ]);
  });

  it.each(rows.map((row) => [row[0]!, row.at(-1)!]))(
    "%s: each file that it names has a test of that name",
    (id, files) => {
      const names = [...files.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        const path = new URL(name, TESTS);
        expect(existsSync(path), name).toBe(true);
        expect([...numbersIn(readFileSync(path, "utf8"))], name).toContain(id);
      }
    },
  );

  it.each(lines.map((row) => [row[0]!, row.at(-1)!]))(
    "%s: the tests are there by their words",
    (_, tests) => {
      const named = [...tests.matchAll(/`([^`]+)`((?:,? "[^"]+")+)/g)];
      expect(named.length).toBe(tests.split("`").length >> 1);
      for (const [, name, titles] of named) {
        const source = readFileSync(new URL(name!, TESTS), "utf8");
        for (const [, words] of titles!.matchAll(/"([^"]+)"/g)) expect(source, name).toContain(words);
      }
    },
  );

  it("names every file that has a test with the number of a scenario", () => {
    const files = (readdirSync(TESTS, { recursive: true }) as string[]).filter((name) =>
      name.endsWith(".test.ts"),
    );
    const unnamed: string[] = [];
    for (const name of files) {
      for (const number of numbersIn(readFileSync(new URL(name, TESTS), "utf8"))) {
        const row = rows.find(([id]) => id === number);
        if (row !== undefined && !row.at(-1)!.includes(`\`${name}\``)) unnamed.push(`${number}: ${name}`);
      }
    }
    expect(unnamed).toEqual([]);
  });
});
