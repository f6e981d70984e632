import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../../sim/virtual-clock.ts";
import type { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import { zxidText } from "../../../../src/protocol/zxid.ts";
import { filesFrom, readLog } from "../../../../src/storage/log/log-reader.ts";
import { TxnLog } from "../../../../src/storage/log/txn-log.ts";
import { cleanTail, logBytes, newDisk, payloadOf, range, zx } from "../../../support/storage.ts";

const DIR = "/data/version-2";

function diskWith(logs: Record<string, readonly number[] | Uint8Array>): VirtualDisk {
  const disk = newDisk();
  for (const [name, log] of Object.entries(logs)) {
    disk.put(
      `${DIR}/${name}`,
      log instanceof Uint8Array ? log : Buffer.concat([logBytes(log), Buffer.alloc(3000)]),
    );
  }
  return disk;
}

async function read(disk: VirtualDisk, from: number, through: number): Promise<number[]> {
  const zxids: number[] = [];
  for await (const records of readLog({ disk, directory: DIR, from: zx(from), through: zx(through) })) {
    for (const record of records) {
      expect(record.bytes.equals(payloadOf(record.zxid))).toBe(true);
      zxids.push(record.zxid);
    }
  }
  return zxids;
}

describe("readLog", () => {
  const logs = { "log.1": range(1, 9), "log.a": range(10, 25), "log.1a": range(26, 40) };

  it.each([
    [1, 40],
    [5, 5],
    [9, 10],
    [10, 25],
    [12, 30],
    [40, 40],
    [0, 3],
  ])("gives the records %d to %d", async (from, through) => {
    expect(await read(diskWith(logs), from, through)).toEqual(range(Math.max(1, from), through));
  });

  it("gives what there is when the log is shorter, and nothing for an empty range", async () => {
    expect(await read(diskWith(logs), 38, 90)).toEqual([38, 39, 40]);
    expect(await read(diskWith(logs), 50, 90)).toEqual([]);
    expect(await read(diskWith(logs), 9, 8)).toEqual([]);
    expect(await read(diskWith({ "log.5": range(5, 8) }), 1, 8)).toEqual([5, 6, 7, 8]);
  });

  it("does not open files that it does not need", async () => {
    const disk = diskWith(logs);
    disk.inject({ operation: "open", path: /log\.(1|1a)$/, code: "EIO" });
    expect(await read(disk, 11, 20)).toEqual(range(11, 20));
  });

  it("reads large files in portions", async () => {
    const disk = diskWith({
      "log.1": logBytes(range(1, 30), (zxid) => payloadOf(zxid, new Uint8Array(200_000))),
    });
    let portions = 0;
    const zxids: number[] = [];
    for await (const records of readLog({ disk, directory: DIR, from: zx(1), through: zx(30) })) {
      portions++;
      zxids.push(...records.map((record) => record.zxid));
    }
    expect(zxids).toEqual(range(1, 30));
    expect(portions).toBeGreaterThan(4);
  });

  it("reads what is durable while the log is being written", async () => {
    const disk = newDisk();
    await disk.makeDirectory(DIR);
    const log = new TxnLog({
      disk,
      clock: new VirtualClock(),
      directory: DIR,
      after: cleanTail(),
      preAllocBytes: 4096,
    });
    for (const zxid of range(1, 60)) {
      log.append(zx(zxid), payloadOf(zxid));
      if (zxid % 10 === 5) log.roll();
      if (zxid % 7 !== 0) continue;
      const durable = await log.commit();
      expect(await read(disk, 1, durable)).toEqual(range(1, zxid));
    }
  });

  it("stops at damage, and says where", async () => {
    const bytes = logBytes(range(1, 9));
    bytes[200]! ^= 1;
    await expect(read(diskWith({ "log.1": bytes }), 1, 9)).rejects.toThrow(
      /\/data\/version-2\/log\.1 cannot be read beyond offset \d+: CRC check failed/,
    );
  });

  it("closes the file when the reader leaves half-way", async () => {
    const disk = diskWith(logs);
    for await (const records of readLog({ disk, directory: DIR, from: zx(1), through: zx(40) })) {
      expect(records[0]!.zxid).toBe(1);
      break;
    }
  });
});

it("filesFrom keeps the file that starts at or below the wanted zxid, and all later ones", () => {
  const files = [1, 5, 10].map((zxid) => ({ name: `log.${zxid}`, zxid: zx(zxid) }));
  const names = (from: number) => filesFrom(files, zx(from)).map((file) => file.zxid as number);
  expect([0, 1, 4, 5, 9, 10, 99].map(names)).toEqual([
    [1, 5, 10],
    [1, 5, 10],
    [1, 5, 10],
    [5, 10],
    [5, 10],
    [10],
    [10],
  ]);
  expect(filesFrom([], zx(3))).toEqual([]);
  expect(zxidText(zx(0x1_0000_0021))).toBe("0x100000021");
});
