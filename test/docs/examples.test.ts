import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as recipes from "../../src/recipes/index.ts";
import { startTestServer } from "../../src/testing/index.ts";
import { EXAMPLES, playExample } from "../support/examples.ts";
import { docsPath, readDocs, withSection } from "./generated-section.ts";

const source = (file: string): string =>
  readFileSync(new URL(`../../examples/${file}`, import.meta.url), "utf8");

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\`\`\`\n`;

async function outputOf(name: string): Promise<string> {
  await using zk = await startTestServer();
  return await playExample(name, zk.connectString);
}

// `npx vitest run test/docs/examples.test.ts -u` writes the sections anew.
describe("the page of each example shows the program as it is, and what it prints", () => {
  it.each(Object.entries(EXAMPLES))("%s", async (name, files) => {
    const page = `examples/${name}.md`;
    const program = files.map((file) => `\`examples/${file}\`\n\n${fenced("ts", source(file))}`).join("\n");
    const withProgram = withSection(readDocs(page), "program", program);
    const whole = withSection(withProgram, "output", fenced("", await outputOf(name)));
    await expect(whole).toMatchFileSnapshot(docsPath(page));
  });
});

it("every example file belongs to a page, and every page to an example", () => {
  const shown = Object.values(EXAMPLES).flat();
  const files = readdirSync(new URL("../../examples", import.meta.url), { recursive: true }) as string[];
  expect(files.filter((file) => file.endsWith(".ts") && file !== "stage.ts").sort()).toEqual(
    [...shown].sort(),
  );
  expect(readdirSync(docsPath("examples")).sort()).toEqual(
    Object.keys(EXAMPLES)
      .map((name) => `${name}.md`)
      .sort(),
  );
});

it("the recipes that the pages name exist", () => {
  for (const name of Object.keys(EXAMPLES)) {
    const [introduction] = readDocs(`examples/${name}.md`).split("## The program") as [string];
    const paragraph = introduction.trim().split("\n\n").at(-1)!;
    const recipeNames = [...paragraph.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, recipe]) => recipe);
    if (name !== "master-worker") expect(recipeNames, name).not.toEqual([]);
    expect(Object.keys(recipes)).toEqual(expect.arrayContaining(recipeNames));
  }
});
