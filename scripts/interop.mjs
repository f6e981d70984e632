// Runs the tests against real peers: Apache ZooKeeper 3.8 and 3.9 and the clients people use.
//
//   node scripts/interop.mjs [--no-build] [--install-only] [--json FILE] [vitest filters and options...]
//
// Peers are installed into .cache/interop (Debian packages into the system, which needs root) and kept for the next
// run. A peer that cannot be installed ends the run with exit code 1 and its name: nothing is skipped.

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { totalsOf } from "../.ci/totals.mjs";
import { installPeers } from "../test/interop/peers/install.mjs";
import { PeerInstallError } from "../test/interop/peers/step.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, ".cache/interop");

function readArguments(words) {
  const options = { isBuilding: true, isInstallOnly: false, report: join(CACHE, "report.json"), filters: [] };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--no-build") options.isBuilding = false;
    else if (word === "--install-only") options.isInstallOnly = true;
    else if (word === "--json") options.report = words.shift();
    else options.filters.push(word);
  }
  if (options.report === undefined) fail("--json needs a file name");
  return options;
}

function fail(message) {
  console.error(`interop: ${message}`);
  process.exit(1);
}

function install() {
  mkdirSync(CACHE, { recursive: true });
  try {
    installPeers(CACHE);
  } catch (error) {
    if (!(error instanceof PeerInstallError)) throw error;
    fail(error.message);
  }
  console.log("interop: every peer is installed");
}

function runTests(options) {
  rmSync(options.report, { force: true });
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const config = ["run", "--config", join(ROOT, "test/interop/vitest.interop.config.ts")];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${options.report}`];
  const args = [vitest, ...config, ...reporters, ...options.filters];
  return (
    spawnSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1
  );
}

const options = readArguments(process.argv.slice(2));
install();
if (!options.isInstallOnly) {
  if (options.isBuilding) {
    const built = spawnSync("npm", ["run", "build"], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
    if (built.status !== 0) fail("the build failed");
  }
  const code = runTests(options);
  const totals = totalsOf(options.report);
  // Filters leave tests out on purpose; without them everything must have run.
  const isComplete = options.filters.length > 0 || totals.skipped === 0;
  if (!isComplete) console.error(`interop: ${totals.skipped} tests were skipped`);
  console.log(`interop: ${totals.passed} passed, ${totals.failed} failed`);
  process.exitCode = code === 0 && totals.failed === 0 && isComplete ? 0 : 1;
}
