import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchReport } from "./report.ts";

/** Writes the report as text and JSON into `bench/results`; returns the name of the JSON. */
export function writeResults(repository: string, report: BenchReport, table: string): string {
  const directory = join(repository, "bench/results");
  mkdirSync(directory, { recursive: true });
  const name = report.at.replace(/[:.]/g, "-");
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(directory, `${name}.txt`), table);
  return join(directory, `${name}.json`);
}
