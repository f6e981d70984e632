import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../../sim/virtual-clock.ts";
import type { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import { TxnLog } from "../../../../src/storage/log/txn-log.ts";
import { SnapshotStore } from "../../../../src/storage/snapshot/snapshot-store.ts";
import { StartRefused } from "../../../../src/storage/start-refused.ts";
import {
  contentsOf,
  logBytes,
  newDisk,
  openDirectory,
  payloadOf,
  range,
  recoverZxids,
  scanLog,
  TURNS,
  ZxidDatabase,
  zx,
} from "../../../support/storage.ts";

const DIR = "/data/version-2";
const E1 = 0x1_0000_0000;
const E2 = 0x2_0000_0000;

/** A disk with these logs, and a snapshot of everything up to each of `snapshots`. */
async function diskWith(
  logs: Record<string, readonly number[] | Uint8Array>,
  snapshots: readonly number[] = [0],
): Promise<VirtualDisk> {
  const disk = newDisk();
  await disk.makeDirectory(DIR);
  for (const zxid of snapshots) {
    const target = new ZxidDatabase();
    for (const earlier of Object.values(logs).flatMap((log) => (log instanceof Uint8Array ? [] : [...log]))) {
      if (earlier <= zxid) target.replay(payloadOf(earlier));
    }
    target.zxid = zxid;
    await new SnapshotStore({ disk, timer: TURNS, directory: DIR }).write(target.snapshotSource());
  }
  for (const [name, log] of Object.entries(logs)) {
    disk.put(
      `${DIR}/${name}`,
      log instanceof Uint8Array ? log : Buffer.concat([logBytes(log), Buffer.alloc(5000)]),
    );
  }
  return disk.reboot("kept");
}

type Options = Parameters<typeof recoverZxids>[1];

async function refusal(disk: VirtualDisk, options: Options = {}): Promise<StartRefused> {
  const before = contentsOf(disk);
  const error = await recoverZxids(disk, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartRefused);
  expect(contentsOf(disk)).toEqual(before);
  return error as StartRefused;
}

describe("nothing found", () => {
  it("is a new database with a durable snapshot.0", async () => {
    const disk = newDisk();
    const recovered = await recoverZxids(disk);
    expect(recovered).toMatchObject({ origin: "new", lastZxid: 0, snapshotZxid: 0, recordsReplayed: 0 });
    const again = await recoverZxids(disk.reboot("lost"));
    expect(again).toMatchObject({ origin: "disk", lastZxid: 0, snapshotZxid: 0 });
  });

  it("may not vote when db.autocreate is off, and is not turned into data", async () => {
    const disk = newDisk();
    const recovered = await recoverZxids(disk, { isDbAutocreated: false });
    expect(recovered).toMatchObject({ origin: "untrusted-empty", lastZxid: -1 });
    expect(recovered.logTail.lastZxid).toBe(-1);
    expect(disk.paths()).toEqual([]);
  });

  it("may vote when there is an initialize file, which is used up", async () => {
    const disk = newDisk();
    disk.put("/data/initialize", Buffer.alloc(0));
    expect((await recoverZxids(disk, { isDbAutocreated: false })).origin).toBe("new");
    expect(disk.paths()).toEqual([`${DIR}/snapshot.0`]);
  });

  it("and the initialize file goes also when there is data", async () => {
    const disk = await diskWith({ "log.1": range(1, 3) });
    disk.put("/data/initialize", Buffer.alloc(0));
    expect((await recoverZxids(disk)).lastZxid).toBe(3);
    expect(disk.paths()).not.toContain("/data/initialize");
  });

  it.each([
    ["an empty snapshot.0", "snapshot.0", 0],
    ["half a snapshot.0", "snapshot.0", 60],
    ["an empty log.1", "log.1", 0],
    ["a log.1 of 8 bytes", "log.1", 8],
  ])("%s of a first start that was cut off does not count", async (_name, file, length) => {
    const whole = await diskWith({ "log.1": range(1, 3) });
    const disk = newDisk();
    disk.put(`${DIR}/${file}`, whole.get(`${DIR}/${file}`)!.subarray(0, length));
    const { lastZxid, origin, logTail } = await recoverZxids(disk);
    expect([lastZxid, origin]).toEqual([0, "new"]);
    expect(logTail.empty).toEqual(file === "log.1" ? ["log.1"] : []);
  });

  it.each([
    ["a snapshot with a name above 0", { "snapshot.500": Buffer.alloc(0) }, "snapshots-unreadable"],
    ["a log without records whose name is not the first", { "log.500": logBytes([]) }, "snapshot-missing"],
  ])("but %s tells of lost data", async (_name, files, reason) => {
    const disk = newDisk();
    for (const [name, bytes] of Object.entries(files)) disk.put(`${DIR}/${name}`, bytes);
    expect((await refusal(disk)).reason).toBe(reason);
  });
});

describe("a log without a snapshot", () => {
  it("is refused, with the way out if it is complete", async () => {
    const refused = await refusal(await diskWith({ "log.1": range(1, 5) }, []));
    expect(refused.reason).toBe("snapshot-missing");
    expect(refused.message).toContain("No snapshot found, but there are log entries");
    expect(refused.message).toContain("zookeeper.snapshot.trust.empty=true");
    const incomplete = await refusal(await diskWith({ "log.7": range(7, 9) }, []));
    expect(incomplete.message).not.toContain("trust.empty");
  });

  it("is replayed on an empty tree with snapshot.trust.empty, if it is complete", async () => {
    const isEmptySnapshotTrusted = true;
    const recovered = await recoverZxids(await diskWith({ "log.1": range(1, 5) }, []), {
      isEmptySnapshotTrusted,
    });
    expect(recovered).toMatchObject({
      origin: "disk",
      lastZxid: 5,
      snapshotZxid: undefined,
      recordsReplayed: 5,
    });
    const refused = await refusal(await diskWith({ "log.7": range(7, 9) }, []), { isEmptySnapshotTrusted });
    expect(refused.reason).toBe("snapshot-missing");
  });
});

describe("snapshot and log", () => {
  it.each([
    ["one file", { "log.1": range(1, 20) }, [0], 20, 20],
    ["many files", { "log.1": range(1, 9), "log.a": range(10, 16), "log.11": range(17, 40) }, [0], 40, 40],
    ["the newest of many snapshots", { "log.1": range(1, 9), "log.a": range(10, 30) }, [0, 5, 12], 30, 18],
    ["a snapshot at a file's end", { "log.1": range(1, 9), "log.a": range(10, 30) }, [9], 30, 21],
    ["a snapshot beyond the log", { "log.1": range(1, 9) }, [50], 50, 0],
    [
      "a gap below the snapshot (SNAP into an open file)",
      { "log.1": [...range(1, 9), ...range(60, 65)] },
      [59],
      65,
      6,
    ],
    [
      "several epochs",
      { "log.1": [...range(1, 5), E1 + 1, E1 + 2, E2 + 1], "log.300000001": [3 * E1 + 1] },
      [0],
      3 * E1 + 1,
      9,
    ],
    ["a leader's snapshot at epoch:0", { "log.1": [...range(1, 5), E1 + 1] }, [0, E1], E1 + 1, 1],
    [
      "names that sort as text in another order",
      { "log.9": range(9, 15), "log.10": range(16, 18) },
      [8],
      18,
      10,
    ],
    ["a file without records at the end", { "log.1": range(1, 9), "log.a": logBytes([]) }, [0], 9, 9],
  ])("%s", async (_name, logs, snapshots, last, replayed) => {
    const disk = await diskWith(logs, snapshots);
    const recovered = await recoverZxids(disk);
    expect(recovered).toMatchObject({
      lastZxid: last,
      recordsReplayed: replayed,
      snapshotZxid: snapshots.at(-1),
      notices: [],
    });
    expect(recovered.target.zxid).toBe(last);
  });

  it("F59: falls back to an older snapshot when the log reaches that far", async () => {
    const disk = await diskWith({ "log.1": range(1, 30) }, [0, 10, 20]);
    const bytes = Buffer.from(disk.get(`${DIR}/snapshot.14`)!);
    bytes[100]! ^= 1;
    disk.put(`${DIR}/snapshot.14`, bytes);
    const { snapshotZxid, recordsReplayed, skippedSnapshots, target } = await recoverZxids(disk);
    expect([snapshotZxid, recordsReplayed, target.txns.size]).toEqual([10, 20, 30]);
    expect(skippedSnapshots).toEqual([
      {
        file: `${DIR}/snapshot.14`,
        zxid: 20,
        reason: expect.stringContaining("ends inside its nodes"),
        wasComplete: true,
      },
    ]);
  });

  it("F59: refuses when it does not, and names the snapshot that cannot be used", async () => {
    const disk = await diskWith({ "log.15": range(21, 30) }, [0, 20]);
    disk.put(`${DIR}/snapshot.14`, Buffer.from(disk.get(`${DIR}/snapshot.14`)!.subarray(0, 90)));
    const refused = await refusal(disk);
    expect(refused.reason).toBe("log-gap");
    expect(refused.message).toContain("behind 0x0 comes 0x15");
    expect(refused.message).toContain(`${DIR}/snapshot.14: `);
  });

  it("does not read unfinished snapshots", async () => {
    const disk = await diskWith({ "log.1": range(1, 5) }, [0, 3]);
    disk.put(`${DIR}/snapshot.9.tmp`, disk.get(`${DIR}/snapshot.3`)!);
    expect(await recoverZxids(disk)).toMatchObject({ lastZxid: 5, skippedSnapshots: [] });
  });

  it("refuses formats newer than its own", async () => {
    const newer = logBytes(range(1, 3));
    newer.writeInt32BE(3, 4);
    expect((await refusal(await diskWith({ "log.1": newer }))).reason).toBe("newer-format");
    const disk = await diskWith({ "log.1": range(1, 5) }, [0, 3]);
    const snapshot = Buffer.from(disk.get(`${DIR}/snapshot.3`)!);
    snapshot.writeInt32BE(3, 4);
    disk.put(`${DIR}/snapshot.3`, snapshot);
    const refused = await refusal(disk);
    expect(refused.reason).toBe("newer-format");
    expect(refused.message).toContain(`${DIR}/snapshot.3 was written by a newer version`);
  });

  it("refuses a txn of a type that it does not know", async () => {
    const payload = (zxid: number) => {
      const bytes = Buffer.from(payloadOf(zxid));
      if (zxid === 2) bytes.writeInt32BE(99, 28);
      return bytes;
    };
    const refused = await refusal(await diskWith({ "log.1": logBytes([1, 2, 3], payload) }));
    expect(refused.reason).toBe("log-corrupt");
    expect(refused.message).toContain("(txn 0x2): a txn that cannot be decoded: unknown transaction type 99");
  });
});

describe("gaps and repetitions", () => {
  it.each([
    ["inside a file", { "log.1": [1, 2, 4] }, [0], "behind 0x2 comes 0x4"],
    ["between files", { "log.1": [1, 2], "log.4": [4] }, [0], "behind 0x2 comes 0x4"],
    ["behind the snapshot", { "log.1": [1, 2], "log.9": [9] }, [5], "behind 0x5 comes 0x9"],
    [
      "at the beginning of a new epoch",
      { "log.1": [1, 2], "log.100000005": [E1 + 5] },
      [0],
      "behind 0x2 comes 0x100000005",
    ],
  ])("a gap %s is refused", async (_name, logs, snapshots, text) => {
    const refused = await refusal(await diskWith(logs, snapshots));
    expect(refused.reason).toBe("log-gap");
    expect(refused.message).toContain(text);
    expect(refused.offset).toBeGreaterThan(0);
  });

  it("a new epoch that begins late is accepted if the record's digest is the tree's, but never behind a torn record", async () => {
    class Confirming extends ZxidDatabase {
      confirmsLastTxn(): boolean {
        return true;
      }
    }
    const createTarget = () => new Confirming();
    const late = { "log.1": range(1, 5), "log.100000005": [E1 + 5] };
    expect((await recoverZxids(await diskWith(late), { createTarget })).lastZxid).toBe(E1 + 5);
    const bytes = logBytes(range(1, 6));
    const torn = { ...late, "log.1": bytes.subarray(0, bytes.length - 9) };
    expect((await refusal(await diskWith(torn), { createTarget })).message).toContain("ends at offset");
    const inside = { "log.1": [1, 2, 5] };
    expect((await refusal(await diskWith(inside), { createTarget })).reason).toBe("log-gap");
  });

  it("a record that is there twice is taken once", async () => {
    const disk = await diskWith({ "log.1": [1, 2, 3, 2, 3, 4], "log.3": [3, 4, 5] });
    const { lastZxid, recordsReplayed, notices } = await recoverZxids(disk);
    expect([lastZxid, recordsReplayed]).toEqual([5, 5]);
    expect(notices.length).toBe(4);
    expect(notices[0]).toContain("holds txn 0x2 a second time");
  });

  it("a zxid with two contents is refused", async () => {
    let seen = 0;
    const payload = (zxid: number) => payloadOf(zxid, Buffer.from(zxid === 2 ? `${seen++}` : "x"));
    const refused = await refusal(await diskWith({ "log.1": logBytes([1, 2, 3, 2], payload) }));
    expect(refused.reason).toBe("log-order");
    expect(refused.message).toContain("behind 0x3 comes a different 0x2");
  });
});

describe("the end of the log", () => {
  const half = (zxids: readonly number[], missing: number) => {
    const bytes = logBytes(zxids);
    return bytes.subarray(0, bytes.length - missing);
  };

  async function appendAfter(disk: VirtualDisk, count: number): Promise<VirtualDisk> {
    const { logTail, lastZxid } = await recoverZxids(disk);
    const log = new TxnLog({
      disk,
      clock: new VirtualClock(),
      directory: DIR,
      after: logTail,
      preAllocBytes: 0,
    });
    for (const zxid of range(lastZxid + 1, lastZxid + count)) log.append(zx(zxid), payloadOf(zxid));
    await log.close();
    return disk.reboot("lost");
  }

  it("torn is cut off before the first append, which starts a file of its own", async () => {
    const disk = await diskWith({ "log.1": Buffer.concat([half(range(1, 5), 20), Buffer.alloc(3000)]) });
    const next = await appendAfter(disk, 2);
    expect(Buffer.from(next.get(`${DIR}/log.1`)!).equals(logBytes(range(1, 4)))).toBe(true);
    expect(Buffer.from(next.get(`${DIR}/log.5`)!).equals(logBytes([5, 6]))).toBe(true);
    expect(await recoverZxids(next)).toMatchObject({ lastZxid: 6, notices: [] });
  });

  it("without its end byte gets it back", async () => {
    const disk = await diskWith({ "log.1": half(range(1, 5), 1) });
    const { lastZxid, notices, directory } = await recoverZxids(disk);
    expect(lastZxid).toBe(5);
    expect(notices[0]).toContain("by its checksum the record is complete");
    await directory.release();
    const next = await appendAfter(disk, 1);
    expect(Buffer.from(next.get(`${DIR}/log.1`)!).equals(logBytes(range(1, 5)))).toBe(true);
  });

  it.each([
    ["0 bytes", Buffer.alloc(0)],
    ["8 bytes", logBytes([]).subarray(0, 8)],
    ["a header", logBytes([])],
    ["zeros", Buffer.alloc(65552)],
    ["a torn first record", half([6], 10)],
  ])("with a newest file of %s: the file goes, and its name is used again", async (_name, bytes) => {
    const disk = await diskWith({ "log.1": range(1, 5), "log.6": bytes });
    const next = await appendAfter(disk, 1);
    expect(Buffer.from(next.get(`${DIR}/log.6`)!).equals(logBytes([6]))).toBe(true);
    expect((await recoverZxids(next)).lastZxid).toBe(6);
  });

  it("with an empty newest file of a name that is not used again: it is removed", async () => {
    const disk = await diskWith({ "log.1": range(1, 5), "log.100000001": Buffer.alloc(0) });
    const next = await appendAfter(disk, 1);
    expect(next.paths()).toEqual([`${DIR}/log.1`, `${DIR}/log.6`, `${DIR}/snapshot.0`]);
  });

  it("torn in an older file is accepted when the next one goes on without a gap (Apache leaves it there)", async () => {
    const disk = await diskWith({ "log.1": half(range(1, 5), 9), "log.5": range(5, 8) });
    const { lastZxid, notices, logTail } = await recoverZxids(disk);
    expect(lastZxid).toBe(8);
    expect(notices[0]).toContain("ends with an incomplete write");
    expect(logTail.torn.map(({ name }) => name)).toEqual(["log.1"]);
    expect(scanLog(disk.get(`${DIR}/log.1`)!).records.length).toBe(4);
  });

  it.each([
    ["a gap behind it", { "log.1": half(range(1, 5), 9), "log.6": range(6, 8) }, "log-gap"],
    ["a late new epoch behind it", { "log.1": half(range(1, 5), 9), "log.100000002": [E1 + 2] }, "log-gap"],
    [
      "no header, in an older file",
      { "log.1": range(1, 4), "log.5": Buffer.alloc(0), "log.6": range(6, 8) },
      "log-corrupt",
    ],
  ])("torn with %s is refused", async (_name, logs, reason) => {
    expect((await refusal(await diskWith(logs))).reason).toBe(reason);
  });

  it("may be damaged below the snapshot in files that are not needed", async () => {
    const disk = await diskWith({ "log.1": range(1, 9), "log.a": range(10, 20) }, [12]);
    disk.put(`${DIR}/log.1`, Buffer.from("rubbish that no one reads any more"));
    expect((await recoverZxids(disk)).lastZxid).toBe(20);
  });
});

it("two servers in turn are the same server", async () => {
  let disk = newDisk();
  for (let life = 0; life < 5; life++) {
    const { logTail, lastZxid, directory } = await recoverZxids(disk);
    expect(lastZxid).toBe(life * 3);
    const log = new TxnLog({
      disk,
      clock: new VirtualClock(),
      directory: DIR,
      after: logTail,
      preAllocBytes: 4096,
    });
    for (const zxid of range(lastZxid + 1, lastZxid + 3)) log.append(zx(zxid), payloadOf(zxid));
    await log.close();
    await directory.release();
    await expect(openDirectory(disk).then((again) => again.release())).resolves.toBeUndefined();
    disk = disk.reboot("lost");
  }
});
