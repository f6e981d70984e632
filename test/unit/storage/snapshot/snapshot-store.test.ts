import { describe, expect, it } from "vitest";
import type { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { adlerOf } from "../../../../src/storage/checksum.ts";
import { type SnapshotCompression, snapshotNames } from "../../../../src/storage/directory/file-names.ts";
import { NewerSnapshot, SnapshotDecoder } from "../../../../src/storage/snapshot/snapshot-decoder.ts";
import type { ZxidDigest } from "../../../../src/storage/snapshot/snapshot-port.ts";
import { readSnapshot, verifySnapshot } from "../../../../src/storage/snapshot/snapshot-reader.ts";
import { SnapshotStore, type SnapshotStoreOptions } from "../../../../src/storage/snapshot/snapshot-store.ts";
import { newDisk, payloadOf, range, TURNS, traced, ZxidDatabase } from "../../../support/storage.ts";

const DIR = "/data/version-2";

async function diskWithDirectory(): Promise<VirtualDisk> {
  const disk = newDisk();
  await disk.makeDirectory(DIR);
  return disk;
}

function database(count: number, dataBytes = 50): ZxidDatabase {
  const target = new ZxidDatabase();
  for (const zxid of range(1, count)) target.replay(payloadOf(zxid, Buffer.alloc(dataBytes, zxid)));
  return target;
}

const store = (disk: VirtualDisk, options: Partial<SnapshotStoreOptions> = {}) =>
  new SnapshotStore({ disk, timer: TURNS, directory: DIR, ...options });

async function load(disk: VirtualDisk, chunkBytes?: number): Promise<ZxidDatabase> {
  const target = new ZxidDatabase();
  const [file] = snapshotNames(await disk.list(DIR));
  await readSnapshot(file!, target, {
    disk,
    directory: DIR,
    ...(chunkBytes === undefined ? {} : { chunkBytes }),
  });
  return target;
}

describe("writing", () => {
  it.each<SnapshotCompression>(["", "gz", "snappy"])("%j: comes back as it was", async (compression) => {
    const disk = await diskWithDirectory();
    const written = await store(disk, { compression, sliceBytes: 5000 }).write(
      database(3000).snapshotSource(),
    );
    const extension = compression === "" ? "" : `.${compression}`;
    expect(written).toMatchObject({ path: `${DIR}/snapshot.bb8${extension}`, zxid: 3000 });
    expect(disk.get(written.path)!.length).toBe(written.bytes);
    expect((await load(disk)).txns).toEqual(database(3000).txns);
    for (const chunkBytes of [13, 1000]) expect((await load(disk, chunkBytes)).txns.size).toBe(3000);
  });

  it("makes the file durable under a temporary name before it gets its own", async () => {
    const plain = await diskWithDirectory();
    const { disk, calls } = traced(plain);
    await new SnapshotStore({ disk, timer: TURNS, directory: DIR }).write(database(3).snapshotSource());
    expect(calls.map((call) => call.replace(/ @.*/, ""))).toEqual([
      `create ${DIR}/snapshot.3.tmp`,
      `write ${DIR}/snapshot.3.tmp`,
      `sync ${DIR}/snapshot.3.tmp`,
      `close ${DIR}/snapshot.3.tmp`,
      `rename ${DIR}/snapshot.3.tmp ${DIR}/snapshot.3`,
      `syncDirectory ${DIR}`,
    ]);
  });

  it("does one slice per turn, so that others get theirs", async () => {
    const disk = await diskWithDirectory();
    const slices: number[] = [];
    let turns = 0;
    const timer = {
      ...TURNS,
      soon: (callback: () => void) => {
        turns++;
        setImmediate(callback);
      },
    };
    const source = database(2000).snapshotSource();
    const watched = {
      ...source,
      writeNext: (...[out, bytesMax]: Parameters<typeof source.writeNext>) => {
        const before = out.length;
        const isDone = source.writeNext(out, bytesMax);
        slices.push(out.length - before);
        return isDone;
      },
    };
    await store(disk, { timer, sliceBytes: 4096 }).write(watched);
    expect(slices.length).toBeGreaterThan(50);
    expect(turns).toBe(slices.length - 1);
    for (const bytes of slices) expect(bytes).toBeLessThan(4096 + 300);
  });

  it("does not run ahead of the disk", async () => {
    const gates: (() => void)[] = [];
    const disk = newDisk(1, {
      delay: (operation) =>
        operation === "write" ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve(),
    });
    await disk.makeDirectory(DIR);
    let produced = 0;
    const source = database(40_000).snapshotSource();
    const written = store(disk).write({
      ...source,
      writeNext: (out, bytesMax) => {
        const before = out.length;
        const isDone = source.writeNext(out, bytesMax);
        produced += out.length - before;
        return isDone;
      },
    });
    for (let i = 0; i < 300; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(gates.length).toBe(1);
    expect(produced).toBeLessThan(700_000);
    const release = setInterval(() => gates.shift()?.(), 0);
    await written;
    clearInterval(release);
    expect(produced).toBeGreaterThan(4_000_000);
  });

  it("syncs a large file in between", async () => {
    const plain = await diskWithDirectory();
    const { disk, calls } = traced(plain);
    await new SnapshotStore({ disk, timer: TURNS, directory: DIR, sliceBytes: 500_000 }).write(
      database(20_000, 2000).snapshotSource(),
    );
    expect(calls.filter((call) => call.startsWith("sync ")).length).toBe(3);
  });

  it("refuses a second one at the same time", async () => {
    const disk = await diskWithDirectory();
    const snapshots = store(disk);
    const first = snapshots.write(database(500).snapshotSource());
    expect(snapshots.isWriting).toBe(true);
    await expect(snapshots.write(database(5).snapshotSource())).rejects.toThrow("one snapshot at a time");
    await first;
    expect(snapshots.isWriting).toBe(false);
  });

  it("removes what an interrupted process left, and nothing else", async () => {
    const disk = await diskWithDirectory();
    for (const name of ["snapshot.7.tmp", "snapshot.8.gz.tmp", "currentEpoch.tmp", "snapshot.old", "log.1"]) {
      disk.put(`${DIR}/${name}`, Buffer.of(1));
    }
    await store(disk).write(database(1).snapshotSource());
    expect((await disk.list(DIR)).sort()).toEqual([
      "currentEpoch.tmp",
      "log.1",
      "snapshot.1",
      "snapshot.old",
    ]);
  });

  it("replaces a snapshot of the same zxid as a whole", async () => {
    const disk = await diskWithDirectory();
    disk.put(`${DIR}/snapshot.5`, Buffer.from("a damaged one"));
    await store(disk).write(database(5).snapshotSource());
    expect((await load(disk)).txns.size).toBe(5);
  });
});

describe("reading", () => {
  const fileOf = (name: string) => snapshotNames([name])[0]!;

  async function written(
    compression: SnapshotCompression = "",
  ): Promise<{ disk: VirtualDisk; path: string; name: string }> {
    const disk = await diskWithDirectory();
    const { path } = await store(disk, { compression }).write(database(20).snapshotSource());
    return { disk, path, name: path.slice(DIR.length + 1) };
  }

  it("finds every changed byte and every cut", async () => {
    const { disk, path, name } = await written();
    const bytes = Buffer.from(disk.get(path)!);
    const verify = () => verifySnapshot(fileOf(name), { disk, directory: DIR, chunkBytes: 700 });
    expect(await verify()).toBeUndefined();
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x21;
      disk.put(path, damaged);
      expect(await verify()).toBeTypeOf("string");
      disk.put(path, bytes.subarray(0, at));
      // Cut right behind the first seal it is what an older server writes.
      if (at !== bytes.length - 21) expect(await verify()).toBeTypeOf("string");
    }
  });

  it.each<SnapshotCompression>(["gz", "snappy"])("finds changed bytes under %s", async (compression) => {
    const { disk, path, name } = await written(compression);
    const bytes = Buffer.from(disk.get(path)!);
    for (let at = 0; at < bytes.length; at += 7) {
      if (compression === "gz" && at < 10) continue;
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x21;
      disk.put(path, damaged);
      const reason = await verifySnapshot(fileOf(name), { disk, directory: DIR });
      // Some bits of a compressed stream carry nothing (the stored form of an offset, for one).
      if (reason === undefined) expect((await load(disk)).txns).toEqual(database(20).txns);
    }
  });

  it("stops when a compressed file expands without end", async () => {
    const { disk, name } = await written("gz");
    const read = readSnapshot(fileOf(name), new ZxidDatabase(), {
      disk,
      directory: DIR,
      expandedBytesMax: 1000,
    });
    await expect(read).rejects.toThrow("expands to more than a snapshot can be");
  });

  it("refuses lengths beyond the limit before it waits for them", async () => {
    const { disk, path, name } = await written();
    const bytes = Buffer.from(disk.get(path)!);
    const at = bytes.indexOf("/t/1") - 4;
    bytes.writeInt32BE(500_000_000, at);
    disk.put(path, bytes);
    await expect(readSnapshot(fileOf(name), new ZxidDatabase(), { disk, directory: DIR })).rejects.toThrow(
      "Unreasonable length = 500000000",
    );
  });

  it("tells a newer format from a damaged version", async () => {
    const { disk, path, name } = await written();
    const bytes = Buffer.from(disk.get(path)!);
    const read = () => verifySnapshot(fileOf(name), { disk, directory: DIR });
    bytes.writeInt32BE(3, 4);
    disk.put(path, bytes);
    await expect(read()).rejects.toThrow(NewerSnapshot);
    for (const version of [-1, 0, 1, 16, 0x0200_0002]) {
      bytes.writeInt32BE(version, 4);
      disk.put(path, bytes);
      expect(await read()).toBe(`format version ${version} is not supported`);
    }
  });

  it("takes a digest in the old form, as text", () => {
    const out = new JuteWriter();
    const seal = () => {
      const sum = adlerOf(out.bytes());
      out.writeLong(sum);
      out.writeString("/");
    };
    out.writeInt(0x5a4b534e);
    out.writeInt(2);
    out.writeLong(-1);
    out.writeInt(0);
    out.writeInt(0);
    out.writeString("/");
    seal();
    out.writeLong(77);
    out.writeInt(1);
    out.writeString("51c6d660");
    seal();
    const digests: ZxidDigest[] = [];
    const decoder = new SnapshotDecoder(
      Object.assign(new ZxidDatabase(), { digest: (digest: ZxidDigest) => digests.push(digest) }),
    );
    for (const byte of out.bytes()) decoder.push(Buffer.of(byte));
    decoder.finish();
    expect(digests).toEqual([{ zxid: 77, version: 1, treeDigest: Int64.fromHex("51c6d660") }]);
  });
});
