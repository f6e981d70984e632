import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configFromArguments, configFromEntries, loadConfig } from "../../../src/config/load.ts";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "menagerie-load-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function write(name: string, text: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe("loadConfig", () => {
  test("reads the file and myid, and freezes all of it", () => {
    mkdirSync(join(directory, "data"), { recursive: true });
    write("data/myid", "7");
    const file = write("zoo.cfg", `dataDir=${directory}/data\nclientPort=2181\nserver.7=h:1:2\n`);
    const config = loadConfig(file, ["-Dzookeeper.snapCount=500"]);
    expect(config.files).toEqual({
      configFile: file,
      dataDir: `${directory}/data`,
      dataLogDir: `${directory}/data`,
      createsMissingDirectories: true,
      serverId: 7,
    });
    expect(config.storage.snapCount).toBe(500);
    expect(() =>
      Object.assign(config.ensemble.membership?.servers[0]?.addresses[0] ?? {}, { host: "x" }),
    ).toThrow(TypeError);
  });

  test("takes bytes as ISO-8859-1", () => {
    const file = write("latin.cfg", Buffer.from("dataDir=/d\u00e9p\u00f4t\n", "latin1"));
    expect(loadConfig(file).files.dataDir).toBe("/dépôt");
    expect(loadConfig(write("escaped.cfg", "dataDir=/\\u4e2d\n")).files.dataDir).toBe("/中");
  });

  test("refuses a missing file, a directory, and what an ensemble of this release cannot do", () => {
    expect(() => loadConfig(join(directory, "none"))).toThrow(
      `Error processing ${directory}/none: ${directory}/none file is missing`,
    );
    expect(() => loadConfig(directory)).toThrow(`Error processing ${directory}: EISDIR`);
    write("data/myid", "1");
    const members = "server.1=a:1:2\nserver.2=b:1:2\n";
    const file = write("three.cfg", `dataDir=${directory}/data\ninitLimit=1\nsyncLimit=1\n${members}`);
    expect(loadConfig(file).ensemble.isDistributed).toBe(true);
    for (const [line, told] of [
      ["sslQuorum=true", "TLS between servers is not part of this release yet"],
      [
        "quorum.auth.enableSasl=true\nquorum.auth.learnerRequireSasl=true",
        "SASL between servers is not part of this release yet",
      ],
      ["oraclePath=/oracle", "the failure-detection oracle is not part of this release yet"],
    ] as const) {
      const text = `dataDir=${directory}/data\ninitLimit=1\nsyncLimit=1\n${members}${line}\n`;
      expect(() => loadConfig(write("more.cfg", text)), line).toThrow(told);
    }
  });

  test("refuses a file it may not read", () => {
    const file = write("secret.cfg", "dataDir=/data\n");
    chmodSync(file, 0);
    // Root may read everything.
    if (process.getuid?.() !== 0) expect(() => loadConfig(file)).toThrow("EACCES");
    else expect(loadConfig(file).files.dataDir).toBe("/data");
  });

  test("warns of relative paths, unless they say so", () => {
    const relative = loadConfig(write("relative.cfg", "dataDir=data\ndataLogDir=./log\n"));
    expect(relative.notices.map(({ message }) => message)).toEqual([
      "data is relative. Prepend ./ to indicate that you're sure!",
    ]);
    expect([relative.files.dataDir, relative.files.dataLogDir]).toEqual([resolve("data"), resolve("log")]);
    expect(Object.isFrozen(relative) && Object.isFrozen(relative.notices)).toBe(true);
  });
});

test("arguments: port datadir [ticktime] [maxcnxns], with no limit of connections", () => {
  const short = configFromArguments({ port: "0", dataDir: "/data" });
  expect([short.clients.port, short.clients.cnxnsPerAddressMax, short.sessions.tickTimeMs]).toEqual([
    0, 0, 3000,
  ]);
  const long = configFromArguments({ port: "1", dataDir: "/data", tickTime: "10", maxClientCnxns: "5" });
  expect([long.clients.cnxnsPerAddressMax, long.sessions.timeoutMaxMs]).toEqual([5, 200]);
});

/** The defaults of the reference, spelled out. */
test("the defaults", () => {
  const { clients, sessions, requests, storage, tree, auth, admin, metrics, audit, log, ensemble } =
    configFromEntries({
      dataDir: "/data",
    });
  expect(clients).toMatchObject({ port: null, listenBacklog: -1, cnxnsPerAddressMax: 60, cnxnsMax: 0 });
  expect(clients).toMatchObject({ hasTcpKeepAlive: false, sessionlessCnxnTimeoutMs: 10_000 });
  expect(clients.throttle).toMatchObject({ tokensMax: 0, fillTimeMs: 1, fillCount: 1, freezeTimeMs: -1 });
  expect(clients.throttle).toMatchObject({
    dropIncrease: 0.02,
    dropDecrease: 0.002,
    decreaseRatio: 0,
    isWeighted: false,
  });
  expect(clients.throttle).toMatchObject({
    globalSessionWeight: 3,
    localSessionWeight: 1,
    renewSessionWeight: 2,
  });
  expect(sessions).toMatchObject({ tickTimeMs: 3000, timeoutMinMs: 6000, timeoutMaxMs: 60_000 });
  expect(sessions).toMatchObject({ hasLocalSessions: false, listsEphemeralsInCloseSession: true });
  expect(requests).toMatchObject({
    juteMaxBufferBytes: 1_048_575,
    juteExtraBytes: 1_048_575,
    outstandingMax: 1000,
  });
  expect(requests).toMatchObject({
    largeRequestThresholdBytes: -1,
    largeRequestsMaxBytes: 104_857_600,
    throttleMax: 0,
  });
  expect(requests).toMatchObject({
    throttleStallTimeMs: 100,
    throttleDropsStale: true,
    isStaleByLatency: false,
  });
  expect(requests).toMatchObject({
    isStaleByConnection: true,
    shutdownTimeoutMs: 10_000,
    throttledOpWaitTimeMs: 0,
  });
  expect(storage).toEqual({
    snapCount: 100_000,
    snapSizeLimitBytes: 4_294_967_296,
    logSizeLimitBytes: 0,
    preallocateBytes: 67_108_864,
    syncsLog: true,
    fsyncWarningThresholdMs: 1000,
    flushDelayMs: 0,
    writeQueuePollTimeMaxMs: 0,
    batchTxnsMax: 1000,
    commitLogCount: 500,
    snapshotSizeFactor: 0.33,
    snapshotCompression: "none",
    trustsEmptySnapshot: false,
    createsDatabase: true,
    writesLastProcessedZxid: true,
    purgeRetainCount: 3,
    purgeIntervalMs: 0,
  });
  expect(tree).toEqual({
    hasDigest: true,
    hasExtendedTypes: false,
    emulates353TtlNodes: false,
    containerCheckIntervalMs: 60_000,
    containersPerMinuteMax: 10_000,
    containerNeverUsedMaxMs: 300_000,
    enforcesQuota: false,
  });
  expect(auth).toMatchObject({
    skipsAcl: false,
    superDigest: null,
    digestAlgorithm: "SHA1",
    requiredSchemes: [],
  });
  expect(admin).toMatchObject({
    fourLetterWords: ["srvr"],
    isEnabled: false,
    address: "0.0.0.0",
    port: 8080,
  });
  expect(admin).toMatchObject({ commandUrl: "/commands", idleTimeoutMs: 30_000 });
  expect([metrics.provider, audit.isEnabled, log.level]).toEqual(["default", false, "info"]);
  expect(ensemble).toMatchObject({
    membership: null,
    isDistributed: false,
    allowsReconfig: false,
    electionAlgorithm: 3,
  });
});
