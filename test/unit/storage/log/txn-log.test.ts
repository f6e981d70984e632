import { describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../../../../sim/virtual-clock.ts";
import type { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import type { Clock, Disk } from "../../../../src/base/ports.ts";
import { preallocatedSize } from "../../../../src/storage/log/log-file.ts";
import { BATCH_BYTES_MAX, TxnLog, type TxnLogOptions } from "../../../../src/storage/log/txn-log.ts";
import {
  cleanTail,
  logBytes,
  newDisk,
  payloadOf,
  range,
  scanLog,
  traced,
  zx,
} from "../../../support/storage.ts";

const LOG = "/data/version-2";

function open(disk: Disk, options: Partial<TxnLogOptions> = {}): TxnLog {
  return new TxnLog({
    disk,
    clock: new VirtualClock(),
    directory: LOG,
    after: cleanTail(),
    preAllocBytes: 65536,
    ...options,
  });
}

async function diskWithDirectory(): Promise<VirtualDisk> {
  const disk = newDisk();
  await disk.makeDirectory(LOG);
  return disk;
}

function append(log: TxnLog, from: number, to = from): void {
  for (const zxid of range(from, to)) log.append(zx(zxid), payloadOf(zxid));
}

const zxidsIn = (disk: VirtualDisk, name: string) =>
  scanLog(disk.get(`${LOG}/${name}`)!).records.map((record) => record.zxid as number);

/** A disk whose writes wait until they are let go. */
async function gatedDisk(): Promise<{ disk: VirtualDisk; release: () => void; waiting: () => number }> {
  const gates: (() => void)[] = [];
  const delay = (operation: string) =>
    operation === "write" ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve();
  const disk = newDisk(1, { delay });
  await disk.makeDirectory(LOG);
  return { disk, release: () => gates.shift()!(), waiting: () => gates.length };
}

describe("files", () => {
  it("have Apache's bytes and Apache's size", async () => {
    const disk = await diskWithDirectory();
    const log = open(disk);
    append(log, 1, 20);
    await log.commit();
    const bytes = disk.get(`${LOG}/log.1`)!;
    const records = logBytes(range(1, 20));
    expect(bytes.length).toBe(16 + 65536);
    expect(Buffer.from(bytes.subarray(0, records.length)).equals(records)).toBe(true);
    expect(bytes.subarray(records.length).every((byte) => byte === 0)).toBe(true);
    expect(log.fileBytes).toBe(16 + 65536);
  });

  it("grow by steps, as Apache's do", () => {
    expect(preallocatedSize(16, 16, 65536)).toBe(65552);
    expect(preallocatedSize(61455, 65552, 65536)).toBe(65552);
    expect(preallocatedSize(61456, 65552, 65536)).toBe(131088);
    expect(preallocatedSize(65552, 65552, 65536)).toBe(131088);
    expect(preallocatedSize(200_000, 65552, 65536)).toBe(262144);
    expect(preallocatedSize(100_000_000, 16, 0)).toBe(16);
  });

  it("without preallocation hold nothing but their records", async () => {
    const disk = await diskWithDirectory();
    const log = open(disk, { preAllocBytes: 0 });
    append(log, 1, 3);
    await log.commit();
    append(log, 4);
    await log.commit();
    expect(Buffer.from(disk.get(`${LOG}/log.1`)!).equals(logBytes(range(1, 4)))).toBe(true);
  });

  it("are read on beyond many steps and with records larger than a step", async () => {
    const disk = await diskWithDirectory();
    const log = open(disk, { preAllocBytes: 8192 });
    for (const zxid of range(1, 60)) {
      log.append(zx(zxid), payloadOf(zxid, new Uint8Array(zxid * 700)));
      if (zxid % 3 === 0) await log.commit();
    }
    await log.close();
    const { records, end } = scanLog(disk.get(`${LOG}/log.1`)!);
    expect(records.map((record) => record.zxid)).toEqual(range(1, 60));
    expect(end.kind).toBe("clean");
  });

  it("begin anew after roll, without a record lost or out of place", async () => {
    const disk = await diskWithDirectory();
    const log = open(disk);
    append(log, 1, 3);
    log.roll();
    append(log, 4, 6);
    await log.commit();
    log.roll();
    log.roll();
    append(log, 7);
    await log.close();
    expect(zxidsIn(disk, "log.1")).toEqual([1, 2, 3]);
    expect(zxidsIn(disk, "log.4")).toEqual([4, 5, 6]);
    expect(zxidsIn(disk, "log.7")).toEqual([7]);
  });

  it("begin anew when one is larger than txnLogSizeLimitInKb", async () => {
    const disk = await diskWithDirectory();
    const log = open(disk, { preAllocBytes: 0, fileBytesMax: 1000 });
    for (const zxid of range(1, 30)) {
      append(log, zxid);
      await log.commit();
    }
    const names = (await disk.list(LOG)).sort();
    expect(names.length).toBeGreaterThan(2);
    for (const name of names.slice(0, -1)) expect(disk.get(`${LOG}/${name}`)!.length).toBeLessThan(1200);
    expect(names.flatMap((name) => zxidsIn(disk, name)).sort((a, b) => a - b)).toEqual(range(1, 30));
  });

  it("begin anew behind the limit also for records that wait already", async () => {
    const { disk, release } = await gatedDisk();
    const log = open(disk, { preAllocBytes: 0, fileBytesMax: 100 });
    append(log, 1, 2);
    const first = log.commit();
    await turn();
    append(log, 3, 4);
    const second = log.commit();
    release();
    await first;
    await turn();
    release();
    await second;
    expect(zxidsIn(disk, "log.1")).toEqual([1, 2]);
    expect(zxidsIn(disk, "log.3")).toEqual([3, 4]);
  });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a commit", () => {
  it("is one write when the file is there", async () => {
    const { disk, calls } = traced(await diskWithDirectory());
    const log = open(disk);
    append(log, 1, 3);
    await log.commit();
    const size = logBytes([1, 2, 3]).length;
    expect(calls).toEqual([
      `createDurable ${LOG}/log.1`,
      `truncate ${LOG}/log.1 65552`,
      `write ${LOG}/log.1 @0 +65552`,
      `syncDirectory ${LOG}`,
    ]);
    calls.length = 0;
    append(log, 4, 50);
    await log.commit();
    const batch = logBytes(range(4, 50)).length - 16;
    expect(calls).toEqual([`write ${LOG}/log.1 @${size} +${batch}`]);
  });

  it("takes everything that gathered while the disk was busy, in one write", async () => {
    const { disk, release, waiting } = await gatedDisk();
    const log = open(disk);
    append(log, 1);
    const first = log.commit();
    await turn();
    append(log, 2, 40);
    const others = range(1, 10).map(() => log.commit());
    append(log, 41, 60);
    await turn();
    expect(waiting()).toBe(1);
    release();
    expect(await first).toBe(1);
    await turn();
    expect(waiting()).toBe(1);
    expect(log.lastDurableZxid).toBe(1);
    release();
    expect(await Promise.all(others)).toEqual(range(1, 10).map(() => 60));
    expect(waiting()).toBe(0);
    expect(log.lastDurableZxid).toBe(60);
  });

  it("resolves at once when nothing was appended", async () => {
    const { disk, calls } = traced(await diskWithDirectory());
    const log = open(disk, { after: cleanTail(7) });
    expect(await log.commit()).toBe(7);
    await log.close();
    expect(calls).toEqual([]);
  });

  it("is split so that no write is larger than recovery counts on", async () => {
    const { disk, calls } = traced(await diskWithDirectory());
    const log = open(disk, { preAllocBytes: 0 });
    const payload = (zxid: number) => payloadOf(zxid, new Uint8Array(300_000));
    for (const zxid of range(1, 20)) log.append(zx(zxid), payload(zxid));
    await log.commit();
    const writes = calls.filter((call) => call.startsWith("write")).map((call) => Number(call.split("+")[1]));
    expect(writes.length).toBe(4);
    for (const bytes of writes) expect(bytes).toBeLessThanOrEqual(BATCH_BYTES_MAX + 16);
  });

  it("keeps what was appended, whatever the caller does with its memory", async () => {
    const disk = await diskWithDirectory();
    const log = open(disk);
    const bytes = Buffer.from(payloadOf(1));
    log.append(zx(1), bytes);
    bytes.fill(0xff);
    await log.commit();
    expect(scanLog(disk.get(`${LOG}/log.1`)!).records[0]!.bytes.equals(payloadOf(1))).toBe(true);
  });

  it("does not wait for the disk with forceSync=no", async () => {
    const { disk, calls } = traced(await diskWithDirectory());
    const log = open(disk, { isSynced: false });
    append(log, 1, 2);
    await log.commit();
    expect(calls.filter((call) => /sync|Durable/.test(call))).toEqual([]);
  });
});

describe("misuse", () => {
  it("a zxid that does not rise is refused", async () => {
    const log = open(await diskWithDirectory(), { after: cleanTail(5) });
    expect(() => append(log, 5)).toThrow("txn 0x5 appended behind 0x5");
    append(log, 6);
    expect(() => append(log, 6)).toThrow("appended behind");
    expect(() => append(log, 3)).toThrow("appended behind");
    await log.close();
    expect(() => append(log, 7)).toThrow("closed");
  });
});

describe("what is reported", () => {
  it("each write with its time, slow ones apart", async () => {
    let elapsedMs = 0;
    const clock: Clock = { now: () => ({ elapsedMs: (elapsedMs += 600), wallMs: 0 }) };
    const onSync = vi.fn();
    const onSlowSync = vi.fn();
    const log = open(await diskWithDirectory(), { clock, onSync, onSlowSync, syncWarningMs: 500 });
    append(log, 1);
    await log.commit();
    const bytes = logBytes([1]).length - 16;
    expect(onSync.mock.calls).toEqual([[600, bytes]]);
    expect(onSlowSync.mock.calls).toEqual([[600, bytes, `${LOG}/log.1`]]);
    const calm = open(await diskWithDirectory(), { clock, onSync, onSlowSync });
    append(calm, 1);
    await calm.commit();
    expect(onSync).toHaveBeenCalledTimes(2);
    expect(onSlowSync).toHaveBeenCalledTimes(1);
  });
});
