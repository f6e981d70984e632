import { processLine } from "../server-command.ts";
import type { ServerVerb } from "../server-verb.ts";

/** `zkServer.sh start-foreground`: this process becomes the server; there is no pid file. */
export const startForeground: ServerVerb = async ({ environment, output }) => {
  const { runServer } = await import("../run-server.ts");
  const { flags, args } = processLine(environment);
  return runServer(flags, args, output);
};
