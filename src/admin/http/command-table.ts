import type { AdminCommand } from "./command.ts";
import { connectionStatReset, connections } from "./commands/connections.ts";
import { monitor } from "./commands/monitor.ts";
import { leader, observerConnectionStatReset, observers, votingView, zabstate } from "./commands/quorum.ts";
import {
  configuration,
  dirs,
  environment,
  hash,
  initialConfiguration,
  isReadOnly,
  lastSnapshot,
  ruok,
  systemProperties,
} from "./commands/server.ts";
import { dump } from "./commands/sessions.ts";
import { shedConnections } from "./commands/shed-connections.ts";
import { serverStats, statReset, stats } from "./commands/statistics.ts";
import { getTraceMask, setTraceMask } from "./commands/trace-mask.ts";
import { watches, watchesByPath, watchSummary } from "./commands/watches.ts";

/** All admin commands by primary name, in the order of the index page. */
export const ADMIN_COMMANDS: Readonly<Record<string, AdminCommand>> = {
  configuration,
  connection_stat_reset: connectionStatReset,
  connections,
  dirs,
  dump,
  environment,
  get_trace_mask: getTraceMask,
  hash,
  initial_configuration: initialConfiguration,
  is_read_only: isReadOnly,
  last_snapshot: lastSnapshot,
  leader,
  monitor,
  observer_connection_stat_reset: observerConnectionStatReset,
  observers,
  ruok,
  server_stats: serverStats,
  set_trace_mask: setTraceMask,
  shed_connections: shedConnections,
  stat_reset: statReset,
  stats,
  system_properties: systemProperties,
  voting_view: votingView,
  watch_summary: watchSummary,
  watches,
  watches_by_path: watchesByPath,
  zabstate,
};

/** Primary names and aliases to primary names. */
export const COMMAND_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(ADMIN_COMMANDS).flatMap(([name, { aliases }]) =>
    [name, ...aliases].map((alias) => [alias, name]),
  ),
);
