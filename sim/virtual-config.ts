import type { Config } from "../src/config/config.ts";
import { resolveConfig } from "../src/config/resolve-config.ts";
import { parseJvmFlags, readSettings, type Setting } from "../src/config/settings.ts";
import type { VirtualDisk } from "./virtual-disk.ts";

/** Where a virtual server has its configuration, and what a reconfig makes of it. */
export const CONFIG_FILE = "/conf/zoo.cfg";

/** The configuration as a server finds it when it starts, from the files that it wrote itself meanwhile; `flags`: `-D…`. */
export function configOn(disk: VirtualDisk, myid: number, flags: readonly string[] = []): Config {
  return resolveConfig({
    configFile: CONFIG_FILE,
    settings: readSettings(CONFIG_FILE, disk.get(CONFIG_FILE)!),
    flags: parseJvmFlags(flags),
    readFile: (path) => (path.endsWith("/myid") ? new TextEncoder().encode(`${myid}`) : disk.get(path)),
  });
}

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
