import { describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.ts";
import { configFromEntries } from "../../../src/config/load.ts";

type Read = (config: Config) => unknown;

const clientPort: Read = ({ clients }) => clients.port;
const tickTime: Read = ({ sessions }) => sessions.tickTimeMs;
const snapCount: Read = ({ storage }) => storage.snapCount;
const purge: Read = ({ storage }) => storage.purgeIntervalMs;
const retain: Read = ({ storage }) => storage.purgeRetainCount;
const forceSync: Read = ({ storage }) => storage.syncsLog;
const skipAcl: Read = ({ auth }) => auth.skipsAcl;
const digest: Read = ({ tree }) => tree.hasDigest;
const juteMax: Read = ({ requests }) => requests.juteMaxBufferBytes;
const factor: Read = ({ storage }) => storage.snapshotSizeFactor;
const compression: Read = ({ storage }) => storage.snapshotCompression;
const words: Read = ({ admin }) => admin.fourLetterWords;
const url: Read = ({ admin }) => admin.commandUrl;
const provider: Read = ({ metrics }) => metrics.provider;
const httpPort: Read = ({ metrics }) => metrics.httpPort;
const standalone: Read = ({ ensemble }) => ensemble.allowsStandalone;

const DAY_MS = 86_400_000;

/** Key, text, where it goes, what it becomes, and the warning if there is one (configuration 1.3). */
const TAKEN: readonly (readonly [key: string, text: string, read: Read, value: unknown, warning?: string])[] =
  [
    ["clientPort", "0", clientPort, 0],
    ["clientPort", "65535", clientPort, 65_535],
    ["clientPort", "+2181", clientPort, 2181],
    ["tickTime", "007", tickTime, 7],
    ["standaloneEnabled", "TRUE", standalone, true],
    ["snapCount", "0x10", snapCount, 16],
    ["snapCount", "#10", snapCount, 16],
    ["snapCount", "010", snapCount, 8],
    ["snapCount", "2", snapCount, 2],
    ["snapCount", "1", snapCount, 2, "snapCount=1 is too small, 2 is taken"],
    ["snapCount", "-5", snapCount, 2, "snapCount=-5 is too small, 2 is taken"],
    ["snapCount", "", snapCount, 100_000, "snapCount is empty: the default 100000 is taken"],
    ["autopurge.snapRetainCount", "2", retain, 3, "autopurge.snapRetainCount=2 is too small, 3 is taken"],
    ["autopurge.purgeInterval", "1", purge, 3_600_000],
    ["autopurge.purgeInterval", "0", purge, 0],
    ["autopurge.purgeInterval", "-1", purge, 0],
    ["autopurge.purgeInterval", "250ms", purge, 250],
    ["autopurge.purgeInterval", "250MS", purge, 250],
    ["autopurge.purgeInterval", "10s", purge, 10_000],
    ["autopurge.purgeInterval", "10M", purge, 600_000],
    ["autopurge.purgeInterval", "2d", purge, 2 * DAY_MS],
    [
      "autopurge.purgeInterval",
      "597",
      purge,
      0x7fff_ffff,
      "autopurge.purgeInterval=597 is too long, 24.8 days are taken",
    ],
    ["forceSync", "no", forceSync, false],
    ["forceSync", "yes", forceSync, true],
    ["forceSync", "false", forceSync, true, "forceSync=false means yes: only no switches it off"],
    ["forceSync", "NO", forceSync, true, "forceSync=NO means yes: only no switches it off"],
    ["skipACL", "yes", skipAcl, true],
    ["skipACL", "true", skipAcl, false, "skipACL=true means no: only yes switches it on"],
    ["digest.enabled", "TrUe", digest, true],
    ["digest.enabled", "yes", digest, false, "digest.enabled=yes is not true, so it means false"],
    ["digest.enabled", "", digest, false, "digest.enabled= is not true, so it means false"],
    ["jute.maxbuffer", "4194304", juteMax, 4_194_304],
    ["jute.maxbuffer", "0xFFFFF", juteMax, 1_048_575],
    ["snapshotSizeFactor", "0.5", factor, 0.5],
    ["snapshotSizeFactor", "-0.1", factor, -1, "snapshotSizeFactor=-0.1 is outside 0..1, -1 is taken"],
    ["snapshotSizeFactor", "1.5", factor, 0.33, "snapshotSizeFactor=1.5 is outside 0..1, 0.33 is taken"],
    ["snapshot.compression.method", "", compression, "none"],
    ["snapshot.compression.method", "gz", compression, "gz"],
    ["4lw.commands.whitelist", " stat, ruok ,,mntr", words, ["stat", "ruok", "mntr", "srvr"]],
    ["4lw.commands.whitelist", "*", words, ["*", "srvr"]],
    ["admin.commandURL", "zk/commands/", url, "/zk/commands"],
    [
      "metricsProvider.className",
      "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
      provider,
      "prometheus",
    ],
    ["metricsProvider.className", "org.apache.zookeeper.metrics.impl.NullMetricsProvider", provider, "null"],
    ["metricsProvider.httpPort", "-1", httpPort, null],
  ];

describe("values that are taken", () => {
  test.each(TAKEN.map((row) => ({ name: `${row[0]}=${row[1]}`, row })))("$name", ({ row }) => {
    const [key, text, read, value, warning] = row;
    const config = configFromEntries({ dataDir: "/nonexistent", [key]: text });
    expect(read(config)).toEqual(value);
    const warnings = config.notices.filter(({ message }) => !message.includes("not part of this release"));
    expect(warnings.map(({ message }) => message)).toEqual(warning === undefined ? [] : [warning]);
  });
});

/** Key, text, and what the operator is told. */
const REFUSED: readonly (readonly [key: string, text: string, told: string])[] = [
  ["clientPort", "", 'clientPort=: For input string: "" (allowed: 0..65535)'],
  ["clientPort", "0x885", 'clientPort=0x885: For input string: "0x885" (allowed: 0..65535)'],
  ["clientPort", "65536", "clientPort=65536: is out of range (allowed: 0..65535)"],
  ["clientPort", "-1", "clientPort=-1: is out of range (allowed: 0..65535)"],
  ["clientPort", "2181 # plain", 'For input string: "2181 # plain"'],
  ["tickTime", "2000ms", 'tickTime=2000ms: For input string: "2000ms" (allowed: 1 or more ms)'],
  ["tickTime", "3000000000", "tickTime=3000000000: is out of range"],
  ["tickTime", "-1", "tickTime=-1: is out of range (allowed: 1 or more ms)"],
  ["snapCount", "08", 'snapCount=08: For input string: "08" (allowed: 2 or more txns)'],
  ["snapCount", "1e5", 'snapCount=1e5: For input string: "1e5"'],
  ["snapCount", "0x", 'snapCount=0x: For input string: "0x"'],
  ["snapCount", "10f", 'snapCount=10f: For input string: "10f"'],
  [
    "standaloneEnabled",
    "yes",
    "standaloneEnabled=yes: Invalid option yes for standaloneEnabled. Choose 'true' or 'false.'",
  ],
  ["peerType", "leader", "peerType=leader: Unrecognised peertype: leader (allowed: participant, observer)"],
  ["electionAlg", "0", "electionAlg=0: Invalid electionAlg value. Only 3 is supported. (allowed: 3)"],
  ["autopurge.purgeInterval", "10x", "autopurge.purgeInterval=10x: Illegal time interval suffix: 10x"],
  ["autopurge.purgeInterval", "", "autopurge.purgeInterval=: empty string"],
  ["metricsProvider.className", "com.example.Mine", "metrics provider class was not found"],
  ["snapshot.compression.method", "zstd", 'is none of the allowed values (allowed: "", gz, snappy)'],
  [
    "connection_throttle_drop_increase",
    "1.5",
    "connection_throttle_drop_increase=1.5: is out of range (allowed: 0..1)",
  ],
  [
    "ssl.clientAuth",
    "maybe",
    "ssl.clientAuth=maybe: is none of the allowed values (allowed: none, want, need)",
  ],
];

describe("values that are refused", () => {
  test.each(REFUSED)("%s=%s", (key, text, told) => {
    expect(() => configFromEntries({ dataDir: "/nonexistent", [key]: text })).toThrow(told);
  });

  test("all at once", () => {
    const attempt = () => configFromEntries({ clientPort: "x", tickTime: "0", snapCount: "y" });
    expect(attempt).toThrow(
      /dataDir is not set[\s\S]*tickTime is not set[\s\S]*clientPort=x[\s\S]*snapCount=y/,
    );
  });
});
