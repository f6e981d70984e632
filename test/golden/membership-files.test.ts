import { describe, expect, it } from "vitest";
import type { VirtualDisk } from "../../sim/virtual-disk.ts";
import type { Config } from "../../src/config/config.ts";
import { configFromEntries } from "../../src/config/load.ts";
import { parseMembershipText } from "../../src/core/quorum/membership-text.ts";
import { zxidFromHex } from "../../src/protocol/zxid.ts";
import { MembershipFiles } from "../../src/server/ensemble/membership-files.ts";
import { newDisk } from "../support/storage.ts";
import { vectorBytes, vectorNames } from "../support/vectors.ts";

/** What Apache servers made of their configuration files in the course of three reconfigs, made by us. */

const RULES = { allowsSeveralAddresses: false, hasOracle: false };
const VERSIONS = ["100000000", "100000003", "100000009", "200000003"];

function membershipOf(server: string, version: string) {
  const text = vectorBytes(`reconfig/${server}/conf/zoo.cfg.dynamic.${version}`).toString("latin1");
  return parseMembershipText(`${text}\nversion=${version}`, RULES);
}

function configOf(serverId: number, server: string): Config {
  const config = configFromEntries({ dataDir: "/data", clientPort: "0" });
  return {
    ...config,
    files: { ...config.files, configFile: "/conf/zoo.cfg", serverId },
    ensemble: {
      ...config.ensemble,
      allowsReconfig: true,
      membership: { ...membershipOf(server, VERSIONS[0]!), version: zxidFromHex("0")! },
    },
  };
}

function textOf(disk: VirtualDisk, name: string): string | undefined {
  const bytes = disk.get(`/conf/${name}`);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
}

/** Apache writes the lines of the static file in the order of its hash table. */
function sortedLines(text: string): string[] {
  return text.trimEnd().split("\n").sort();
}

describe.each([
  [1, "s1"],
  [4, "s4"],
])("server %i", (serverId, server) => {
  const original = vectorBytes(`reconfig/${server}/conf/zoo.cfg.bak`);

  it("has Apache's files after the same reconfigs", async () => {
    const disk = newDisk();
    disk.put("/conf/zoo.cfg", original);
    const files = new MembershipFiles(configOf(serverId, server), disk);
    await files.backUp();
    let committed = configOf(serverId, server).ensemble.membership!;
    for (const version of VERSIONS) {
      const membership = membershipOf(server, version);
      await files.store({ committed, lastSeen: membership });
      expect(textOf(disk, "zoo.cfg.dynamic.next")).toContain(`version=${version}`);
      await files.store({ committed: membership, lastSeen: null });
      committed = membership;
      expect(textOf(disk, "zoo.cfg.dynamic.next")).toBeUndefined();
    }
    const rebooted = disk.reboot("lost");
    const names = vectorNames(`reconfig/${server}/conf`);
    expect(rebooted.paths().sort()).toEqual(names.map((name) => `/conf/${name}`));
    for (const name of names.filter((each) => each !== "zoo.cfg")) {
      expect(textOf(rebooted, name)).toBe(vectorBytes(`reconfig/${server}/conf/${name}`).toString("latin1"));
    }
    const expected = vectorBytes(`reconfig/${server}/conf/zoo.cfg`)
      .toString("latin1")
      .replace("CONFDIR", "/conf");
    expect(sortedLines(textOf(rebooted, "zoo.cfg")!)).toEqual(sortedLines(expected));
  });
});
