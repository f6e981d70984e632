import { existsSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { splitFlags } from "../config/settings.ts";

/** What the environment variables of Apache's scripts and the words of the call say (configuration 7). */
export interface ScriptEnvironment {
  /** The configuration file: as given, or in the configuration directory. */
  readonly configFile: string;
  /** Words of `SERVER_JVMFLAGS` and then `JVMFLAGS`; the later wins. */
  readonly serverFlags: readonly string[];
  /** `ZOOPIDFILE`; null means `<dataDir>/zookeeper_server.pid`. */
  readonly pidFile: string | null;
  readonly logDir: string;
  /** `ZOO_LOG_FILE`: the name that is handed on as `zookeeper.log.file`. */
  readonly logFile: string;
  /** What a started server writes to its standard output and error. */
  readonly outFile: string;
  /** `ZOO_DATADIR_AUTOCREATE_DISABLE`: refuse when there is no `version-2`. */
  readonly requiresData: boolean;
  /** `ZK_SERVER_HEAP` in MiB, when the operator has set it. */
  readonly heapMiB: number | null;
  /** What the scripts say about JMX before anything else; nothing here speaks JMX. */
  readonly jmxLines: readonly string[];
}

/** The variables that are looked at; all of them may be absent. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The words of a call, without `--config DIR` in front. */
export interface Call {
  readonly configDir: string | undefined;
  readonly verb: string | undefined;
  /** The optional second word: a configuration file. */
  readonly configName: string | undefined;
}

/** `--config` counts only as the first of at least two words, as in `zkEnv.sh`. */
export function parseCall(words: readonly string[]): Call {
  const hasConfig = words.length > 1 && words[0] === "--config";
  const rest = hasConfig ? words.slice(2) : words;
  return { configDir: hasConfig ? words[1] : undefined, verb: rest[0], configName: rest[1] };
}

/** The `bin` directory of this package, where the scripts are: the bundle is `dist/bin/zk-server.js`. */
function packageBinDirectory(): string {
  return join(dirname(fileURLToPath(import.meta.url)), "..", "..", "bin");
}

/** Puts call and variables together. */
export function scriptEnvironment(call: Call, variables: Variables): ScriptEnvironment {
  const binDir = variables.ZOOBINDIR || packageBinDirectory();
  const configDir = call.configDir || variables.ZOOCFGDIR || defaultConfigDir(binDir);
  const user = variables.USER || userName();
  const host = variables.HOSTNAME || hostname();
  const logDir = variables.ZOO_LOG_DIR || `${binDir}/../logs`;
  const heap = variables.ZK_SERVER_HEAP;
  return {
    configFile: locateConfig(configDir, call.configName || variables.ZOOCFG || "zoo.cfg"),
    serverFlags: [...splitFlags(variables.SERVER_JVMFLAGS), ...splitFlags(variables.JVMFLAGS)],
    pidFile: variables.ZOOPIDFILE || null,
    logDir,
    logFile: variables.ZOO_LOG_FILE || `zookeeper-${user}-server-${host}.log`,
    outFile: `${logDir}/zookeeper-${user}-server-${host}.out`,
    requiresData: Boolean(variables.ZOO_DATADIR_AUTOCREATE_DISABLE),
    heapMiB: heap !== undefined && /^[1-9]\d*$/.test(heap) ? Number(heap) : null,
    jmxLines: jmxLines(variables),
  };
}

function defaultConfigDir(binDir: string): string {
  return existsSync(`${binDir}/../conf`) ? `${binDir}/../conf` : `${binDir}/../etc/zookeeper`;
}

/** A plain name is looked up in the configuration directory; anything with a directory part is taken as given. */
function locateConfig(configDir: string, name: string): string {
  return name.includes("/") ? name : `${configDir}/${name}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without a passwd entry, as in many containers.
    return "";
  }
}

/** The lines of `zkServer.sh` about JMX. */
function jmxLines(variables: Variables): string[] {
  const disabled = variables.JMXDISABLE;
  if (disabled && disabled !== "false") return ["JMX disabled by user request"];
  const lines = ["ZooKeeper JMX enabled by default"];
  if (!variables.JMXPORT) return lines;
  lines.push(
    `ZooKeeper remote JMX Port set to ${variables.JMXPORT}`,
    `ZooKeeper remote JMX authenticate set to ${variables.JMXAUTH || "false"}`,
    `ZooKeeper remote JMX ssl set to ${variables.JMXSSL || "false"}`,
    `ZooKeeper remote JMX log4j set to ${variables.JMXLOG4J || "true"}`,
  );
  if (variables.JMXHOSTNAME) lines.push(`ZooKeeper remote JMX Hostname set to ${variables.JMXHOSTNAME}`);
  return lines;
}
