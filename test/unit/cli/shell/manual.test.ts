import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../../../src/cli/shell/command-table.ts";

const manual = readFileSync(new URL("../../../../docs/shell.md", import.meta.url), "utf8");

describe("docs/shell.md", () => {
  it.each(COMMANDS.map(({ name }) => name))("tells of %s", (name) => {
    expect(manual).toMatch(new RegExp(`\`${name}[ \`]`));
  });

  it.each(COMMANDS.filter(({ origin }) => origin === "ours").map((row) => [row.name, row] as const))(
    "has every option of %s",
    async (_name, row) => {
      const { options } = await row.load();
      const described = manual
        .split("\n")
        .filter((line) => line.includes(`\`${row.name} `))
        .join("\n");
      for (const { name } of options.rows) expect(described).toContain(`-${name}`);
    },
  );

  it.each(COMMANDS.map((row) => [row.name, row] as const))(
    "loads %s, whose options are in its usage",
    async (_name, row) => {
      const { options } = await row.load();
      // As in Apache: `-?`, `-p` and `-r` exist, and are not in the usage.
      const unlisted = new Set(["?", "p", "r"]);
      for (const { name } of options.rows) {
        if (row.origin !== "old" && !unlisted.has(name)) expect(row.usage).toMatch(new RegExp(`-${name}\\b`));
      }
    },
  );
});
