import { setImmediate } from "node:timers/promises";
import type {
  AdminCredential,
  AdminView,
  AuthorizationResult,
  ConnectionInfo,
  ServerState,
  ServerStatistics,
} from "../../../src/admin/admin-view.ts";
import type { QuorumView } from "../../../src/admin/quorum-view.ts";
import type { Log } from "../../../src/base/ports.ts";
import { Int64 } from "../../../src/protocol/int64.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { NO_SESSION } from "../../../src/protocol/session-id.ts";
import { makeZxid, ZXID_NONE, type Zxid } from "../../../src/protocol/zxid.ts";

const SESSION_A = Int64.fromHex("100002720b40000");
const SESSION_B = Int64.fromHex("100002720b40001");
export const VERSION = "3.8.0-abc, built on 2024-12-29 17:54 UTC";

/** The connections of the reference's sample (operations.md 1.5). */
const CONNECTION_B: ConnectionInfo = {
  remoteHost: "127.0.0.1",
  remotePort: 52200,
  isSecure: false,
  interestOps: 1,
  outstandingRequests: 0,
  packetsReceived: 4,
  packetsSent: 4,
  sessionId: SESSION_B,
  lastOperation: OpCode.exists,
  establishedWallMs: 1795245661397,
  sessionTimeoutMs: 10000,
  lastCxid: 2,
  lastZxid: 5 as Zxid,
  lastResponseElapsedMs: 2574630,
  lastLatencyMs: 1,
  minLatencyMs: 0,
  avgLatencyMs: 0.75,
  maxLatencyMs: 1,
};

export const CONNECTION_A: ConnectionInfo = {
  ...CONNECTION_B,
  remotePort: 47872,
  packetsReceived: 8,
  packetsSent: 8,
  sessionId: SESSION_A,
  lastOperation: OpCode.addWatch,
  establishedWallMs: 1795245656783,
  sessionTimeoutMs: 30000,
  lastCxid: 7,
  lastZxid: 4 as Zxid,
  lastResponseElapsedMs: 2571339,
  lastLatencyMs: 1,
  avgLatencyMs: 3.9,
  maxLatencyMs: 12,
};

/** The connection that asks: it has no session, and its socket is only written to. */
export const CONNECTION_ASKING: ConnectionInfo = {
  ...CONNECTION_B,
  remotePort: 52208,
  interestOps: 0,
  packetsReceived: 1,
  packetsSent: 0,
  sessionId: NO_SESSION,
  lastOperation: null,
  sessionTimeoutMs: 0,
  lastCxid: -1,
  lastZxid: ZXID_NONE,
  lastResponseElapsedMs: 0,
  lastLatencyMs: 0,
  avgLatencyMs: 0,
  maxLatencyMs: 0,
};

/** `CONNECTION_B` after `crst`. */
export const CONNECTION_RESET: ConnectionInfo = {
  ...CONNECTION_B,
  packetsReceived: 0,
  packetsSent: 0,
  lastOperation: null,
  lastCxid: -1,
  lastZxid: ZXID_NONE,
  lastResponseElapsedMs: 0,
  lastLatencyMs: 0,
  avgLatencyMs: 0,
  maxLatencyMs: 0,
};

/** A server of plain fields: a test sets what it needs and reads what was done to it. */
export class FakeAdminView implements AdminView {
  serving = true;
  state: ServerState = "standalone";
  quorumView: QuorumView | null = null;
  clients: readonly ConnectionInfo[] = [CONNECTION_B, CONNECTION_ASKING, CONNECTION_A];
  /** What was done, in order. */
  readonly calls: string[] = [];
  authorization: AuthorizationResult = "authorized";
  caller: AdminCredential | null = null;
  mask = Int64.fromNumber(306);
  localSessions = false;
  isLearner = false;
  snapshot: { zxid: Zxid; timestampS: number } | null = { zxid: 0x90 as Zxid, timestampS: 1795255087 };
  metrics: { name: string; value: number; isDecimal: boolean }[] = [
    { name: "avg_latency", value: 2.25, isDecimal: true },
    { name: "znode_count", value: 8, isDecimal: false },
    { name: "connection_drop_probability", value: 0, isDecimal: true },
  ];
  statisticsNow: ServerStatistics = {
    packetsReceived: 18,
    packetsSent: 17,
    minLatencyMs: 0,
    avgLatencyMs: 2.25,
    maxLatencyMs: 12,
    outstandingRequests: 0,
    aliveConnections: 3,
    lastProcessedZxid: 5 as Zxid,
    uptimeMs: 50223,
    fsyncThresholdExceededCount: 0,
    authFailedCount: 0,
    nonMtlsRemoteConnectionCount: 0,
    nonMtlsLocalConnectionCount: 0,
    clientResponseSizes: { lastBytes: 25, minBytes: 16, maxBytes: 84 },
  };

  version = () => VERSION;
  isServing = () => this.serving;
  serverState = () => this.state;
  /** 07:21:00 on the sample's day is 2,720,000 ms on the monotonic clock. */
  now = () => ({ elapsedMs: 2_720_000, wallMs: Date.UTC(2026, 10, 21, 7, 21, 0) });
  statistics = () => this.statisticsNow;
  configuration = () => ({
    clientPort: 22200,
    secureClientPort: -1,
    dataDir: "/data/version-2",
    dataLogDir: "/data/version-2",
    tickTimeMs: 2000,
    maxClientCnxns: 60,
    minSessionTimeoutMs: 4000,
    maxSessionTimeoutMs: 40000,
    clientPortListenBacklog: -1,
    serverId: 0,
  });
  initialConfiguration = () => "tickTime=2000\ndataDir=/data\n";
  environment = () => [["zookeeper.version", VERSION] as const, ["host.name", "localhost"] as const];
  systemProperties = () => [["zookeeper.b", "2"] as const, ["zookeeper.a", "1"] as const];
  directorySizes = async () => ({ dataDirBytes: 67109337, dataLogDirBytes: 67109338 });
  lastSnapshot = () => this.snapshot;
  monitorValues = () => this.metrics;
  nodeCount = () => 8;
  digestLog = () => [
    { zxid: makeZxid(1, 0x80), digestVersion: 2, digest: Int64.fromBigInt(7816368693n) },
    { zxid: makeZxid(1, 0x100), digestVersion: 2, digest: Int64.fromBigInt(-9_223_372_036_854_775_807n) },
  ];
  ephemerals = () => ({
    sessionCount: 1,
    sessions: [{ sessionId: SESSION_A, paths: ["/app/e1", "/app/e2"] }],
  });
  sessions = () => ({
    local: this.localSessions ? bucketsOf([[2_731_000, [Int64.fromNumber(0x77)]]]) : null,
    global: this.isLearner
      ? { kind: "learner" as const, count: 1, sessions: [{ id: SESSION_A, timeoutMs: 30000 }] }
      : {
          kind: "expiry" as const,
          ...bucketsOf([
            [2_731_000, []],
            [2_735_000, [SESSION_B]],
            [2_751_000, [SESSION_A]],
          ]),
        },
  });
  connections = () => this.clients;
  connectionExpiry = () =>
    bucketsOf([
      [2_729_000, []],
      [
        2_739_000,
        [
          { remoteHost: "127.0.0.1", remotePort: 52200, sessionId: SESSION_B },
          { remoteHost: "0:0:0:0:0:0:0:1", remotePort: 52222, sessionId: NO_SESSION },
        ],
      ],
    ]);
  watchSummary = () => ({ connectionCount: 2, pathCount: 3, watchCount: 4 });
  watchesBySession(): Iterable<{ sessionId: Int64; paths: Iterable<string> }> {
    return [
      { sessionId: SESSION_B, paths: ["/app", "/zzz"] },
      { sessionId: SESSION_A, paths: ["/app/e1", "/app"] },
    ];
  }
  watchesByPath = () => [
    { path: "/app/e1", sessionIds: [SESSION_A] },
    { path: "/app", sessionIds: [SESSION_B, SESSION_A] },
    { path: "/zzz", sessionIds: [SESSION_B] },
  ];
  traceMask = () => this.mask;
  setTraceMask = (mask: Int64) => {
    this.mask = mask;
  };
  resetServerStatistics = () => void this.calls.push("resetServerStatistics");
  resetConnectionStatistics = () => void this.calls.push("resetConnectionStatistics");
  authorize = (caller: AdminCredential, permissions: number, path: string) => {
    this.caller = caller;
    this.calls.push(`authorize ${permissions} ${path}`);
    return this.authorization;
  };
  shedConnections = (percentage: number) => {
    this.calls.push(`shed ${percentage}`);
    return 2;
  };
  quorum = () => this.quorumView;
}

/** A leader with one observer, as in the reference's samples. */
export function quorumView(calls: string[]): QuorumView {
  const quorumAddress = { all: ["127.0.0.1:22241"], reachable: ["127.0.0.1:22241"] };
  return {
    isLeader: true,
    leaderId: 1,
    leaderHost: "127.0.0.1",
    unservingState: "leading",
    peerState: "leading - broadcast",
    observerMasterId: null,
    proposalSizes: { lastBytes: 89, minBytes: 36, maxBytes: 378 },
    initLimitTicks: 10,
    syncLimitTicks: 5,
    electionAlg: 3,
    isObserver: false,
    membership: ["server.1=127.0.0.1:22241:22251:participant;127.0.0.1:22231", "version=100000000"],
    votingView: [
      {
        serverId: 1,
        serverAddresses: ["127.0.0.1:22241"],
        electionAddresses: ["127.0.0.1:22251"],
        clientAddress: "127.0.0.1:22231",
        learnerType: "participant",
      },
    ],
    syncedObservers: [
      {
        remoteAddress: "/127.0.0.1:58792",
        serverId: 4,
        establishedWallMs: 1795246447780,
        queuedPackets: 0,
        queuedPacketsBytes: 0,
        packetsReceived: 8,
        packetsSent: 9,
        requests: 0,
        lastZxid: 4294967296,
      },
    ],
    syncedObserverCount: 1,
    quorumAddress,
    electionAddress: { all: ["127.0.0.1:22251"], reachable: [] },
    clientAddress: "127.0.0.1:22231",
    isVoting: true,
    zabState: "broadcast",
    resetObserverStatistics: () => void calls.push("resetObserverStatistics"),
  };
}

/** Keeps what is logged. */
export class FakeLog implements Log {
  readonly lines: string[] = [];
  debug = (_fields: object, message: string) => void this.lines.push(`debug ${message}`);
  info = (_fields: object, message: string) => void this.lines.push(`info ${message}`);
  warn = (_fields: object, message: string) => void this.lines.push(`warn ${message}`);
  error = (_fields: object, message: string) => void this.lines.push(`error ${message}`);
  fatal = (_fields: object, message: string) => void this.lines.push(`fatal ${message}`);
}

export async function nextTurn(): Promise<void> {
  await setImmediate();
}

function bucketsOf<E>(buckets: readonly (readonly [number, readonly E[]])[]) {
  return {
    bucketCount: buckets.length,
    elementCount: buckets.reduce((sum, [, elements]) => sum + elements.length, 0),
    buckets: buckets.map(([expiresAtElapsedMs, elements]) => ({
      expiresAtElapsedMs,
      size: elements.length,
      elements,
    })),
  };
}
