import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import type { CrashKind, VirtualDisk } from "../../sim/virtual-disk.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { Database } from "../../src/core/tree/database.ts";
import { NO_CHANGE_SINK } from "../../src/core/tree/tree-types.ts";
import type { LoggedTxn } from "../../src/protocol/txn.ts";
import { encodeTxn } from "../../src/protocol/txn.ts";
import { TxnLog } from "../../src/storage/log/txn-log.ts";
import { type Recovered, recover } from "../../src/storage/recovery/recovery.ts";
import { SnapshotStore } from "../../src/storage/snapshot/snapshot-store.ts";
import { newDisk, openDirectory, TURNS } from "../support/storage.ts";
import {
  createBody,
  deleteBody,
  digestNow,
  dump,
  logged,
  newDatabase,
  setDataBody,
} from "../support/tree.ts";

/**
 * The real database on a failing disk: fuzzy snapshots while txns with digests come in. After every power failure the
 * tree is exactly the one that the first n txns give, n at least what was acknowledged, and every digest agrees.
 */

const COUNT = 160;

/** Creates, changes and deletes of a few znodes, each with the digest that the tree has after it. */
function script(seed: number): { payloads: Uint8Array[]; trees: unknown[] } {
  const rng = createPrng(seed);
  const database = newDatabase();
  const payloads: Uint8Array[] = [];
  const trees: unknown[] = [dump(database.tree)];
  for (let zxid = 1; zxid <= COUNT; zxid++) {
    const path = `/n${rng.below(25)}`;
    const n = database.tree.lookup(path);
    const body =
      n < 0
        ? createBody(path, rng.bytes(rng.below(300)), { parentCVersion: zxid })
        : rng.below(3) === 0
          ? deleteBody(path)
          : setDataBody(path, rng.bytes(rng.below(300)), database.tree.version(n) + 1);
    const txn = logged(zxid, body);
    database.applyTxn(txn, NO_CHANGE_SINK);
    payloads.push(encodeTxn({ ...txn, digest: digestNow(database.tree) } as LoggedTxn));
    trees.push(dump(database.tree));
  }
  return { payloads, trees };
}

async function start(disk: VirtualDisk): Promise<Recovered<Database & { mismatches: unknown[] }>> {
  const directory = await openDirectory(disk);
  const recovered = await recover({ disk, directory, createTarget: () => newDatabase() });
  await directory.release();
  return recovered;
}

async function live(
  disk: VirtualDisk,
  payloads: readonly Uint8Array[],
  acknowledged: (zxid: number) => void,
) {
  const { target, logTail } = await start(disk);
  const directory = "/data/version-2";
  const log = new TxnLog({
    disk,
    clock: new VirtualClock(),
    directory,
    after: logTail,
    preAllocBytes: 16384,
  });
  const snapshots = new SnapshotStore({ disk, timer: TURNS, directory, sliceBytes: 300 });
  let snapshot: Promise<unknown> = Promise.resolve();
  for (const [i, payload] of payloads.entries()) {
    log.append((i + 1) as never, payload);
    if (i % 7 !== 6) continue;
    acknowledged(await log.commit());
    // Applied once it is durable, as the server does, and while a snapshot is being written.
    for (const done of payloads.slice(i - 6, i + 1)) target.replay(done);
    if (i % 35 !== 34) continue;
    log.roll();
    await snapshot;
    snapshot = snapshots.write(target.snapshotSource());
    snapshot.catch(() => undefined);
  }
  await snapshot;
  acknowledged(await log.commit());
  await log.close();
}

describe("the database after a power failure at every write boundary", () => {
  it.each<CrashKind>(["lost", "kept", "torn", "reordered"])("unsynced writes %s", async (kind) => {
    const { payloads, trees } = script(7);
    for (let cutAt = 0, isOver = false; !isOver; cutAt++) {
      const disk = newDisk(cutAt);
      let acknowledged = 0;
      disk.cutPowerAt(cutAt);
      isOver = await live(disk, payloads, (zxid) => {
        acknowledged = Math.max(acknowledged, zxid);
      }).then(
        () => true,
        (error: unknown) => {
          if (!disk.isOff) throw error;
          return false;
        },
      );
      const { lastZxid, target } = await start(disk.reboot(kind, createPrng(cutAt)));
      expect(lastZxid).toBeGreaterThanOrEqual(acknowledged);
      expect(dump(target.tree)).toEqual(trees[lastZxid]);
      expect(target.mismatches).toEqual([]);
      if (isOver) expect(acknowledged).toBe(COUNT);
    }
  });
});
