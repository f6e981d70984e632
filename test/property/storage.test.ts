import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import { createPrng } from "../../src/base/prng.ts";
import { JuteError } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { TxnLog } from "../../src/storage/log/txn-log.ts";
import { NewerSnapshot, SnapshotDecoder } from "../../src/storage/snapshot/snapshot-decoder.ts";
import { SnapshotEncoder } from "../../src/storage/snapshot/snapshot-format.ts";
import {
  cleanTail,
  logBytes,
  newDisk,
  payloadOf,
  range,
  recoverZxids,
  scanLog,
  ZxidDatabase,
  zx,
} from "../support/storage.ts";

describe("the log", () => {
  it("is read as it was written, in any portions and batches, with any preallocation", async () => {
    const batch = fc.record({
      lengths: fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 12 }),
      rolls: fc.boolean(),
      awaits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 15 }),
        fc.constantFrom(0, 4096, 10_000, 65536),
        fc.integer({ min: 1, max: 9000 }),
        async (batches, preAllocBytes, portion) => {
          const disk = newDisk();
          await disk.makeDirectory("/log");
          const log = new TxnLog({
            disk,
            clock: new VirtualClock(),
            directory: "/log",
            after: cleanTail(),
            preAllocBytes,
          });
          const written: string[] = [];
          for (const { lengths, rolls, awaits } of batches) {
            if (rolls) log.roll();
            for (const length of lengths) {
              const payload = payloadOf(written.length + 1, new Uint8Array(length).fill(written.length));
              log.append(zx(written.length + 1), payload);
              written.push(Buffer.from(payload).toString("hex"));
            }
            const durable = log.commit();
            if (awaits) expect(await durable).toBe(written.length);
          }
          await log.close();
          const rebooted = disk.reboot("lost");
          const names = (await rebooted.list("/log"))
            .map((name) => Number.parseInt(name.slice(4), 16))
            .sort((a, b) => a - b);
          const scans = names.map((name) => scanLog(rebooted.get(`/log/log.${name.toString(16)}`)!, portion));
          expect(scans.every(({ end }) => end.kind === "clean")).toBe(true);
          expect(scans.map(({ records }) => records[0]!.zxid)).toEqual(names);
          expect(scans.flatMap(({ records }) => records.map(({ bytes }) => bytes.toString("hex")))).toEqual(
            written,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it("with any damage is refused or gives a prefix, never anything else", () => {
    const whole = logBytes(range(1, 30), (zxid) =>
      payloadOf(zxid, createPrng(zxid).bytes((zxid * 37) % 700)),
    );
    const sound = scanLog(whole).records.map(({ bytes }) => bytes.toString("hex"));
    const edit = fc.record({
      at: fc.integer({ min: 0, max: whole.length + 2000 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 4 }),
        fc.integer({ min: 0, max: whole.length }),
        (edits, cut) => {
          const bytes = Buffer.concat([whole.subarray(0, whole.length - (cut % 97)), Buffer.alloc(2048)]);
          for (const { at, bytes: patch } of edits)
            bytes.set(patch.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
          const { records } = scanLog(bytes, 4000);
          const seen = records.map((record) => record.bytes.toString("hex"));
          // An edit may, by chance, hit nothing but bytes that were the same.
          expect(sound.slice(0, seen.length)).toEqual(seen);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("of arbitrary bytes ends without an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (bytes, hasHeader) => {
        const file = hasHeader ? Buffer.concat([logBytes([]), bytes]) : Buffer.from(bytes);
        const { records, end } = scanLog(file, 700);
        expect(records).toEqual([]);
        expect(end.offset).toBeLessThanOrEqual(file.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a snapshot", () => {
  const encode = (database: ZxidDatabase, sliceBytes: number): Buffer => {
    const encoder = new SnapshotEncoder(database.snapshotSource(), { isLastZxidWritten: true });
    const out = new JuteWriter();
    while (!encoder.step(out, sliceBytes));
    return out.take(0);
  };

  const decode = (bytes: Uint8Array, portion: number): ZxidDatabase => {
    const target = new ZxidDatabase();
    const decoder = new SnapshotDecoder(target);
    for (let at = 0; at < bytes.length; at += portion) decoder.push(bytes.subarray(at, at + portion));
    decoder.finish();
    return target;
  };

  it("comes back whole, whatever the slices and portions", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6000 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 1, max: 9000 }),
        (lengths, sliceBytes, portion) => {
          const database = new ZxidDatabase();
          for (const [i, length] of lengths.entries())
            database.replay(payloadOf(i + 1, new Uint8Array(length).fill(i)));
          const bytes = encode(database, sliceBytes);
          expect(bytes.equals(encode(database, 1_000_000))).toBe(true);
          expect(decode(bytes, portion).txns).toEqual(database.txns);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("of arbitrary or edited bytes is refused in order", () => {
    const database = new ZxidDatabase();
    for (const zxid of range(1, 20)) database.replay(payloadOf(zxid));
    const sound = encode(database, 500);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc
            .tuple(fc.nat(sound.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }))
            .map(([at, patch]) => {
              const edited = Buffer.from(sound);
              edited.set(patch.subarray(0, edited.length - at), at);
              return edited;
            }),
        ),
        fc.integer({ min: 1, max: 3000 }),
        (bytes, portion) => {
          try {
            expect(decode(bytes, portion).txns).toEqual(database.txns);
            expect(Buffer.from(bytes).equals(sound)).toBe(true);
          } catch (error) {
            if (!(error instanceof NewerSnapshot)) expect(error).toBeInstanceOf(JuteError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("recovery", () => {
  it("of any cut of any of the files is refused or gives a prefix that reaches the snapshot", async () => {
    const snapshot = async () => {
      const disk = newDisk();
      const { target } = await recoverZxids(disk);
      disk.put("/data/version-2/log.1", logBytes(range(1, 12)));
      disk.put("/data/version-2/log.d", logBytes(range(13, 30)));
      for (const zxid of range(1, 8)) target.replay(payloadOf(zxid));
      disk.put("/data/version-2/snapshot.8", encodeSnapshot(target));
      return disk.reboot("kept");
    };
    const encodeSnapshot = (target: ZxidDatabase) => {
      const encoder = new SnapshotEncoder(target.snapshotSource(), { isLastZxidWritten: true });
      const out = new JuteWriter();
      while (!encoder.step(out, 1000));
      return out.take(0);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("log.1", "log.d", "snapshot.8", "snapshot.0"),
        fc.nat(5000),
        async (name, cut) => {
          const disk = await snapshot();
          const path = `/data/version-2/${name}`;
          const bytes = disk.get(path)!;
          disk.put(path, bytes.subarray(0, cut % bytes.length));
          const recovered = await recoverZxids(disk).catch((error: { name: string }) => error);
          if (!("target" in recovered)) {
            expect(recovered.name).toBe("StartRefused");
            expect(name).toBe("log.1");
            return;
          }
          const { lastZxid, target } = recovered;
          expect([...target.txns.keys()].sort((a, b) => a - b)).toEqual(range(1, lastZxid));
          expect(lastZxid).toBeGreaterThanOrEqual(name === "log.d" ? 12 : 30);
        },
      ),
      { numRuns: 120 },
    );
  });
});
