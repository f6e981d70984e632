import { existsSync } from "node:fs";
import { ConfigError } from "../config/config-error.ts";
import type { Output } from "./output.ts";
import {
  parseCall,
  type ScriptEnvironment,
  scriptEnvironment,
  type Variables,
} from "./script-environment.ts";
import type { ServerVerb } from "./server-verb.ts";
import { dataDirectoriesOf } from "./static-config.ts";

/** The verbs of `zkServer.sh`, one file each, loaded when asked for. */
const VERBS: Readonly<Record<string, () => Promise<ServerVerb>>> = {
  start: async () => (await import("./commands/start.ts")).start,
  "start-foreground": async () => (await import("./commands/start-foreground.ts")).startForeground,
  stop: async () => (await import("./commands/stop.ts")).stop,
  version: async () => (await import("./commands/version.ts")).version,
  restart: async () => (await import("./commands/restart.ts")).restart,
  status: async () => (await import("./commands/status.ts")).status,
  "print-cmd": async () => (await import("./commands/print-cmd.ts")).printCmd,
};

/** Whether a word is a verb of `zkServer.sh`. */
export function isServerVerb(word: string | undefined): boolean {
  return word !== undefined && Object.hasOwn(VERBS, word);
}

/** Verbs that say nothing about the configuration, and so need none. */
const NEEDS_NO_CONFIG = new Set(["version", "print-cmd", "start-foreground"]);

/**
 * A call of `zkServer.sh` or of the command `zkServer`: `[--config DIR] VERB [cfgfile]`. Resolves with the exit code.
 * The texts and codes are Apache's (command-line 1.1).
 */
export async function callZkServer(
  words: readonly string[],
  variables: Variables,
  output: Output,
): Promise<number> {
  const call = parseCall(words);
  const environment = scriptEnvironment(call, variables);
  for (const line of [...environment.jmxLines, `Using config: ${environment.configFile}`])
    output.err(`${line}\n`);
  const load = isServerVerb(call.verb) ? VERBS[call.verb ?? ""] : undefined;
  if (load === undefined) {
    const name = variables.ZOOSCRIPT || "zkServer";
    output.err(
      `Usage: ${name} [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd}\n`,
    );
    return 0;
  }
  try {
    const refusal = NEEDS_NO_CONFIG.has(call.verb ?? "") ? undefined : refuseToRun(environment);
    if (refusal !== undefined) {
      output[refusal.stream](`${refusal.text}\n`);
      return 1;
    }
    const verb = await load();
    return await verb({ environment, output });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    output.err(`${error.message}\n`);
    return 1;
  }
}

interface Refusal {
  readonly stream: "out" | "err";
  readonly text: string;
}

/**
 * Without a configuration there is no data directory: Apache's script goes on with an empty one and writes its pid file
 * into the root of the file system.
 */
function refuseToRun({ configFile, requiresData }: ScriptEnvironment): Refusal | undefined {
  if (!existsSync(configFile)) {
    return {
      stream: "err",
      text: `${configFile}: no such file. Copy conf/zoo_sample.cfg there and set dataDir.`,
    };
  }
  if (!requiresData) return undefined;
  const { dataDir, dataLogDir } = dataDirectoriesOf(configFile);
  const missing = (kind: string, directory: string): Refusal => ({
    stream: "out",
    text: `ZooKeeper ${kind} directory is missing at ${directory} fix the path or run initialize`,
  });
  if (!existsSync(`${dataDir ?? ""}/version-2`)) return missing("data", dataDir ?? "");
  if (dataLogDir !== null && !existsSync(`${dataLogDir}/version-2`)) return missing("txnlog", dataLogDir);
  return undefined;
}
