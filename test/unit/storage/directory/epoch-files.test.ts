import { describe, expect, it } from "vitest";
import { EpochFiles } from "../../../../src/storage/directory/epoch-files.ts";
import { newDisk, traced } from "../../../support/storage.ts";
import { vectorBytes } from "../../../support/vectors.ts";

const DIR = "/data/version-2";

async function files(content?: string | Uint8Array) {
  const disk = newDisk();
  await disk.makeDirectory(DIR);
  if (content !== undefined) disk.put(`${DIR}/acceptedEpoch`, Buffer.from(content as string));
  return { disk, epochs: new EpochFiles(disk, DIR) };
}

describe("EpochFiles", () => {
  it("writes decimal text without a newline, as Apache does", async () => {
    const { disk, epochs } = await files();
    expect(await epochs.readAccepted()).toBeUndefined();
    await epochs.writeAccepted(2);
    await epochs.writeCurrent(2_097_151);
    expect(
      Buffer.from(disk.get(`${DIR}/acceptedEpoch`)!).equals(
        vectorBytes("ensemble/s2/version-2/acceptedEpoch"),
      ),
    ).toBe(true);
    expect(Buffer.from(disk.get(`${DIR}/currentEpoch`)!).toString()).toBe("2097151");
    expect([await epochs.readAccepted(), await epochs.readCurrent()]).toEqual([2, 2_097_151]);
    const rebooted = new EpochFiles(disk.reboot("lost"), DIR);
    expect([await rebooted.readAccepted(), await rebooted.readCurrent()]).toEqual([2, 2_097_151]);
  });

  it("replaces the file as a whole, durably", async () => {
    const { disk, calls } = traced((await files("1")).disk);
    await new EpochFiles(disk, DIR).writeAccepted(7);
    expect(calls).toEqual([
      `create ${DIR}/acceptedEpoch.tmp`,
      `write ${DIR}/acceptedEpoch.tmp @0 +1`,
      `sync ${DIR}/acceptedEpoch.tmp`,
      `close ${DIR}/acceptedEpoch.tmp`,
      `rename ${DIR}/acceptedEpoch.tmp ${DIR}/acceptedEpoch`,
      `syncDirectory ${DIR}`,
    ]);
  });

  it("accepts a trailing newline", async () => {
    expect(await (await files("12\n")).epochs.readAccepted()).toBe(12);
    expect(await (await files("0")).epochs.readAccepted()).toBe(0);
  });

  it.each(["", "\n", "x", "-1", "1.5", "12 ", "0x1", "99999999999", "2097152", "1\n2"])(
    "refuses %j",
    async (text) => {
      const { epochs } = await files(text);
      await expect(epochs.readAccepted()).rejects.toMatchObject({
        name: "StartRefused",
        reason: "epoch-file",
      });
      await expect(epochs.readAccepted()).rejects.toThrow(`${DIR}/acceptedEpoch should hold an epoch`);
    },
  );

  it("does not write what is no epoch", async () => {
    const { epochs } = await files();
    for (const epoch of [-1, 1.5, Number.NaN, 2_097_152])
      await expect(epochs.writeCurrent(epoch)).rejects.toThrow("is not an epoch");
  });
});
