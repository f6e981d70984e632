import { TxnLog } from "../../src/storage/log/txn-log.ts";
import { createNodeDisk } from "../../src/storage/node-disk.ts";
import { SnapshotStore } from "../../src/storage/snapshot/snapshot-store.ts";
import { openDirectory, payloadOf, recoverZxids, TURNS, zx } from "./storage.ts";

/**
 * A program of its own, for tests that kill it: appends to the data directory in its first argument as fast as it can, and
 * prints the last acknowledged zxid after each commit.
 */
const disk = createNodeDisk();
const directory = await openDirectory(disk, process.argv[2]!);
const { target, logTail, lastZxid } = await recoverZxids(disk, { directory });
const log = new TxnLog({
  disk,
  clock: { now: () => ({ elapsedMs: performance.now(), wallMs: 0 }) },
  directory: directory.logDir,
  after: logTail,
  preAllocBytes: 65536,
});
const snapshots = new SnapshotStore({ disk, timer: TURNS, directory: directory.snapDir, sliceBytes: 2000 });

process.stdout.write(`${lastZxid}\n`);
for (let zxid = lastZxid + 1; ; ) {
  for (const end = zxid + 1 + (zxid % 40); zxid < end; zxid++) {
    log.append(zx(zxid), payloadOf(zxid));
    target.replay(payloadOf(zxid));
  }
  if (zxid % 5 === 0 && !snapshots.isWriting) {
    log.roll();
    void snapshots.write(target.snapshotSource());
  }
  process.stdout.write(`${await log.commit()}\n`);
}
