// npm run bench: bundles bench/ and runs it. `npm run bench -- --help` lists workloads and options;
// `npm run bench -- client` compares the client with the npm ones, `npm run bench -- ensemble` three servers with three of Apache.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";

const repository = join(import.meta.dirname, "..");
const outdir = join(repository, ".cache/bench/dist");

async function bundle() {
  await build({
    absWorkingDir: repository,
    entryPoints: {
      main: "bench/main.ts",
      load: "bench/load/main.ts",
      client: "bench/client/main.ts",
      ensemble: "bench/ensemble/main.ts",
      measure: "bench/client/measure.ts",
    },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: repository, stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

// What is measured is what the sources say now, not what an earlier build left in dist/.
const isApacheAlone = /--subject[= ]apache/.test(process.argv.join(" "));
const isHelp = /(^| )(--help|-h)( |$)/.test(process.argv.slice(2).join(" "));
if (!isApacheAlone && !isHelp) {
  const code = await run(process.execPath, [join(repository, "scripts/build.mjs")]);
  if (code !== 0) process.exit(code);
}
await bundle();
const [first, ...rest] = process.argv.slice(2);
const isOther = first === "client" || first === "ensemble";
const program = join(outdir, isOther ? `${first}.mjs` : "main.mjs");
process.exitCode = await run(process.execPath, [program, ...(isOther ? rest : process.argv.slice(2))]);
