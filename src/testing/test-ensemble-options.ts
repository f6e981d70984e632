import type { Log } from "../base/ports.ts";
import { checkKeys, checkStorage, TEST_SETTINGS } from "./test-settings.ts";

/** How {@link startTestEnsemble} starts. Unknown keys are refused. */
export interface TestEnsembleOptions {
  /** Voters, 1 to 9; default 3. Their ids are 1, 2, …; those of observers come behind. */
  readonly size?: number | undefined;
  /** Observers, 0 to 9; default 0. */
  readonly observers?: number | undefined;
  /** "memory" (default): nothing touches a disk. "disk": directories of their own, which are removed at the end. */
  readonly storage?: "memory" | "disk" | undefined;
  /**
   * What stands in each zoo.cfg otherwise, `{ localSessionsEnabled: "true" }`. Before them come: tickTime 100 (sessions of 1 to 60 s),
   * syncLimit 5 (a server that is cut off is noticed within 500 ms), TTL and container znodes with their reaping every second, all
   * four-letter words, no AdminServer.
   */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Where server `sid` writes what it does; the shape of a pino logger. Default: nowhere. */
  readonly log?: ((sid: number) => Log) | undefined;
}

const KEYS = ["size", "observers", "storage", "settings", "log"];
const MEMBERS_MAX = 9;

/** zoo.cfg of each server, before its settings. */
const DEFAULTS: Readonly<Record<string, string>> = {
  ...TEST_SETTINGS,
  tickTime: "100",
  initLimit: "100",
  syncLimit: "5",
  // One server is an ensemble as well.
  standaloneEnabled: "false",
  // An observer that looks for the next leader does so at once.
  "observer.election.DelayMs": "0",
};

/** @throws TypeError that names the key or value and what is allowed */
export function checkEnsembleOptions(options: TestEnsembleOptions): void {
  checkKeys(options, KEYS);
  const { size = 1, observers = 0, storage } = options;
  if (!Number.isInteger(size) || size < 1 || size > MEMBERS_MAX)
    throw new TypeError(`option size is ${String(size)}: it must be 1 to ${MEMBERS_MAX}`);
  if (!Number.isInteger(observers) || observers < 0 || observers > MEMBERS_MAX)
    throw new TypeError(`option observers is ${String(observers)}: it must be 0 to ${MEMBERS_MAX}`);
  checkStorage(storage);
}

/** What a server of a test ensemble is called on the network between the servers. */
export function hostOf(sid: number): string {
  return `zk${sid}`;
}

/** Keys and values of each server's configuration. `ports`: client ports on 127.0.0.1 by server id. */
export function ensembleEntriesOf(
  { size = 3, settings }: TestEnsembleOptions,
  dataDir: string,
  ports: ReadonlyMap<number, number>,
): Record<string, string> {
  const lines = [...ports].map(([sid, port]) => {
    const type = sid <= size ? "participant" : "observer";
    return [`server.${sid}`, `${hostOf(sid)}:2888:3888:${type};127.0.0.1:${port}`];
  });
  return { ...DEFAULTS, ...settings, ...Object.fromEntries(lines), dataDir };
}
