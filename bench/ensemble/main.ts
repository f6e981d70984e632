import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { REPOSITORY, runBench, say, start } from "../bench-run.ts";
import { ensureApache } from "../machine.ts";
import type { SubjectName } from "../options.ts";
import { APACHE_CLASS_PATH, APACHE_MAIN } from "../subject.ts";
import { type EnsembleBenchOptions, parseEnsembleOptions } from "./options.ts";
import { type EnsembleContext, runEnsembleWorkload } from "./run.ts";
import { ENSEMBLE_WORKLOADS } from "./workloads.ts";

/** Entry point of `npm run bench -- ensemble`. */

/** Of Apache 3.9: what `npm run test:interop -- --install-only` got from Maven. It has no logging back end either. */
function mavenClassPath(): string {
  const directory = join(REPOSITORY, ".cache/interop/maven");
  if (!existsSync(directory)) {
    throw new Error("Apache 3.9 is not there; run: npm run test:interop -- --install-only");
  }
  const jars = readdirSync(directory).filter((name) => name.endsWith(".jar"));
  return jars
    .filter((name) => !/^(slf4j-simple|logback)/.test(name))
    .map((name) => join(directory, name))
    .join(":");
}

function commands({ apache, cpuProfile, subjects }: EnsembleBenchOptions): EnsembleContext["commandOf"] {
  if (subjects.includes("apache") && apache === "3.8") ensureApache(say);
  const program = join(REPOSITORY, "dist/bin/zk-server.js");
  const profile = cpuProfile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${resolve(cpuProfile)}`];
  const classPath = apache === "3.8" ? () => APACHE_CLASS_PATH : mavenClassPath;
  return (name: SubjectName, configFile: string) =>
    name === "apache"
      ? ["java", "-cp", classPath(), APACHE_MAIN, configFile]
      : [process.execPath, ...profile, program, "start-foreground", configFile];
}

start("bench ensemble", async () => {
  const options = parseEnsembleOptions(process.argv.slice(2));
  const commandOf = commands(options);
  await runBench(
    options,
    ENSEMBLE_WORKLOADS,
    (stage, workload) => runEnsembleWorkload({ ...stage, options, commandOf }, workload),
    { "apache zookeeper": options.apache },
  );
});
