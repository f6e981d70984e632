import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { Config, ConfigNotice } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { refuseWhatThisReleaseLacks } from "./release-limits.ts";
import { resolveConfig } from "./resolve-config.ts";
import { type FileSettings, parseJvmFlags, readSettings, type Setting } from "./settings.ts";

/**
 * Reads a configuration file, the dynamic file it names, `myid`, and the system properties among `flags` (the words of
 * `SERVER_JVMFLAGS` and `JVMFLAGS`). Throws {@link ConfigError} with everything that is wrong; no file is changed.
 */
export function loadConfig(file: string, flags: readonly string[] = []): Config {
  const configFile = resolve(file);
  const settings = loadSettings(configFile);
  const config = resolveConfig({
    configFile,
    settings,
    flags: parseJvmFlags(flags),
    readFile: readFileOnDisk,
  });
  refuseWhatThisReleaseLacks(config);
  const notices = relativePathNotices(file, settings);
  return notices.length === 0 ? config : deepFreeze({ ...config, notices: [...notices, ...config.notices] });
}

/** The raw settings of a configuration file. Throws {@link ConfigError} when it is missing or unreadable. */
export function loadSettings(file: string): FileSettings {
  const bytes = readFileOnDisk(file);
  if (bytes === undefined) {
    throw new ConfigError([{ reason: `Error processing ${file}: ${file} file is missing` }]);
  }
  return readSettings(file, bytes);
}

/** The arguments of Apache's `ZooKeeperServerMain`, as they stand on the command line. */
export interface StandaloneArguments {
  readonly port: string;
  readonly dataDir: string;
  readonly tickTime?: string | undefined;
  readonly maxClientCnxns?: string | undefined;
}

/** A configuration without a file: `port datadir [tickTime] [maxClientCnxns]`; no limit of connections by default. */
export function configFromArguments(args: StandaloneArguments, flags: readonly string[] = []): Config {
  const entries: Record<string, string> = {
    clientPort: args.port,
    dataDir: args.dataDir,
    maxClientCnxns: args.maxClientCnxns ?? "0",
  };
  if (args.tickTime !== undefined) entries.tickTime = args.tickTime;
  return configFromEntries(entries, flags);
}

/**
 * A configuration from keys and values as they would stand in zoo.cfg: for tests and for embedding.
 *
 * @param readFile what `myid` and the like hold, when they are not on a disk
 */
export function configFromEntries(
  entries: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
  readFile: (path: string) => Uint8Array | undefined = readFileOnDisk,
): Config {
  const settings = new Map<string, Setting>();
  for (const [key, value] of Object.entries(entries)) {
    settings.set(key, { key, value, origin: { kind: "entry" } });
  }
  return resolveConfig({ configFile: null, settings, flags: parseJvmFlags(flags), readFile });
}

function readFileOnDisk(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ConfigError([{ reason: `Error processing ${path}: ${message}` }]);
  }
}

/** A relative path means another place when the server is started elsewhere; `./` says that this is meant. */
function relativePathNotices(file: string, settings: FileSettings): ConfigNotice[] {
  const paths = [file, settings.get("dataDir")?.value, settings.get("dataLogDir")?.value];
  return paths
    .filter((path) => path !== undefined && path !== "" && !isAbsolute(path) && !path.startsWith("./"))
    .map((path) => ({
      level: "warn",
      key: undefined,
      message: `${path} is relative. Prepend ./ to indicate that you're sure!`,
    }));
}
