import { existsSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { parseDecimal } from "../../base/decimal.ts";
import { DiskError } from "../../base/ports.ts";
import { createNodeDisk } from "../../storage/node-disk.ts";
import { purge as purgeDirectory, SNAP_RETAIN_COUNT_MIN } from "../../storage/retention.ts";
import type { Output } from "../output.ts";
import { parseCall, scriptEnvironment, type Variables } from "../script-environment.ts";
import { dataDirectoriesOf } from "../static-config.ts";

const USAGE = `Usage:
PurgeTxnLog dataLogDir [snapDir] -n count
\tdataLogDir -- path to the txn log directory
\tsnapDir -- path to the snapshot directory
\tcount -- the number of old snaps/logs you want to keep, value should be greater than or equal to 3
`;

/**
 * `zkCleanup.sh`: deletes old snapshots and the logs that only they need, beside a running server too. `-n COUNT` alone
 * takes the directories from the configuration (command-line 1.3). Resolves with the exit code.
 */
export async function purge(words: readonly string[], variables: Variables, output: Output): Promise<number> {
  const call = parseCall(words);
  const given = call.configDir === undefined ? words : words.slice(2);
  const { configFile } = scriptEnvironment({ ...call, configName: undefined }, variables);
  const args = [...configuredDirectories(configFile), ...given];
  const refused = (message = ""): number => {
    output.err(message);
    output.out(USAGE);
    return 1;
  };
  if (args.length < 3 || args.length > 4) return refused();
  const [dataLogDir = "", snapDir = dataLogDir] = args.slice(0, -2);
  for (const directory of [dataLogDir, snapDir]) {
    if (!existsSync(directory)) return refused(`Path '${resolve(directory)}' does not exist. \n`);
  }
  const [option, countText = ""] = args.slice(-2);
  const count = parseDecimal(countText);
  if (count === undefined) return refused(`'${countText}' can not be parsed to integer.\n`);
  if (count < SNAP_RETAIN_COUNT_MIN) return refused("count should be greater than or equal to 3\n");
  if (option !== "-n") return refused();
  await remove(dataLogDir, snapDir, count, output);
  return 0;
}

/** What the configuration adds in front of the words; nothing without a configuration. */
function configuredDirectories(configFile: string): string[] {
  if (!existsSync(configFile)) return [];
  const { dataDir, dataLogDir } = dataDirectoriesOf(configFile);
  return [dataLogDir, dataDir].filter((directory) => directory !== null);
}

async function remove(dataLogDir: string, dataDir: string, count: number, output: Output): Promise<void> {
  const directory = {
    dataDir,
    dataLogDir,
    snapDir: `${dataDir}/version-2`,
    logDir: `${dataLogDir}/version-2`,
    release: async () => {},
  };
  const before = modificationTimes([directory.logDir, directory.snapDir]);
  try {
    const options = { disk: createNodeDisk(), directory, snapRetainCount: count };
    const { damaged } = await purgeDirectory(options);
    for (const path of damaged)
      output.err(`${path} is damaged: it does not count, what may be needed instead stays\n`);
  } catch (error) {
    if (!(error instanceof DiskError) || error.operation !== "remove") throw error;
    output.err(`Failed to remove ${error.path}\n`);
  }
  for (const [path, modifiedAt] of before) {
    if (!existsSync(path)) output.out(`Removing file: ${mediumDate(modifiedAt)}\t${path}\n`);
  }
}

/** When each file was written; once it is gone nobody can tell any more. */
function modificationTimes(directories: readonly string[]): Map<string, Date> {
  const paths = [...new Set(directories)]
    .filter(existsSync)
    .flatMap((directory) => readdirSync(directory).map((name) => `${directory}/${name}`));
  return new Map(paths.map((path) => [path, statSync(path).mtime]));
}

/** `Nov 21, 2026, 7:26:24 AM`, as Java prints a date in its medium form. */
function mediumDate(date: Date): string {
  const format = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "medium" });
  return format.format(date).replace("\u202f", " ");
}
