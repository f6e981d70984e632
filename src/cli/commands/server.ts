import { ConfigError } from "../../config/config-error.ts";
import { configFromEntries } from "../../config/load.ts";
import { splitFlags } from "../../config/settings.ts";
import { ExitCode } from "../../server/exit-code.ts";
import type { Output } from "../output.ts";
import { runServer, serve } from "../run-server.ts";
import type { Variables } from "../script-environment.ts";
import { callZkServer, isServerVerb } from "../zk-server-call.ts";

/** The options of `menagerie server`. */
export interface ServerOptions {
  readonly quickstart?: true;
  readonly port: string;
  readonly data: string;
  readonly adminPort: string;
  readonly define: readonly string[];
}

/**
 * `menagerie server`: a server in the foreground with a configuration file, with `port datadir …`, or to try things out
 * with; or a verb of `zkServer.sh`. Resolves with the exit code.
 */
export async function server(
  words: readonly string[],
  options: ServerOptions,
  variables: Variables,
  output: Output,
): Promise<number> {
  const properties = options.define.map((property) => `-D${property}`);
  if (isServerVerb(words[0])) {
    const flags = [variables.JVMFLAGS ?? "", ...properties].join(" ");
    return callZkServer(words, { ...variables, JVMFLAGS: flags }, output);
  }
  const flags = [...splitFlags(variables.SERVER_JVMFLAGS), ...splitFlags(variables.JVMFLAGS), ...properties];
  if (options.quickstart === undefined) return runServer(flags, words, output);
  return quickstart(options, flags, output);
}

/** Data under the working directory, and an AdminServer that only this machine can reach. */
async function quickstart(options: ServerOptions, flags: readonly string[], output: Output): Promise<number> {
  try {
    const config = configFromEntries(
      {
        clientPort: options.port,
        dataDir: options.data,
        tickTime: "2000",
        "admin.enableServer": "true",
        "admin.serverAddress": "127.0.0.1",
        "admin.serverPort": options.adminPort,
        "log.threshold": "WARN",
      },
      flags,
    );
    return await serve(config, output, async (started) => {
      await started.ready();
      const admin = `http://127.0.0.1:${started.adminPort}${config.admin.commandUrl}`;
      const data = `data in ${config.files.dataDir}, Ctrl-C stops`;
      output.out(
        `Ready: connect ZooKeeper clients to 127.0.0.1:${started.clientPort}, look at ${admin}; ${data}.\n`,
      );
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    output.err(`${error.message}\n`);
    return ExitCode.invalidInvocation;
  }
}
