import type { Disk } from "../base/ports.ts";

/** Where one server's files are; opened, checked and claimed by {@link openDataDirectory}. */
export interface DataDirectory {
  /** `dataDir` of the configuration. */
  readonly dataDir: string;
  /** `dataLogDir`; the same as `dataDir` when not configured. */
  readonly dataLogDir: string;
  /** `dataDir/version-2`: snapshots and epoch files. */
  readonly snapDir: string;
  /** `dataLogDir/version-2`: the transaction log. */
  readonly logDir: string;
  /** Gives the directories back; call it last, when nothing will be written any more. */
  release(): Promise<void>;
}

export interface DataDirectoryOptions {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly dataLogDir?: string | undefined;
  /** `zookeeper.datadir.autocreate` (default true): create missing version-2 directories instead of refusing. */
  readonly isAutocreated?: boolean;
}

/** Checks (and, if allowed, creates) the directories and claims them for this process. Throws StartRefused. */
export declare function openDataDirectory(options: DataDirectoryOptions): Promise<DataDirectory>;
