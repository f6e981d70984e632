import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Output } from "../output.ts";
import { isZooKeeper, readPid } from "../pid-file.ts";
import { parseCall, scriptEnvironment, type Variables } from "../script-environment.ts";
import { dataDirectoriesOf } from "../static-config.ts";

interface InitializeOptions {
  readonly configFile: string;
  readonly myid: string | undefined;
  readonly isForced: boolean;
}

/**
 * `zkServer-initialize.sh`: makes an empty data directory with the marker file `initialize`, and with `myid` when one is
 * given (command-line 1.2). Resolves with the exit code.
 */
export async function initialize(
  words: readonly string[],
  variables: Variables,
  output: Output,
): Promise<number> {
  const call = parseCall(words);
  const rest = call.configDir === undefined ? words : words.slice(2);
  const { configFile } = scriptEnvironment({ ...call, configName: undefined }, variables);
  const options = parseOptions(rest, configFile);
  if (typeof options === "string") {
    output.out(options);
    return 1;
  }
  const refusal = refuse(options);
  if (refusal !== undefined) {
    output.out(`${refusal}\n`);
    return 1;
  }
  if (options.isForced) output.out("Force enabled, data/txnlog directories will be re-initialized\n");
  output.out(`${makeDirectories(options)}\n`);
  return 0;
}

/** The options, or the text to be shown instead. */
function parseOptions(words: readonly string[], defaultFile: string): InitializeOptions | string {
  let configFile = defaultFile;
  let myid: string | undefined;
  let isForced = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const [name, ...rest] = word.split("=");
    const value = (): string => (word.includes("=") ? rest.join("=") : (words[++i] ?? ""));
    if (name === "--configfile") configFile = value();
    else if (name === "--myid") myid = value();
    else if (word === "--force") isForced = true;
    else
      return word === "-h" || word === "--help"
        ? usage(defaultFile)
        : `Unknown option: ${word}\n${usage(defaultFile)}`;
  }
  return { configFile, myid: myid || undefined, isForced };
}

function usage(configFile: string): string {
  const option = (name: string, meaning: string): string => `     ${name.padEnd(53)} ${meaning}\n`;
  return [
    "usage: zkServer-initialize.sh <parameters>\n",
    "  Optional parameters:\n",
    option("-h", "Display this message"),
    option("--help", "Display this message"),
    option(`--configfile=${configFile}`, "ZooKeeper config file"),
    option("--myid=#", "Set the myid to be used, if any (1-255)"),
    option("--force", "Force creation of the data/txnlog dirs"),
  ].join("");
}

function refuse({ configFile, isForced }: InitializeOptions): string | undefined {
  if (!existsSync(configFile)) return `Unable to find config file at ${configFile}`;
  const { dataDir, dataLogDir } = dataDirectoriesOf(configFile);
  if (dataDir === null) return `Unable to determine dataDir from ${configFile}`;
  const running = readPid(`${dataDir}/zookeeper_server.pid`);
  if (running !== undefined && isZooKeeper(running))
    return `Process ${running} is serving ${dataDir}; stop it first`;
  if (isForced) return undefined;
  const present = (kind: string, directory: string): string =>
    `ZooKeeper ${kind} directory already exists at ${directory} (or use --force to force re-initialization)`;
  if (existsSync(`${dataDir}/version-2`)) return present("data", dataDir);
  if (dataLogDir !== null && existsSync(`${dataLogDir}/version-2`)) return present("txnlog", dataLogDir);
  return undefined;
}

/** Removes what there is, makes what there must be, and tells about the id. */
function makeDirectories({ configFile, myid }: InitializeOptions): string {
  const { dataDir, dataLogDir } = dataDirectoriesOf(configFile);
  for (const directory of new Set([dataDir ?? "", dataLogDir ?? dataDir ?? ""])) {
    rmSync(`${directory}/myid`, { force: true });
    rmSync(`${directory}/version-2`, { recursive: true, force: true });
    mkdirSync(`${directory}/version-2`, { recursive: true });
  }
  if (myid !== undefined) writeFileSync(`${dataDir}/myid`, `${myid}\n`);
  writeFileSync(`${dataDir}/initialize`, "");
  return myid === undefined
    ? `No myid provided, be sure to specify it in ${dataDir}/myid if using non-standalone`
    : `Using myid of ${myid}`;
}
