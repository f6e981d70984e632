import type { Log } from "../base/ports.ts";
import type { Client } from "./client.ts";
import type { EnsembleConfig } from "./ensemble-config.ts";

/**
 * Keeps the client's server list what the ensemble says it is: reads the configuration on each connection, and again whenever
 * it changes. A configuration without client addresses (a standalone server) changes nothing.
 */
export function followEnsemble(client: Client, log: Log): void {
  let version: string | undefined;
  const adopt = ({ members, version: read }: EnsembleConfig): void => {
    const servers = members.flatMap((member) => member.clientAddress ?? []);
    if (servers.length === 0 || read === version) return;
    version = read;
    client.updateServerList(servers);
  };
  const refresh = (): void => {
    client
      .config({ watch: refresh })
      .then(adopt)
      .catch((error: Error) => log.debug({}, `the ensemble's configuration was not read: ${error.message}`));
  };
  client.on("state", (state) => {
    if (state === "connected") refresh();
  });
}
