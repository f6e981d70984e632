import { describe, expect, it } from "vitest";
import { breaches } from "../support/import-rules.ts";
import { parseSource, sourceFiles, strip } from "../support/source-tree.ts";

const breachesOf = (path: string, source: string): string[] => breaches([parseSource(path, source)]);

describe("who may import whom", () => {
  it("holds for every source file", () => {
    const files = sourceFiles("src", "sim");
    expect(files.length).toBeGreaterThan(20);
    expect(breaches(files)).toEqual([]);
  });
});

describe("the rule itself rings", () => {
  it.each([
    ["a ring above", "src/core/x.ts", 'import { a } from "../server/a.ts";', /core must not import server/],
    [
      "a sibling",
      "src/storage/x.ts",
      'import { a } from "../transport/a.ts";',
      /storage must not import transport/,
    ],
    [
      "storage knowing core",
      "src/storage/x.ts",
      'import type { A } from "../core/a.ts";',
      /storage must not import core/,
    ],
    [
      "the log knowing snapshots",
      "src/storage/log/x.ts",
      'import { a } from "../snapshot/a.ts";',
      /storage\/log must not import storage\/snapshot/,
    ],
    [
      "the client knowing core",
      "src/client/x.ts",
      'export { a } from "../core/a.ts";',
      /client must not import core/,
    ],
    ["a package in the core", "src/core/x.ts", 'import pino from "pino";', /must not use the package pino/],
    [
      "a package by dynamic import",
      "src/client/x.ts",
      'const a = import("zod");',
      /must not use the package zod/,
    ],
    [
      "node:fs in storage",
      "src/storage/log/txn-log.ts",
      'import { open } from "node:fs";',
      /node:fs belongs to/,
    ],
    ["node:net in server", "src/server/x.ts", 'import net from "node:net";', /node:net belongs to/],
    ["jks-js in server", "src/server/x.ts", 'import("jks-js");', /jks-js belongs to/],
    ["fastify in server", "src/server/x.ts", 'import f from "fastify";', /fastify belongs to/],
    [
      "node:crypto in protocol",
      "src/protocol/x.ts",
      'import { createHash } from "node:crypto";',
      /node:crypto in protocol/,
    ],
    ["async in the core", "src/core/x.ts", "export async function f() {}", /async in core/],
    ["the clock in the core", "src/core/x.ts", "export const t = Date.now();", /Date in core/],
    ["chance in the core", "src/core/x.ts", "export const r = Math.random();", /Math\.random in core/],
    ["a timer in protocol", "src/protocol/x.ts", "setTimeout(() => {}, 1);", /a timer in protocol/],
    ["console in the core", "src/core/x.ts", "console.log(1);", /console in core/],
    [
      "the environment in server",
      "src/server/x.ts",
      "export const h = process.env.HOME;",
      /process\.env outside/,
    ],
    [
      "recipes past the public client",
      "src/recipes/x.ts",
      'import { a } from "../client/machine.ts";',
      /public client only/,
    ],
    [
      "the simulator on a real disk",
      "sim/x.ts",
      'import { nodeDisk } from "../src/storage/node-disk.ts";',
      /Node adapter/,
    ],
  ])("on %s", (_what, path, source, expected) => {
    expect(breachesOf(path, source).join("\n")).toMatch(expected);
  });

  it("on a cycle, but not on one of types only", () => {
    const a = parseSource("src/core/a.ts", 'import { b } from "./b.ts";');
    expect(breaches([a, parseSource("src/core/b.ts", 'import { a } from "./a.ts";')]).join()).toMatch(
      /import cycle/,
    );
    expect(breaches([a, parseSource("src/core/b.ts", 'import type { A } from "./a.ts";')])).toEqual([]);
  });

  it("does not take words in comments and strings for code", () => {
    const source = '/** a Promise */\n// await Date\nexport const s = "process.env" + `console.log ${1}` ;';
    expect(breachesOf("src/core/x.ts", source)).toEqual([]);
    expect(strip("a = `x ${b ? `y ${c}` : d} z`;", false)).toContain("c");
  });
});
