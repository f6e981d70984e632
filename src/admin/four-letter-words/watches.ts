import type { AdminView } from "../admin-view.ts";
import type { Answer } from "./word.ts";

/** `wchs`: the counts. */
export function wchs(view: AdminView): Answer {
  const summary = view.watchSummary();
  return [
    `${summary.connectionCount} connections watching ${summary.pathCount} paths\n`,
    `Total watches:${summary.watchCount}\n`,
  ];
}

/** `wchc`: the watched paths of every session, then an empty line. */
export function* wchc(view: AdminView): Answer {
  for (const { sessionId, paths } of view.watchesBySession()) {
    yield `${sessionId}\n`;
    for (const path of paths) yield `\t${path}\n`;
  }
  yield "\n";
}

/** `wchp`: the sessions that watch every path, then an empty line. */
export function* wchp(view: AdminView): Answer {
  for (const { path, sessionIds } of view.watchesByPath()) {
    yield `${path}\n`;
    for (const sessionId of sessionIds) yield `\t${sessionId}\n`;
  }
  yield "\n";
}
