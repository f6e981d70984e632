/** What stands in the zoo.cfg of every server for tests, before its own settings. */
export const TEST_SETTINGS: Readonly<Record<string, string>> = {
  minSessionTimeout: "1000",
  maxSessionTimeout: "60000",
  maxClientCnxns: "0",
  "admin.enableServer": "false",
  "4lw.commands.whitelist": "*",
  extendedTypesEnabled: "true",
  "znode.container.checkIntervalMs": "1000",
  // Deletions are spaced by a minute divided by this: practically not at all.
  "znode.container.maxPerMinute": "60000000",
  // KB. Nothing here becomes large, and in memory it would be paid for.
  preAllocSize: "64",
};

/** @throws TypeError for an option that is not among `known` */
export function checkKeys(options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`unknown option "${key}"; known are ${known.join(", ")}`);
  }
}

/** @throws TypeError for an option `storage` that is neither "memory" nor "disk" */
export function checkStorage(storage: unknown): void {
  if (storage !== undefined && storage !== "memory" && storage !== "disk")
    throw new TypeError(`option storage is ${String(storage)}: it must be "memory" or "disk"`);
}
