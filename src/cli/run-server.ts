import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { configFromArguments, loadConfig } from "../config/load.ts";
import { ExitCode, ServerFailure } from "../server/exit-code.ts";
import { ProcessLog } from "../server/process-log.ts";
import type { RunningServer } from "../server/running-server.ts";
import { startServer } from "../server/start-server.ts";
import { tuneCollector } from "./collector.ts";
import type { Output } from "./output.ts";
import { watchParent } from "./parent-watch.ts";
import { announceReady } from "./readiness.ts";

const USAGE = "Usage: ZooKeeperServerMain configfile | port datadir [ticktime] [maxcnxns]";

/** What Apache's main class writes to standard error before it exits with the code. */
const LAST_WORDS: Readonly<Record<number, string>> = {
  [ExitCode.invalidInvocation]: "Invalid config, exiting abnormally",
  [ExitCode.dataDirInaccessible]: "Unable to access datadir, exiting abnormally",
  [ExitCode.adminServer]: "Unable to start AdminServer, exiting abnormally",
};

/**
 * Is a server: reads the configuration, serves until a signal or a failure, and resolves with the exit code
 * (configuration 1.5). `flags` are the words of JVMFLAGS; `args` are what Apache's main class takes.
 */
export async function runServer(
  flags: readonly string[],
  args: readonly string[],
  output: Output,
): Promise<number> {
  if (args.length === 0 || args.length > 4) {
    output.err(`Invalid arguments, exiting abnormally\n${USAGE}\n`);
    return ExitCode.invalidInvocation;
  }
  let config: Config;
  try {
    config = readConfig(flags, args);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    output.err(`${LAST_WORDS[ExitCode.invalidInvocation]}\n${error.message}\n`);
    return ExitCode.invalidInvocation;
  }
  return serve(config, output);
}

function readConfig(flags: readonly string[], args: readonly string[]): Config {
  const [first = "", dataDir, tickTime, maxClientCnxns] = args;
  if (dataDir === undefined) return loadConfig(first, flags);
  return configFromArguments({ port: first, dataDir, tickTime, maxClientCnxns }, flags);
}

/** Serves with this configuration until a signal or a failure; `ready` is called once clients are served. */
export async function serve(
  config: Config,
  output: Output,
  ready: (server: RunningServer) => Promise<void> = async () => {},
): Promise<number> {
  tuneCollector();
  const { level, format } = config.log;
  const processLog = new ProcessLog({ level, format, write: (line) => output.out(line) });
  const { log } = processLog;
  const lastResort = (error: unknown): never => {
    log.fatal(
      { stack: error instanceof Error ? error.stack : String(error) },
      "uncaught error, the server ends",
    );
    processLog.flush();
    process.exit(ExitCode.unexpected);
  };
  process.on("uncaughtException", lastResort);
  process.on("unhandledRejection", lastResort);
  let failure: ServerFailure | undefined;
  try {
    log.info({ configFile: config.files.configFile ?? undefined }, "Reading configuration");
    const server = await startServer(config, { log });
    closeOnSignal(server, (signal) => log.info({ signal }, "the server is asked to end"));
    announceReady(process.env);
    watchParent(process.env, () => {
      log.info({}, "the process that started the server is gone: the server ends");
      void server.close();
    });
    await processLog.open();
    await Promise.race([ready(server), server.ended]);
    failure = await server.ended;
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    failure = error;
  }
  if (failure !== undefined) log.fatal({ exitCode: failure.exitCode }, failure.message);
  processLog.flush();
  if (failure !== undefined) {
    const lastWords = LAST_WORDS[failure.exitCode];
    if (lastWords !== undefined) output.err(`${lastWords}\n`);
  }
  return failure?.exitCode ?? ExitCode.ok;
}

/** The first signal asks for an orderly end; a second one does not wait for it. */
function closeOnSignal(server: RunningServer, asked: (signal: string) => void): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(signal, () => {
      asked(signal);
      void server.close();
    });
  }
}
