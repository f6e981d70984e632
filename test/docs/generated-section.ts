import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of a file in docs/. */
export function docsPath(name: string): string {
  return fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
}

export function readDocs(name: string): string {
  return readFileSync(docsPath(name), "utf8");
}

/**
 * `document` with the text between `<!-- begin <name> -->` and `<!-- end <name> -->` replaced: compare the result with
 * the file itself, and the section is proven to be up to date.
 */
export function withSection(document: string, name: string, text: string): string {
  const begin = `<!-- begin ${name} -->\n`;
  const end = `<!-- end ${name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from)
    throw new Error(`the document has no section between ${begin.trim()} and ${end}`);
  return document.slice(0, from + begin.length) + text + document.slice(to);
}

/** A Markdown table. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lineOf = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return lineOf(head) + lineOf(head.map(() => "---")) + rows.map(lineOf).join("");
}

/** The rows of all Markdown tables in `text`, as lists of trimmed cells; heads and rules are left out. */
export function tableRows(text: string): string[][] {
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  return rows
    .filter((line, i) => !/^\|[\s|:-]+\|$/.test(line) && !/^\|[\s|:-]+\|$/.test(rows[i + 1] ?? ""))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}
