import { describe, expect, it } from "vitest";
import type { FourLetterWord } from "../../src/admin/four-letter-words/word.ts";
import { FOUR_LETTER_WORDS } from "../../src/admin/four-letter-words/word-table.ts";
import { ADMIN_COMMANDS } from "../../src/admin/http/command-table.ts";
import { ADMIN_LIMITS_DEFAULT } from "../../src/admin/http/limits.ts";
import { readDocs, tableRows } from "./generated-section.ts";

const chapters = readDocs("operations.md").split(/^## /m);

function chapter(title: string): string {
  return chapters.find((text) => text.startsWith(title)) ?? "";
}

describe("docs/operations.md", () => {
  it("has a row for every four-letter word, and tells what it needs", () => {
    const rows = tableRows(chapter("Four-letter words")).map(([word, needs]) => [word, needs]);
    const words = Object.entries<FourLetterWord>(FOUR_LETTER_WORDS);
    expect(rows).toEqual(
      words.map(([name, word]) => [
        `\`${name}\``,
        word.whileNotServing === "answers" ? "nothing" : "serving",
      ]),
    );
  });

  it("has a row for every admin command with its aliases, its method and its needs", () => {
    const rows = tableRows(chapter("AdminServer")).filter((cells) => cells.length === 5);
    const expected = Object.entries(ADMIN_COMMANDS).map(([name, command]) => [
      `\`${name}\``,
      command.aliases.map((alias) => `\`${alias}\``).join(" "),
      command.method,
      (command.needsServer ? "serving" : "nothing") + (command.requires === undefined ? "" : ", permission"),
    ]);
    expect(rows.map((cells) => cells.slice(0, 4))).toEqual(expected);
  });

  it("tells the limits of the AdminServer", () => {
    const rows = tableRows(chapter("AdminServer")).filter((cells) => cells.length === 3);
    expect(rows.slice(-5).map(([, limit]) => limit)).toEqual([
      `${ADMIN_LIMITS_DEFAULT.headerBytesMax} bytes`,
      `${ADMIN_LIMITS_DEFAULT.bodyBytesMax} bytes`,
      String(ADMIN_LIMITS_DEFAULT.connectionsMax),
      `${ADMIN_LIMITS_DEFAULT.headerTimeoutMs / 1000} s`,
      `${ADMIN_LIMITS_DEFAULT.requestTimeoutMs / 1000} s`,
    ]);
  });
});
