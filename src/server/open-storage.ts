import type { Config } from "../config/config.ts";
import type { Database } from "../core/tree/database.ts";
import { type DataDirectory, openDataDirectory } from "../storage/directory/data-directory.ts";
import type { TxnLog } from "../storage/log/txn-log.ts";
import type { Recovered } from "../storage/recovery/recovery.ts";
import type { SnapshotPolicy } from "../storage/snapshot/snapshot-policy.ts";
import type { SnapshotStore } from "../storage/snapshot/snapshot-store.ts";
import { StorageKit, type StorageObserver, type StoragePorts } from "./storage-kit.ts";

export type { StorageObserver, StoragePorts } from "./storage-kit.ts";

/** A server's data, recovered and open for writing. */
export interface OpenStorage {
  readonly kit: StorageKit;
  readonly directory: DataDirectory;
  readonly recovered: Recovered<Database>;
  readonly database: Database;
  readonly log: TxnLog;
  readonly snapshots: SnapshotStore;
  readonly policy: SnapshotPolicy;
}

/**
 * Claims the data directory, reads what is in it, and opens the log behind that. Changes nothing on disk before it is
 * understood.
 *
 * @throws {@link StartRefused} when this data must not be served
 */
export async function openStorage(
  config: Config,
  ports: StoragePorts,
  observer: StorageObserver,
): Promise<OpenStorage> {
  const { files } = config;
  const kit = new StorageKit(config, ports, observer);
  const directory = await openDataDirectory({
    disk: ports.disk,
    dataDir: files.dataDir,
    dataLogDir: files.dataLogDir,
    isAutocreated: files.createsMissingDirectories,
  });
  try {
    const recovered = await kit.recover(directory);
    return {
      kit,
      directory,
      recovered,
      database: recovered.target,
      log: kit.openLog(directory, recovered.logTail),
      snapshots: kit.openSnapshots(directory),
      policy: kit.createPolicy(recovered.recordsReplayed),
    };
  } catch (error) {
    await directory.release();
    throw error;
  }
}
