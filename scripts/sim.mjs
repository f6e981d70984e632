// npm run sim: bundles sim/ and runs the simulator of an ensemble. `npm run sim -- --help` lists options.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";

const repository = join(import.meta.dirname, "..");
const program = join(repository, ".cache/sim/sim.mjs");

await build({
  absWorkingDir: repository,
  entryPoints: ["sim/main.ts"],
  outfile: program,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  sourcemap: true,
  logLevel: "warning",
});
const child = spawn(process.execPath, ["--enable-source-maps", program, ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
