import { ConnectionError, DeadlineError } from "../../client/errors.ts";
import type { Connection } from "./connection.ts";
import type { ShellClient } from "./shell-client.ts";

/** Calls that go to a server. `addAuth` is not among them: credentials wait for the next connection, whenever that is. */
const CALLS = [
  "create",
  "delete",
  "exists",
  "get",
  "set",
  "children",
  "getAcl",
  "setAcl",
  "sync",
  "whoAmI",
  "ephemerals",
  "countDescendants",
  "multi",
  "config",
  "reconfig",
  "watch",
] as const satisfies readonly (keyof ShellClient)[];

/**
 * The client as commands see it. The client itself lets calls wait until a connection comes; whoever types a command wants
 * to hear when none can be had, so each call first makes sure that there is one. Nothing is left waiting that would be
 * carried out behind the user's back.
 */
export function guardedClient(connection: Connection, patienceMs: number, signal: AbortSignal): ShellClient {
  const guarded: Record<string, unknown> = {
    addAuth: (scheme: string, auth: string | null) => connection.client.addAuth(scheme, auth),
  };
  for (const name of CALLS) {
    guarded[name] = async (...args: unknown[]) => {
      const path = typeof args[0] === "string" && args[0].startsWith("/") ? args[0] : undefined;
      await connection.ready(patienceMs, path, signal);
      try {
        const call = connection.client[name] as (...all: unknown[]) => Promise<unknown>;
        return await call.apply(connection.client, args);
      } catch (error) {
        if (error instanceof ConnectionError || error instanceof DeadlineError)
          throw connection.lossError(path, error.message);
        throw error;
      }
    };
  }
  Object.defineProperty(guarded, "state", { get: () => connection.state });
  return guarded as unknown as ShellClient;
}
