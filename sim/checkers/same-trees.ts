import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";
import { describeTree } from "./recovered-state.ts";
import { orphanIn } from "./sessions.ts";

/** S20, S21: when the faults are over every server has exactly what the decided txns make: znodes, stats, ACLs, sessions. */
export class SameTrees implements Checker {
  readonly name = "same-trees";

  see(seen: Observation, { expected, history }: Facts): string | undefined {
    if (seen.kind !== "settled") return undefined;
    const { server, database } = seen;
    const { lastProcessedZxid } = database;
    if (history.resolve(lastProcessedZxid) !== history.tip) {
      return `server ${server} is at ${show(lastProcessedZxid)}, decided is ${show(history.tip)}`;
    }
    const orphan = orphanIn(database, `server ${server}`);
    if (orphan !== undefined) return orphan;
    const sessions = (of: typeof database) => JSON.stringify([...of.sessions.values()].map(text).sort());
    if (sessions(database) !== sessions(expected)) {
      return `sessions of server ${server} differ: has ${sessions(database)}, must have ${sessions(expected)}`;
    }
    return differenceOf(describeTree(database.tree), describeTree(expected.tree), server);
  }
}

function text({
  id,
  timeoutMs,
}: {
  readonly id: { readonly key: string };
  readonly timeoutMs: number;
}): string {
  return `${id.key}=${timeoutMs}`;
}

/** Of configuration and quota every server makes nodes by itself: their stats are its own. */
function differenceOf(
  has: Record<string, unknown>,
  must: Record<string, unknown>,
  server: number,
): string | undefined {
  for (const path of new Set([...Object.keys(has), ...Object.keys(must)])) {
    if (path === "/zookeeper/config") continue;
    const [is, wanted] = [JSON.stringify(has[path]), JSON.stringify(must[path])];
    if (is !== wanted) return `server ${server}: ${path} is ${is}, must be ${wanted}`;
  }
  return undefined;
}
