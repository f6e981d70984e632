import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Stage } from "../../examples/stage.ts";
import { startTestServer } from "../../src/testing/index.ts";
import { docsPath, readDocs, withSection } from "./generated-section.ts";

/** Every example, and the files that its page shows, in this order. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  "configuration-centre": ["configuration-centre.ts"],
  "naming-service": ["naming-service.ts"],
  "group-membership": ["group-membership-server.ts", "group-membership-client.ts", "group-membership.ts"],
  "master-election": ["master-election.ts"],
  "master-worker": [
    "master-worker/master.ts",
    "master-worker/worker.ts",
    "master-worker/client.ts",
    "master-worker.ts",
  ],
  locks: ["locks.ts"],
  "fifo-queue": ["fifo-queue.ts"],
  "barrier-queue": ["barrier-queue.ts"],
  "load-balancing": ["load-balancing.ts"],
  "distributed-notification": ["distributed-notification.ts"],
};

const source = (file: string): string =>
  readFileSync(new URL(`../../examples/${file}`, import.meta.url), "utf8");

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\`\`\`\n`;

async function outputOf(name: string): Promise<string> {
  const example = (await import(`../../examples/${name}.ts`)) as { default: (stage: Stage) => Promise<void> };
  await using zk = await startTestServer();
  let output = "";
  const print = (line: string): void => {
    output += `${line}\n`;
  };
  await example.default({ servers: zk.connectString, print, args: [], signal: new AbortController().signal });
  return output;
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
