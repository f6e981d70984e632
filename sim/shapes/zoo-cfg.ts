import { OBSERVER_MASTER_PORT } from "../world.ts";
import type { Shape } from "./shape.ts";

/** Of every simulated server, ms. */
export const TICK_MS = 200;

/** What stands in a server's zoo.cfg; `membership`: its lines of servers, groups and weights. */
export function zooCfgOf(sid: number, membership: string, shape: Shape): string {
  const isObserver = membership
    .split("\n")
    .some((line) => line.startsWith(`server.${sid}=`) && line.includes(":observer;"));
  return [
    "dataDir=/data",
    `tickTime=${TICK_MS}`,
    "initLimit=10",
    "syncLimit=5",
    "maxClientCnxns=0",
    `snapCount=${shape.snapCount}`,
    `commitLogCount=${shape.commitLogCount}`,
    `snapshotSizeFactor=${shape.snapshotSizeFactor}`,
    "preAllocSize=16",
    "admin.enableServer=false",
    "4lw.commands.whitelist=*",
    "standaloneEnabled=false",
    "skipACL=yes",
    `reconfigEnabled=${shape.operator !== "none"}`,
    ...(shape.hasObserverMasters ? [`observerMasterPort=${OBSERVER_MASTER_PORT}`] : []),
    ...shape.settings,
    ...(isObserver ? ["peerType=observer"] : []),
    membership,
  ].join("\n");
}
