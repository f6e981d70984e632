import { describe, expect, it } from "vitest";
import { makeZxid, ZXID_NONE } from "../../../../src/protocol/zxid.ts";
import { EpochFiles } from "../../../../src/storage/directory/epoch-files.ts";
import { openEpochs } from "../../../../src/storage/directory/epoch-rules.ts";
import { newDisk, zx } from "../../../support/storage.ts";

const DIR = "/data/version-2";

/** What is found, and afterwards on disk: accepted, current. */
async function open(accepted: number | undefined, current: number | undefined, lastZxid: number) {
  const disk = newDisk();
  await disk.makeDirectory(DIR);
  if (accepted !== undefined) disk.put(`${DIR}/acceptedEpoch`, Buffer.from(String(accepted)));
  if (current !== undefined) disk.put(`${DIR}/currentEpoch`, Buffer.from(String(current)));
  const epochs = await openEpochs(new EpochFiles(disk, DIR), DIR, zx(lastZxid)).catch(
    (error: Error) => error,
  );
  const files = new EpochFiles(disk.reboot("lost"), DIR);
  return { epochs, stored: [await files.readAccepted(), await files.readCurrent()] };
}

describe("epochs at the start", () => {
  it.each([
    ["both there", 5, 4, makeZxid(4, 9), 5, 4],
    ["data of an earlier epoch", 5, 4, makeZxid(1, 9), 5, 4],
    ["nothing yet", undefined, undefined, 0, 0, 0],
    ["nothing that may vote", undefined, undefined, ZXID_NONE, 0, 0],
    ["files missing beside data", undefined, undefined, makeZxid(3, 9), 3, 3],
    ["currentEpoch missing", 7, undefined, makeZxid(3, 9), 7, 3],
    ["acceptedEpoch missing, and it can only have been this", undefined, 3, makeZxid(3, 9), 3, 3],
    ["a sync whose epoch was not written yet", 6, 4, makeZxid(6, 9), 6, 6],
    ["a sync of an epoch between", 7, 4, makeZxid(6, 9), 7, 6],
  ])("%s", async (_, accepted, current, lastZxid, acceptedThen, currentThen) => {
    const { epochs, stored } = await open(accepted, current, lastZxid);
    expect(epochs).toEqual({ accepted: acceptedThen, current: currentThen });
    expect(stored).toEqual([acceptedThen, currentThen]);
  });

  it.each([
    ["accepted below current", 3, 4, makeZxid(2, 1), "currentEpoch is 4, but acceptedEpoch is 3"],
    ["data beyond what was accepted", 5, 5, makeZxid(6, 1), "is of epoch 6, but acceptedEpoch is 5"],
    ["acceptedEpoch lost", undefined, 4, makeZxid(2, 1), "acceptedEpoch is missing"],
  ])("refuses %s, and changes nothing", async (_, accepted, current, lastZxid, message) => {
    const { epochs, stored } = await open(accepted, current, lastZxid);
    expect(epochs).toMatchObject({ name: "StartRefused", reason: "epoch-order" });
    expect((epochs as unknown as Error).message).toContain(message);
    expect((epochs as unknown as Error).message).toContain("move version-2 of this server aside");
    expect(stored).toEqual([accepted, current]);
  });
});
