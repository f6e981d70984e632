import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ScriptEnvironment } from "./script-environment.ts";

/**
 * The word that makes the program a server rather than a script: the name of Apache's main class, so that whoever looks
 * for it in the process list (`pgrep -f QuorumPeerMain`) finds us.
 */
export const SERVER_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

/** What the server of this environment is given: JVM flags, and the arguments of the main class. */
export function processLine(environment: ScriptEnvironment): {
  readonly flags: string[];
  readonly args: string[];
} {
  const { logDir, logFile, requiresData, serverFlags, configFile } = environment;
  const flags = [
    `-Dzookeeper.log.dir=${logDir}`,
    `-Dzookeeper.log.file=${logFile}`,
    ...(requiresData ? ["-Dzookeeper.datadir.autocreate=false"] : []),
    ...serverFlags,
  ];
  return { flags, args: [configFile] };
}

/** The words behind the program that run a server with this environment: flags, main class, configuration file. */
export function serverWords(environment: ScriptEnvironment): string[] {
  const { flags, args } = processLine(environment);
  return [...flags, SERVER_MAIN, ...args];
}

/**
 * Node, its own flags, and the program: what stands in front of {@link serverWords}. The program is `dist/bin/zk-server.js`,
 * whichever program is asked to start it; this code is in a file of `dist/bin` or `dist/chunks`.
 */
export function programWords({ heapMiB }: ScriptEnvironment): string[] {
  return serverProgram(heapMiB === null ? [] : [`--max-old-space-size=${heapMiB}`]);
}

/** Node, with flags of its own, and the program. */
export function serverProgram(nodeFlags: readonly string[] = []): string[] {
  const program = join(dirname(fileURLToPath(import.meta.url)), "..", "bin", "zk-server.js");
  return [process.execPath, ...nodeFlags, program];
}

/** `zkServer.sh` of this installation, for people to type. */
export function serverScript(): string {
  return join(dirname(serverProgram().at(-1)!), "..", "..", "bin", "zkServer.sh");
}
