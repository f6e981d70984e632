import type { Config } from "../src/config/config.ts";
import { resolveConfig } from "../src/config/resolve-config.ts";
import { parseJvmFlags, type Setting } from "../src/config/settings.ts";

/** A configuration from keys and values as they would stand in zoo.cfg, with `myid` in its data directory. */
export function virtualConfig(entries: Readonly<Record<string, string>>, myid?: number): Config {
  const settings = new Map<string, Setting>();
  for (const [key, value] of Object.entries(entries)) {
    settings.set(key, { key, value, origin: { kind: "entry" } });
  }
  return resolveConfig({
    configFile: null,
    settings,
    flags: parseJvmFlags([]),
    readFile: (path) =>
      myid !== undefined && path.endsWith("/myid") ? new TextEncoder().encode(`${myid}`) : undefined,
  });
}
