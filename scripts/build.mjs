// Builds dist/: entry points that share chunks, programs of one file, and the types. Everything that a start can do
// without is imported dynamically by the sources and so lands in chunks of its own, which are loaded when they are needed.
//
//   node scripts/build.mjs [--no-types]

import { execFileSync, spawn } from "node:child_process";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { NODE_BUNDLE } from "./bundle-options.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join(ROOT, "dist");
/** Built beside dist/ and then put in its place, so that a program started meanwhile finds one build or the other. */
const NEXT = join(ROOT, `dist.next.${process.pid}`);
const OLD = join(ROOT, `dist.old.${process.pid}`);

const BINS = {
  "bin/menagerie": "src/cli/main.ts",
  "bin/zk-server": "src/cli/zk-server.ts",
};
/**
 * One file each, and CommonJS: a command that is over in a moment spends more time on finding chunks than on reading one, and in this
 * format Node's own modules (tls, crypto, readline, …) are loaded where they are needed, not all of them at the start.
 */
const SINGLE_FILE_BINS = { "bin/zk-cli": "src/cli/shell/zk-cli.ts" };
const LIBRARIES = {
  client: "src/client/index.ts",
  recipes: "src/recipes/index.ts",
  server: "src/server/index.ts",
  protocol: "src/protocol/index.ts",
  testing: "src/testing/index.ts",
};

async function bundle() {
  const options = {
    absWorkingDir: ROOT,
    outdir: NEXT,
    ...NODE_BUNDLE,
    define: { MENAGERIE_BUILD: JSON.stringify(await buildInfo()) },
    minifySyntax: true,
    legalComments: "eof",
  };
  const chunks = { splitting: true, chunkNames: "chunks/[name]-[hash]" };
  await Promise.all([
    build({ ...options, ...chunks, entryPoints: { ...BINS, ...LIBRARIES } }),
    // In one file this package would be read by every command; hardly any needs it.
    build({
      ...options,
      entryPoints: SINGLE_FILE_BINS,
      external: ["jks-js"],
      format: "cjs",
      minifyWhitespace: true,
      banner: {},
      outExtension: { ".js": ".cjs" },
    }),
  ]);
  for (const name of Object.keys(BINS)) await makeExecutable(join(NEXT, `${name}.js`));
  for (const name of Object.keys(SINGLE_FILE_BINS)) await makeExecutable(join(NEXT, `${name}.cjs`));
}

async function makeExecutable(path) {
  const code = await readFile(path, "utf8");
  await writeFile(path, `#!/usr/bin/env node\n${code.replace(/^#!.*\n/, "")}`);
  await chmod(path, 0o755);
}

async function buildInfo() {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const builtAt = new Date().toISOString().slice(0, 16).replace("T", " ");
  return { version, revision: revision(), builtAt };
}

function revision() {
  try {
    const options = { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], options).trim();
  } catch {
    return "unknown";
  }
}

function declareTypes() {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.build.json", "--outDir", join(NEXT, "types")];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error("the types do not compile"))));
  });
}

async function replaceOutput() {
  await rename(OUT, OLD).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(NEXT, OUT);
  await rm(OLD, { recursive: true, force: true });
}

try {
  await Promise.all([bundle(), process.argv.includes("--no-types") ? undefined : declareTypes()]);
  await replaceOutput();
} catch (error) {
  await rm(NEXT, { recursive: true, force: true });
  if (error.errors === undefined) console.error(error.message);
  process.exitCode = 1;
}
