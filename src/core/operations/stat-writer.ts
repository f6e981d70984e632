import type { JuteWriter } from "../../protocol/jute-writer.ts";
import type { Stat } from "../../protocol/records/data.ts";

/** The 68 bytes of a Stat, as `Stat.write` does it, without its loop over fields: every write is answered with one. */
export function writeStat(writer: JuteWriter, stat: Stat): void {
  writer.writeZxid(stat.czxid);
  writer.writeZxid(stat.mzxid);
  writer.writeLong(stat.ctime);
  writer.writeLong(stat.mtime);
  writer.writeInt(stat.version);
  writer.writeInt(stat.cversion);
  writer.writeInt(stat.aversion);
  writer.writeInt64(stat.ephemeralOwner);
  writer.writeInt(stat.dataLength);
  writer.writeInt(stat.numChildren);
  writer.writeZxid(stat.pzxid);
}
