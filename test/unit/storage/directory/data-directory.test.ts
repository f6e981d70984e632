import { describe, expect, it } from "vitest";
import type { DiskOperation } from "../../../../sim/virtual-disk.ts";
import { openDataDirectory } from "../../../../src/storage/directory/data-directory.ts";
import { StartRefused } from "../../../../src/storage/start-refused.ts";
import { newDisk } from "../../../support/storage.ts";

async function refusal(promise: Promise<unknown>): Promise<StartRefused> {
  const error = await promise.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartRefused);
  return error as StartRefused;
}

describe("openDataDirectory", () => {
  it("creates what is missing", async () => {
    const disk = newDisk();
    const directory = await openDataDirectory({ disk, dataDir: "/a/data", dataLogDir: "/b/log" });
    expect(directory).toMatchObject({
      dataDir: "/a/data",
      dataLogDir: "/b/log",
      snapDir: "/a/data/version-2",
      logDir: "/b/log/version-2",
    });
    expect(await disk.list("/a/data")).toEqual(["version-2"]);
    expect(await disk.list("/b/log")).toEqual(["version-2"]);
  });

  it("has one directory for both when dataLogDir is not set", async () => {
    const directory = await openDataDirectory({ disk: newDisk(), dataDir: "/data" });
    expect(directory.logDir).toBe(directory.snapDir);
    expect(directory.dataLogDir).toBe("/data");
  });

  it.each(["dataDir", "dataLogDir"])("does not create %s with datadir.autocreate=false", async (key) => {
    const disk = newDisk();
    if (key === "dataLogDir") await disk.makeDirectory("/data/version-2");
    const refused = await refusal(
      openDataDirectory({ disk, dataDir: "/data", dataLogDir: "/log", isAutocreated: false }),
    );
    expect(refused.reason).toBe("directory-missing");
    expect(refused.message).toContain("automatic data directory creation is disabled");
    expect(refused.message).toContain(key);
  });

  it.each([
    ["EROFS", "mounted read-only"],
    ["EACCES", "The user of this process may not"],
    ["ENOSPC", "The disk is full"],
    ["EIO", "EIO"],
  ])("explains %s", async (code, hint) => {
    const operations: DiskOperation[] = ["makeDirectory", "lock"];
    for (const operation of operations) {
      const disk = newDisk();
      disk.inject({ operation, code });
      const refused = await refusal(openDataDirectory({ disk, dataDir: "/data" }));
      expect(refused.reason).toBe("directory-inaccessible");
      expect(refused.message).toContain("dataDir /data");
      expect(refused.message).toContain(hint);
    }
  });

  it("refuses a directory that another server has, until that gives it back", async () => {
    const disk = newDisk();
    const first = await openDataDirectory({ disk, dataDir: "/data" });
    const refused = await refusal(openDataDirectory({ disk, dataDir: "/data" }));
    expect(refused.reason).toBe("directory-in-use");
    expect(refused.message).toContain("/data is in use by another virtual server");
    expect(refused.message).toContain("a dataDir of its own");
    await first.release();
    await (await openDataDirectory({ disk, dataDir: "/data" })).release();
  });

  it("refuses a log directory that another server has, and gives back what it had claimed", async () => {
    const disk = newDisk();
    const first = await openDataDirectory({ disk, dataDir: "/one", dataLogDir: "/log" });
    expect((await refusal(openDataDirectory({ disk, dataDir: "/two", dataLogDir: "/log" }))).reason).toBe(
      "directory-in-use",
    );
    await (await openDataDirectory({ disk, dataDir: "/two" })).release();
    await first.release();
  });

  it.each([
    ["/data/version-2/log.1", "misplaced-log", "dataLogDir"],
    ["/log/version-2/snapshot.0", "misplaced-snapshot", "dataDir"],
  ])("refuses %s in the wrong directory", async (path, reason, key) => {
    const disk = newDisk();
    disk.put(path, Buffer.of(1));
    const refused = await refusal(openDataDirectory({ disk, dataDir: "/data", dataLogDir: "/log" }));
    expect(refused).toMatchObject({ reason, file: path });
    expect(refused.message).toContain(`where ${key} wants it`);
    const same = await openDataDirectory({ disk, dataDir: "/data", dataLogDir: "/data" });
    await same.release();
  });
});
