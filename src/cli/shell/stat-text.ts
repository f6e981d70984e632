import { javaDate } from "../../admin/java-date.ts";
import type { Stat } from "../../protocol/records/data.ts";
import { type Zxid, zxidToHex } from "../../protocol/zxid.ts";

/** The eleven lines of a stat block (command-line 2.8). */
export function statLines(stat: Stat): string[] {
  return [
    `cZxid = ${hex(stat.czxid)}`,
    `ctime = ${javaDate(stat.ctime)}`,
    `mZxid = ${hex(stat.mzxid)}`,
    `mtime = ${javaDate(stat.mtime)}`,
    `pZxid = ${hex(stat.pzxid)}`,
    `cversion = ${stat.cversion}`,
    `dataVersion = ${stat.version}`,
    `aclVersion = ${stat.aversion}`,
    `ephemeralOwner = ${stat.ephemeralOwner}`,
    `dataLength = ${stat.dataLength}`,
    `numChildren = ${stat.numChildren}`,
  ];
}

/** A stat for `--json`: zxids and owner in hex (they may exceed a JSON number), times in ISO 8601. */
export function statJson(stat: Stat): Record<string, unknown> {
  return {
    czxid: hex(stat.czxid),
    ctime: new Date(stat.ctime).toISOString(),
    mzxid: hex(stat.mzxid),
    mtime: new Date(stat.mtime).toISOString(),
    pzxid: hex(stat.pzxid),
    cversion: stat.cversion,
    version: stat.version,
    aversion: stat.aversion,
    ephemeralOwner: String(stat.ephemeralOwner),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  };
}

function hex(zxid: Zxid): string {
  return `0x${zxidToHex(zxid)}`;
}
