import { expect, it } from "vitest";
import { DurableView } from "../../../sim/durable-view.ts";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import { VirtualDisk } from "../../../sim/virtual-disk.ts";
import { createPrng } from "../../../src/base/prng.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import { EpochFiles } from "../../../src/storage/directory/epoch-files.ts";
import { TxnLog } from "../../../src/storage/log/txn-log.ts";
import { txn, z } from "./checkers/bad-history.ts";

it("sees what is durable, and nothing else, with what was before it", async () => {
  let view: DurableView | undefined;
  const disk = new VirtualDisk({ rng: createPrng(1), onDurable: () => view?.refresh() });
  await disk.makeDirectory("/data/version-2");
  const seen: [Zxid, Zxid | undefined][] = [];
  view = new DurableView(disk, ({ zxid, previous }) => seen.push([zxid, previous]));
  const log = new TxnLog({
    disk,
    clock: new VirtualClock(),
    directory: "/data/version-2",
    after: { lastZxid: -1 as Zxid, torn: [], unterminated: [], empty: [] },
    preAllocBytes: 4096,
  });
  for (const counter of [1, 2]) log.append(z(1, counter), txn(z(1, counter)));
  expect(view.lastZxid).toBe(0);
  await log.commit();
  expect([view.lastZxid, view.has(z(1, 1)), view.has(z(1, 3))]).toEqual([z(1, 2), true, false]);
  log.roll();
  log.append(z(2, 1), txn(z(2, 1)));
  await log.commit();
  expect(seen).toEqual([
    [z(1, 1), undefined],
    [z(1, 2), z(1, 1)],
    [z(2, 1), z(1, 2)],
  ]);
  const epochs = new EpochFiles(disk, "/data/version-2");
  expect(view.accepted).toBeUndefined();
  await epochs.writeAccepted(3);
  await epochs.writeCurrent(2);
  expect([view.accepted, view.current]).toEqual([3, 2]);
  disk.put("/data/version-2/snapshot.300000007", new Uint8Array(8));
  view.use(disk.reboot("lost"));
  expect([view.lastZxid, view.lastRecord, view.has(z(2, 9))]).toEqual([z(3, 7), z(2, 1), true]);
  await disk.remove("/data/version-2/log.200000001").catch(() => undefined);
  expect(view.hasRecord(z(1, 2))).toBe(true);
});
