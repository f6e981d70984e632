import { existsSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY, runBench, say, start } from "./bench-run.ts";
import { ensureApache } from "./machine.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import { runWorkload } from "./run-workloads.ts";
import { WORKLOADS } from "./workloads.ts";

/** Entry point of `npm run bench`; scripts/bench.mjs bundles it and runs it in the repository's root. */

function checkSubjects({ subjects }: BenchOptions): void {
  if (subjects.includes("apache")) ensureApache(say);
  const program = join(REPOSITORY, "dist/bin/zk-server.js");
  if (subjects.includes("menagerie") && !existsSync(program)) {
    throw new Error(`${program} is not there; run: npm run build`);
  }
}

start("bench", async () => {
  const options = parseOptions(process.argv.slice(2));
  checkSubjects(options);
  await runBench(options, WORKLOADS, (stage, workload) =>
    runWorkload({ ...stage, options, repository: REPOSITORY }, workload),
  );
});
