import { type Disk, DiskError, type DiskLock } from "../../base/ports.ts";
import { StartRefused } from "../start-refused.ts";
import { isLogFileName, isSnapshotFileName, pathIn } from "./file-names.ts";

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

/** The subdirectory with the files of the only format version there is. */
const VERSION_DIRECTORY = "version-2";

/**
 * Checks (and, if allowed, creates) the directories and claims them for this process, so that no second server can open
 * them. Beside that nothing is changed. Throws StartRefused.
 */
export async function openDataDirectory(options: DataDirectoryOptions): Promise<DataDirectory> {
  const { disk, dataDir, dataLogDir = dataDir, isAutocreated = true } = options;
  const snapDir = pathIn(dataDir, VERSION_DIRECTORY);
  const logDir = pathIn(dataLogDir, VERSION_DIRECTORY);
  const locks: DiskLock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of locks.splice(0).reverse()) await lock.release();
  };
  try {
    await requireDirectory(disk, snapDir, isAutocreated, "dataDir");
    if (logDir !== snapDir) await requireDirectory(disk, logDir, isAutocreated, "dataLogDir");
    locks.push(await claim(disk, dataDir, "dataDir"));
    if (logDir !== snapDir) {
      locks.push(await claim(disk, dataLogDir, "dataLogDir"));
      await refuseMisplacedFiles(disk, snapDir, logDir);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { dataDir, dataLogDir, snapDir, logDir, release };
}

async function requireDirectory(
  disk: Disk,
  directory: string,
  isAutocreated: boolean,
  key: string,
): Promise<void> {
  try {
    await disk.list(directory);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (error.code !== "ENOENT") throw inaccessible(directory, key, error);
    if (!isAutocreated) {
      throw new StartRefused(
        "directory-missing",
        `Missing data directory ${directory}, automatic data directory creation is disabled ` +
          `(zookeeper.datadir.autocreate is false). Mount or create it, or correct ${key}.`,
        { file: directory },
      );
    }
    await disk.makeDirectory(directory).catch((cause: unknown) => {
      throw inaccessible(directory, key, cause);
    });
  }
}

async function claim(disk: Disk, directory: string, key: string): Promise<DiskLock> {
  try {
    return await disk.lock(directory);
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== "EBUSY") throw inaccessible(directory, key, error);
    throw new StartRefused(
      "directory-in-use",
      `${error.message}. Two servers on one directory would destroy its data: stop the other one, or give this server ` +
        `a ${key} of its own. In a copy of that server's directory: remove that file.`,
      { file: directory },
    );
  }
}

function inaccessible(directory: string, key: string, error: unknown): Error {
  if (!(error instanceof DiskError)) return error as Error;
  const hints: Record<string, string> = {
    EROFS: "The file system is mounted read-only; a server has to write there.",
    EACCES: "The user of this process may not read or write there.",
    EPERM: "The user of this process may not read or write there.",
    ENOSPC: "The disk is full.",
    ENOTDIR: "Something in this path is a file, not a directory.",
  };
  const hint = hints[error.code] ?? "";
  return new StartRefused(
    "directory-inaccessible",
    `${key} ${directory} cannot be used: ${error.message}. ${hint}`.trimEnd(),
    {
      file: directory,
    },
  );
}

/**
 * With two directories, a log beside the snapshots or a snapshot beside the logs means that the configuration has changed
 * and data was left behind, which a start would silently miss.
 */
async function refuseMisplacedFiles(disk: Disk, snapDir: string, logDir: string): Promise<void> {
  const log = (await disk.list(snapDir)).find(isLogFileName);
  if (log !== undefined) throw misplaced("log", pathIn(snapDir, log), logDir, "dataLogDir");
  const snapshot = (await disk.list(logDir)).find(isSnapshotFileName);
  if (snapshot !== undefined) throw misplaced("snapshot", pathIn(logDir, snapshot), snapDir, "dataDir");
}

function misplaced(kind: string, file: string, directory: string, key: string): StartRefused {
  return new StartRefused(
    `misplaced-${kind}`,
    `the ${kind} file ${file} is not in ${directory}, where ${key} wants it. Move all ${kind} files there, or set ${key} ` +
      "back to what it was.",
    { file },
  );
}
