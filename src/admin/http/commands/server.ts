import { zxidToHex } from "../../../protocol/zxid.ts";
import { type AdminCommand, getCommand, reply } from "../command.ts";
import { JsonList } from "../json.ts";

export const configuration = getCommand(["conf", "config"], ({ view }) => {
  const config = view.configuration();
  return reply({
    client_port: config.clientPort,
    data_dir: config.dataDir,
    data_log_dir: config.dataLogDir,
    tick_time: config.tickTimeMs,
    max_client_cnxns: config.maxClientCnxns,
    min_session_timeout: config.minSessionTimeoutMs,
    max_session_timeout: config.maxSessionTimeoutMs,
    server_id: config.serverId,
    client_port_listen_backlog: config.clientPortListenBacklog,
  });
});

export const initialConfiguration = getCommand(["icfg"], ({ view }) => {
  return reply({ initial_configuration: view.initialConfiguration() });
});

export const environment: AdminCommand = {
  aliases: ["env", "envi"],
  method: "GET",
  needsServer: false,
  run: ({ view }) => ({ fields: view.environment() }),
};

export const systemProperties: AdminCommand = {
  aliases: ["sysp"],
  method: "GET",
  needsServer: false,
  run: ({ view }) => ({ fields: [...view.systemProperties()].sort(([a], [b]) => (a < b ? -1 : 1)) }),
};

export const dirs = getCommand([], async ({ view }) => {
  const sizes = await view.directorySizes();
  return reply({ datadir_size: sizes.dataDirBytes, logdir_size: sizes.dataLogDirBytes });
});

/** `ffffffffffffffff` and -1 when there is no snapshot yet. */
export const lastSnapshot = getCommand(["lsnp"], ({ view }) => {
  const snapshot = view.lastSnapshot();
  return reply({
    zxid: snapshot === null ? "ffffffffffffffff" : zxidToHex(snapshot.zxid),
    timestamp: snapshot?.timestampS ?? -1,
  });
});

export const hash = getCommand([], ({ view }) => {
  const digests = function* () {
    for (const { zxid, digest, digestVersion } of view.digestLog()) {
      yield { zxid, digest: digest.toBigInt(), digest_version: digestVersion };
    }
  };
  return reply({ digests: new JsonList(digests()) });
});

export const isReadOnly = getCommand(["isro"], ({ view }) => {
  return reply({ read_only: view.serverState() === "read-only" });
});

export const ruok = getCommand([], () => reply({}));
