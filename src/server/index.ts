/**
 * `menagerie/server`: a ZooKeeper server inside another program. `startServer(configFromEntries({ dataDir, clientPort: "0" }))`
 * is all it takes; `RunningServer.clientPort` tells where it listens, `close()` ends it.
 */
export type { Clock, Disk, Log, LogLevel, Rng, Timer } from "../base/ports.ts";
export { VERSION, VERSION_TEXT } from "../base/version.ts";
export type { Config } from "../config/config.ts";
export { configFromArguments, configFromEntries, loadConfig } from "../config/load.ts";
export { ExitCode, ServerFailure } from "./exit-code.ts";
export type { RunningServer } from "./running-server.ts";
export { type ServerPorts, startServer } from "./start-server.ts";
