import type { Log } from "../base/ports.ts";
import { checkKeys, checkStorage, TEST_SETTINGS } from "./test-settings.ts";

/** How {@link startTestServer} starts. Unknown keys are refused. */
export interface TestServerOptions {
  /** "memory" (default): nothing touches a disk. "disk": a directory of its own, which is removed at the end. */
  readonly storage?: "memory" | "disk" | undefined;
  /** With "disk": this directory instead; it may hold the data of a server, and it stays. */
  readonly dataDir?: string | undefined;
  /** Port on 127.0.0.1; default 0: the system chooses. */
  readonly port?: number | undefined;
  /**
   * What stands in zoo.cfg otherwise, `{ maxClientCnxns: "1" }`. Before them come: tickTime 500 (sessions of 1 to 60 s), TTL and
   * container znodes with their reaping every second, all four-letter words, no AdminServer.
   */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Where the server writes what it does; the shape of a pino logger. Default: nowhere. */
  readonly log?: Log | undefined;
}

const KEYS = ["storage", "dataDir", "port", "settings", "log"];

/** zoo.cfg of a test server, before its settings. */
const DEFAULTS: Readonly<Record<string, string>> = {
  ...TEST_SETTINGS,
  tickTime: "500",
};

/** @throws TypeError that names the key or value and what is allowed */
export function checkOptions(options: TestServerOptions): void {
  checkKeys(options, KEYS);
  const { storage, dataDir } = options;
  checkStorage(storage);
  if (dataDir !== undefined && storage !== "disk")
    throw new TypeError(`option dataDir is for storage "disk": say so, or leave it out`);
}

/** Keys and values of the configuration. */
export function entriesOf(options: TestServerOptions, dataDir: string, port: number): Record<string, string> {
  return {
    ...DEFAULTS,
    ...options.settings,
    dataDir,
    clientPort: String(port),
    clientPortAddress: "127.0.0.1",
  };
}
