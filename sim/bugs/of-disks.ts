import type { KnownBug } from "./known-bug.ts";
import { UNCUT } from "./known-bug.ts";
import { snapshotOfUncommitted } from "./lost-in-sync.ts";
import { lyingDisk } from "./lying-disk.ts";
import { stoppedRoleAppends } from "./stopped-role.ts";
import { replaySkipsWhatIsThere, sessionMissingInSnapshot, snapshotAheadOfTree } from "./wrong-memory.ts";

/** What is on the disk, or is not. */
export const BUGS_OF_DISKS: readonly KnownBug[] = [
  {
    name: "log-not-synced",
    source: "forceSync=no, S14",
    rings: ["proposal-ack"],
    seed: 1,
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.includes("/log.") }),
  },
  {
    name: "accepted-epoch-not-synced",
    source: "S10, F13",
    rings: ["ack-epoch"],
    seed: 1,
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.includes("/acceptedEpoch") }),
  },
  {
    name: "trunc-keeps-snapshots",
    source: "ZOOKEEPER-4837, -1549",
    rings: UNCUT,
    seed: 31,
    mutate: snapshotOfUncommitted,
    wrapDisk: (disk) => lyingDisk(disk, { remove: (path) => /\/snapshot\.[0-9a-f]+$/.test(path) }),
  },
  {
    name: "cut-not-synced",
    source: "F66",
    rings: UNCUT,
    seed: 6,
    wrapDisk: (disk) => lyingDisk(disk, { truncate: (path) => path.includes("/log.") }),
  },
  {
    name: "write-error-ignored",
    source: "ZOOKEEPER-4882, F36",
    rings: ["proposal-ack", "commit-quorum"],
    seed: 7,
    wrapDisk: (disk) => lyingDisk(disk, { failure: (path) => path.includes("/log.") }),
  },
  {
    name: "epochs-not-synced",
    source: "ZOOKEEPER-1653, -2354",
    rings: ["ack-epoch"],
    seed: 1,
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.endsWith("Epoch.tmp") }),
  },
  {
    name: "accepted-epoch-from-data",
    source: "S10, 3.6",
    rings: ["epoch-files"],
    seed: 5,
    wrapDisk: (disk) => lyingDisk(disk, { find: (path) => path.endsWith("/acceptedEpoch") }),
  },
  {
    name: "configuration-not-synced",
    source: "S23, 5.2",
    rings: ["membership"],
    seed: 5,
    wrapDisk: (disk) => lyingDisk(disk, { sync: (path) => path.endsWith("zoo.cfg.tmp") }),
  },
  {
    name: "snapshot-not-synced",
    source: "storage-formats 4",
    rings: ["newleader-ack", "startable"],
    seed: 2,
    wrapDisk: (disk) =>
      lyingDisk(disk, { sync: (path) => path.includes("/snapshot.") || path.includes("/install.") }),
  },
  {
    name: "stopped-role-appends",
    source: "ZOOKEEPER-4712, -4541, -4502",
    rings: ["votes", "ack-epoch", "alive"],
    seed: 5,
    mutate: stoppedRoleAppends,
  },
  {
    name: "session-missing-in-snapshot",
    source: "ZOOKEEPER-3144",
    rings: ["same-trees"],
    seed: 1,
    mutate: sessionMissingInSnapshot,
  },
  {
    name: "snapshot-ahead-of-tree",
    source: "ZOOKEEPER-3127",
    rings: ["digest", "same-trees"],
    seed: 1,
    mutate: snapshotAheadOfTree,
  },
  {
    name: "replay-skips-what-is-there",
    source: "ZOOKEEPER-3125, -3249",
    rings: ["digest", "same-trees"],
    seed: 9,
    patch: replaySkipsWhatIsThere,
  },
];
