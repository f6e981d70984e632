import { getCommand, reply } from "../command.ts";
import { JsonList, JsonMap } from "../json.ts";
import { decimalIds, pathsBySession } from "./sessions.ts";

export const watches = getCommand(["wchc"], ({ view }) => {
  return reply({ session_id_to_watched_paths: pathsBySession(view.watchesBySession()) });
});

export const watchesByPath = getCommand(["wchp"], ({ view }) => {
  const entries = function* () {
    for (const { path, sessionIds } of view.watchesByPath()) {
      yield [path, new JsonList(decimalIds(sessionIds))] as const;
    }
  };
  return reply({ path_to_session_ids: new JsonMap(entries()) });
});

export const watchSummary = getCommand(["wchs"], ({ view }) => {
  const summary = view.watchSummary();
  return reply({
    num_connections: summary.connectionCount,
    num_paths: summary.pathCount,
    num_total_watches: summary.watchCount,
  });
});
