// Runs an example: npm run example -- NAME [--servers HOST:PORT[,…]] [arguments]
//
// It gets a server of its own, in this process and in memory, unless it is told where one is. The example is bundled from its
// TypeScript with the sources of this checkout: no build is needed.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { NODE_BUNDLE } from "./bundle-options.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const EXAMPLES = join(ROOT, "examples");

async function names() {
  const files = await readdir(EXAMPLES);
  return files.filter((file) => file.endsWith(".ts") && file !== "stage.ts").map((file) => file.slice(0, -3));
}

/** The example and `menagerie/testing` in one bundle, so that both have the same client. */
async function load(name) {
  const directory = await mkdtemp(join(tmpdir(), "menagerie-example-"));
  const outfile = join(directory, "example.mjs");
  try {
    await build({
      stdin: {
        contents: `export { default as run } from "./examples/${name}.ts"; export { startTestServer } from "menagerie/testing";`,
        resolveDir: ROOT,
      },
      alias: {
        "menagerie/testing": join(ROOT, "src/testing/index.ts"),
        "menagerie/recipes": join(ROOT, "src/recipes/index.ts"),
        menagerie: join(ROOT, "src/client/index.ts"),
      },
      outfile,
      ...NODE_BUNDLE,
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function parse([name, ...rest]) {
  const at = rest.indexOf("--servers");
  if (at < 0) return { name, args: rest };
  return { name, servers: rest[at + 1], args: rest.toSpliced(at, 2) };
}

const { name, servers, args } = parse(process.argv.slice(2));
if (name === undefined || !(await names()).includes(name)) {
  const known = (await names()).map((known) => `  ${known}`).join("\n");
  console.error(
    `usage: npm run example -- NAME [--servers HOST:PORT] [arguments]\n${name === undefined ? "" : `there is no example "${name}"\n`}examples:\n${known}`,
  );
  process.exit(2);
}
const { run, startTestServer } = await load(name);
const own = servers === undefined ? await startTestServer() : undefined;
const end = new AbortController();
process.once("SIGINT", () => end.abort());
try {
  await run({ servers: servers ?? own.connectString, print: console.log, args, signal: end.signal });
} finally {
  await own?.close();
}
