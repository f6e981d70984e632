import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../../sim/virtual-clock.ts";
import { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import { createPrng } from "../../../../src/base/prng.ts";
import { Database } from "../../../../src/core/tree/database.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { encodeTxn } from "../../../../src/protocol/txn.ts";
import { makeZxid, type Zxid } from "../../../../src/protocol/zxid.ts";
import { openDataDirectory } from "../../../../src/storage/directory/data-directory.ts";
import { EpochFiles } from "../../../../src/storage/directory/epoch-files.ts";
import { TxnLog } from "../../../../src/storage/log/txn-log.ts";
import { recover } from "../../../../src/storage/recovery/recovery.ts";

function txn(zxid: Zxid): Uint8Array {
  const header = { clientId: new Int64(0, 7), cxid: 1, zxid, time: 1000, type: OpCode.createSession };
  return encodeTxn({ header, body: { type: OpCode.createSession, timeOut: 4000 }, digest: undefined });
}

async function start(disk: VirtualDisk) {
  const directory = await openDataDirectory({ disk, dataDir: "/data" });
  const options = { digestEnabled: true, extendedTypesEnabled: false, emulate353TTLNodes: false };
  const recovered = await recover({ disk, directory, createTarget: () => new Database(options) });
  await directory.release();
  return { directory, recovered };
}

async function logOf(disk: VirtualDisk, isSynced = true): Promise<TxnLog> {
  const { directory, recovered } = await start(disk);
  return new TxnLog({
    disk,
    clock: new VirtualClock(),
    directory: directory.logDir,
    after: recovered.logTail,
    preAllocBytes: 4096,
    isSynced,
  });
}

describe("what a start has read survives a power failure", () => {
  it("although the process before left it in the cache", async () => {
    const disk = new VirtualDisk({ rng: createPrng(1) });
    const log = await logOf(disk, false);
    for (const counter of [1, 2]) log.append(makeZxid(1, counter), txn(makeZxid(1, counter)));
    await log.commit();
    expect((await start(disk)).recovered.lastZxid).toBe(makeZxid(1, 2));
    expect((await start(disk.reboot("lost"))).recovered.lastZxid).toBe(makeZxid(1, 2));
  });

  it("although the disk has refused to write it", async () => {
    const disk = new VirtualDisk({ rng: createPrng(1) });
    const log = await logOf(disk);
    log.append(makeZxid(1, 1), txn(makeZxid(1, 1)));
    await log.commit();
    disk.inject({ operation: "write", path: /log\./, code: "EIO", times: 1 });
    log.append(makeZxid(1, 2), txn(makeZxid(1, 2)));
    await expect(log.commit()).rejects.toThrow("EIO");
    const { lastZxid } = (await start(disk)).recovered;
    expect((await start(disk.reboot("lost"))).recovered.lastZxid).toBe(lastZxid);
    expect(lastZxid).toBe(makeZxid(1, 2));
  });

  it("names of epoch files included", async () => {
    const disk = new VirtualDisk({ rng: createPrng(1) });
    const { directory } = await start(disk);
    const epochs = (on: VirtualDisk): EpochFiles => new EpochFiles(on, directory.snapDir);
    disk.inject({ operation: "syncDirectory", code: "EIO", times: 1 });
    await expect(epochs(disk).writeCurrent(3)).rejects.toThrow("EIO");
    expect(await epochs(disk).readCurrent()).toBe(3);
    await start(disk);
    expect(await epochs(disk.reboot("lost")).readCurrent()).toBe(3);
  });
});
