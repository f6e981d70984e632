import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { exportsOf, undocumented } from "../support/docstrings.ts";

const ENTRY_POINTS = ["src/client", "src/recipes", "src/testing"];

describe("docstrings", () => {
  it.each(ENTRY_POINTS)("every symbol that %s exports has one, and its members", (directory) => {
    const files = exportsOf(readFileSync(join(directory, "index.ts"), "utf8"));
    expect(files.size).toBeGreaterThan(2);
    const missing = [...files].flatMap(([file, names]) => {
      const path = normalize(join(directory, file));
      return undocumented(path, readFileSync(path, "utf8"), names);
    });
    expect(missing).toEqual([]);
  });

  it("the rule itself: what is exported, and only that", () => {
    const exports = exportsOf('export { type A, b } from "./a.ts";\nexport type { C } from "./c.ts";');
    expect(exports).toEqual(
      new Map([
        ["./a.ts", new Set(["A", "b"])],
        ["./c.ts", new Set(["C"])],
      ]),
    );
    const source = [
      "/** Said. */",
      "export class A {",
      "  readonly path: string;",
      "  /** Said. */",
      "  size = 1;",
      "  #secret = 2;",
      "  async get(): Promise<void> {",
      "    return undefined;",
      "  }",
      "}",
      "export function b(): void {}",
      "export interface Inner {",
      "  readonly field: string;",
      "}",
    ].join("\n");
    expect(undocumented("x.ts", source, new Set(["A", "b"]))).toEqual([
      "x.ts:3 A.path",
      "x.ts:7 A.get",
      "x.ts:11 b",
    ]);
  });
});
