import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { docsPath, readDocs, withSection } from "./generated-section.ts";

const guidePath = (file: string): string => new URL(`testing-guide/${file}`, import.meta.url).pathname;
const code = (language: string, file: string): string =>
  `\`\`\`${language}\n${readFileSync(guidePath(file), "utf8").replace(/\n\n$/, "\n")}\`\`\`\n`;
const source = (path: string): string => new URL(`../../src/${path}`, import.meta.url).pathname;

// registration.test.ts and failover.test.ts are run as tests of their own.
it("docs/testing.md shows the tests as they are run", async () => {
  const subject = withSection(readDocs("testing.md"), "subject", code("ts", "registration.ts"));
  const vitest = withSection(subject, "vitest", code("ts", "registration.test.ts"));
  const ensemble = withSection(vitest, "ensemble", code("ts", "failover.test.ts"));
  const nodeTest = withSection(ensemble, "node-test", code("js", "registration.node-test.mjs"));
  await expect(nodeTest).toMatchFileSnapshot(docsPath("testing.md"));
});

it("the node:test example passes under node --test", async () => {
  const directory = mkdtempSync(join(tmpdir(), "menagerie-node-test-"));
  try {
    const outfile = join(directory, "registration.test.mjs");
    await build({
      entryPoints: [guidePath("registration.node-test.mjs")],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20.19",
      alias: { "menagerie/testing": source("testing/index.ts") },
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
      },
    });
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--test",
      "--test-reporter=tap",
      outfile,
    ]);
    expect(stdout).toMatch(/^# pass 2$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
