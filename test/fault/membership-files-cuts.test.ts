import { describe, expect, it } from "vitest";
import type { CrashKind, VirtualDisk } from "../../sim/virtual-disk.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { Config } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";
import { parseJvmFlags, readSettings } from "../../src/config/settings.ts";
import { formatMembership, parseMembershipText } from "../../src/core/quorum/membership-text.ts";
import { MembershipFiles } from "../../src/server/ensemble/membership-files.ts";
import { newDisk } from "../support/storage.ts";

/**
 * The power fails at every write boundary while a configuration is proposed and then committed. The next start reads a
 * complete configuration: what was committed before or after, and never less than what was stored.
 */

const CONFIG_FILE = "/conf/zoo.cfg";
const LINES = [1, 2, 3].map((id) => `server.${id}=host${id}:2888:3888:participant;0.0.0.0:2181`);
const STATIC = [
  "# ours",
  "dataDir=/data",
  "initLimit=5",
  "syncLimit=2",
  "reconfigEnabled=true",
  ...LINES,
  "",
].join("\n");
const RULES = { allowsSeveralAddresses: false, hasOracle: false };
const FIRST = parseMembershipText(`${LINES.join("\n")}\nversion=100000000`, RULES);
const SECOND = parseMembershipText(`${LINES.slice(0, 2).join("\n")}\nversion=100000005`, RULES);

/** What a start reads. */
function load(disk: VirtualDisk): Config {
  return resolveConfig({
    configFile: CONFIG_FILE,
    settings: readSettings(CONFIG_FILE, disk.get(CONFIG_FILE)!),
    flags: parseJvmFlags([]),
    readFile: (path) => (path === "/data/myid" ? Buffer.from("1") : disk.get(path)),
  });
}

/** What the server does in the course of two reconfigs; returns after which step the power failed. */
async function live(disk: VirtualDisk): Promise<number> {
  let steps = 0;
  try {
    const files = new MembershipFiles(load(disk), disk);
    await files.backUp();
    await files.store({ committed: load(disk).ensemble.membership!, lastSeen: FIRST });
    steps++;
    await files.store({ committed: FIRST, lastSeen: null });
    steps++;
    await files.store({ committed: FIRST, lastSeen: SECOND });
    steps++;
    await files.store({ committed: SECOND, lastSeen: null });
    steps++;
  } catch {
    // The power is off.
  }
  return steps;
}

describe("a power failure at every write boundary of reconfigs", () => {
  it.each<CrashKind>(["lost", "kept", "torn", "reordered"])("unsynced writes %s", async (kind) => {
    for (let cutAt = 0; ; cutAt++) {
      const rng = createPrng(cutAt + 1);
      const disk = newDisk();
      disk.put(CONFIG_FILE, Buffer.from(STATIC));
      disk.cutPowerAt(disk.changes + cutAt);
      const steps = await live(disk);
      const rebooted = disk.reboot(kind, rng);
      const { membership, lastSeenMembership } = load(rebooted).ensemble;
      const version = membership!.version;
      const known = version === 0 ? { ...FIRST, version } : version === FIRST.version ? FIRST : SECOND;
      expect(formatMembership(membership!)).toBe(formatMembership(known));
      expect(version).toBeGreaterThanOrEqual([0, 0, FIRST.version, FIRST.version, SECOND.version][steps]!);
      // A proposal beside a file that still holds the servers itself is not read; it has the same servers.
      const stored = Math.max(version, lastSeenMembership?.version ?? 0);
      expect(stored).toBeGreaterThanOrEqual([0, 0, FIRST.version, SECOND.version, SECOND.version][steps]!);
      // From whatever was left, the rest can be done.
      await live(rebooted);
      const files = new MembershipFiles(load(rebooted), rebooted);
      await files.store({ committed: SECOND, lastSeen: null });
      const last = load(rebooted.reboot("lost", rng)).ensemble;
      expect([last.membership!.version, last.lastSeenMembership]).toEqual([SECOND.version, null]);
      if (steps === 4) return;
    }
  });
});
