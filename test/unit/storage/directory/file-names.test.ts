import { describe, expect, it } from "vitest";
import {
  isSnapshotLeftover,
  logName,
  logNames,
  pathIn,
  snapshotName,
  snapshotNames,
} from "../../../../src/storage/directory/file-names.ts";
import { zx } from "../../../support/storage.ts";

describe("names of files", () => {
  it("are the zxid in hex without padding, with the compression behind", () => {
    expect(logName(zx(0x1_0000_0021))).toBe("log.100000021");
    expect(snapshotName(zx(0), "")).toBe("snapshot.0");
    expect(snapshotName(zx(0x2b), "gz")).toBe("snapshot.2b.gz");
    expect(snapshotName(zx(0x2b), "snappy")).toBe("snapshot.2b.snappy");
    expect(pathIn("/data", "log.1")).toBe("/data/log.1");
    expect(pathIn("/", "log.1")).toBe("/log.1");
  });

  it("are put in the order of numbers, not of text", () => {
    expect(logNames(["log.10", "log.9", "log.1ff", "log.20"]).map(({ name }) => name)).toEqual([
      "log.9",
      "log.10",
      "log.20",
      "log.1ff",
    ]);
    expect(snapshotNames(["snapshot.9", "snapshot.10"]).map(({ name }) => name)).toEqual([
      "snapshot.10",
      "snapshot.9",
    ]);
  });

  it("of anything else are not taken for logs or snapshots", () => {
    expect(logNames(["log.", "log.xyz", "log.1.bak", "log.1.tmp", "xlog.1", "LOG.1x", "snapshot.1"])).toEqual(
      [],
    );
    expect(
      snapshotNames([
        "snapshot.5.tmp",
        "snapshot.5.gz.tmp",
        "snapshot.old",
        "snapshot.5.zip",
        "log.5",
        "acceptedEpoch",
      ]),
    ).toEqual([]);
  });

  it("of unfinished snapshots are known as such", () => {
    expect(isSnapshotLeftover("snapshot.5.tmp")).toBe(true);
    expect(isSnapshotLeftover("snapshot.5.gz.tmp")).toBe(true);
    expect(isSnapshotLeftover("currentEpoch.tmp")).toBe(false);
    expect(isSnapshotLeftover("snapshot.5")).toBe(false);
  });

  it("tell the compression, and -1 for a snapshot without zxid", () => {
    expect(snapshotNames(["snapshot.2b.gz", "snapshot.ffffffffffffffff", "snapshot.2c"])).toEqual([
      { name: "snapshot.2c", zxid: 0x2c, compression: "" },
      { name: "snapshot.2b.gz", zxid: 0x2b, compression: "gz" },
      { name: "snapshot.ffffffffffffffff", zxid: -1, compression: "" },
    ]);
  });
});
