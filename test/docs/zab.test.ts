import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { readDocs, tableRows } from "./generated-section.ts";

const ROOT = new URL("../../", import.meta.url);

function filesBelow(directory: string): Set<string> {
  const names = readdirSync(new URL(directory, ROOT), { recursive: true }) as string[];
  return new Set(names.flatMap((name) => [`${directory}/${name}`, name.slice(name.lastIndexOf("/") + 1)]));
}

it("docs/zab.md says of every invariant who guards it, and names nothing that is not there", () => {
  const rows = tableRows(readDocs("zab.md").split("## What must hold")[1]!);
  expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 26 }, (_, at) => `S${at + 1}`));
  const known = new Set([...filesBelow("sim"), ...filesBelow("test")]);
  for (const [id, , guards] of rows) {
    const names = [...guards!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!.replace(/\/$/, ""));
    expect(names.length, id).toBeGreaterThan(0);
    expect(
      names.filter((name) => !known.has(name)),
      id,
    ).toEqual([]);
  }
});
