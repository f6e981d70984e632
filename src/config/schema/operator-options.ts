import type { AdminConfig, AuditConfig, LogConfig } from "../config-operator.ts";
import { type Effect, named, type Option, type OptionsOf, passThrough, TLS } from "../option.ts";
import { choice, list, orNull, text } from "../text-type.ts";
import { bool, integer, port } from "../value-type.ts";

const SNAPSHOT_COMMANDS: Effect = { kind: "later", feature: "the admin commands snapshot and restore" };

/** Four-letter words and the HTTP admin server. */
export const adminOptions: OptionsOf<AdminConfig> = {
  fourLetterWords: passThrough<readonly string[]>({
    key: "4lw.commands.whitelist",
    type: list(),
    default: [],
    defaultText: "srvr",
    importance: "must",
    since: "3.4.10",
    meaning: "The four-letter words that may run; `*` is all of them, `srvr` is always allowed.",
  }),
  isEnabled: passThrough({
    key: "admin.enableServer",
    type: bool(),
    default: false,
    importance: "must",
    since: "3.5",
    meaning: "The HTTP admin server. On by default up to Apache 3.9, off since 3.10 and here.",
  }),
  address: passThrough({
    key: "admin.serverAddress",
    type: text("host"),
    default: "0.0.0.0",
    importance: "must",
    since: "3.5",
    meaning: "The address it listens on.",
  }),
  port: passThrough({
    key: "admin.serverPort",
    type: port(),
    default: 8080,
    importance: "must",
    since: "3.5",
    meaning: "The port it listens on; 0 lets the system choose.",
  }),
  commandUrl: passThrough({
    key: "admin.commandURL",
    type: text("path"),
    default: "/commands",
    importance: "should",
    since: "3.5",
    meaning: "Where the commands begin.",
  }),
  idleTimeoutMs: passThrough({
    key: "admin.idleTimeout",
    type: integer("ms", { min: 0 }),
    default: 30_000,
    importance: "should",
    since: "3.5",
    meaning: "An idle HTTP connection is closed after this time.",
  }),
  isPortUnified: passThrough({
    key: "admin.portUnification",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.6",
    meaning: "HTTP and HTTPS on the same port.",
    effect: TLS,
  }),
  forcesHttps: passThrough({
    key: "admin.forceHttps",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.7.1",
    meaning: "HTTPS only; wins over `admin.portUnification`.",
    effect: TLS,
  }),
  needsClientAuth: passThrough({
    key: "admin.needClientAuth",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.9",
    meaning: "HTTPS clients must show a certificate.",
    effect: TLS,
  }),
  rateLimiterIntervalMs: passThrough({
    key: "admin.rateLimiterIntervalInMS",
    type: integer("ms", { min: 0 }),
    default: 300_000,
    importance: "should",
    since: "3.9",
    meaning: "Pause between two of the commands snapshot or restore.",
    effect: SNAPSHOT_COMMANDS,
  }),
  allowsSnapshot: passThrough({
    key: "admin.snapshot.enabled",
    type: bool(),
    default: true,
    importance: "must",
    since: "3.9",
    meaning: "The command snapshot.",
    effect: SNAPSHOT_COMMANDS,
  }),
  allowsRestore: passThrough({
    key: "admin.restore.enabled",
    type: bool(),
    default: true,
    importance: "must",
    since: "3.9",
    meaning: "The command restore.",
    effect: SNAPSHOT_COMMANDS,
  }),
};

export const auditOptions: OptionsOf<AuditConfig> = {
  isEnabled: passThrough({
    key: "audit.enable",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.6",
    meaning: "One line for every change and for every refused change.",
  }),
};

/** What the process says about itself. */
export const logOptions: OptionsOf<Omit<LogConfig, "level">> = {
  directory: passThrough({
    key: "log.dir",
    type: orNull(text("path")),
    default: null,
    defaultText: "unset; `<bin>/../logs` with zkServer.sh",
    importance: "should",
    since: "3.0",
    meaning: "Where log files are.",
    effect: { kind: "none", reason: "zkServer.sh puts the output of the server into ZOO_LOG_DIR" },
  }),
  file: passThrough({
    key: "log.file",
    type: text("name"),
    default: "zookeeper.log",
    importance: "rarely",
    since: "3.0",
    meaning: "Name of a log file in it.",
    effect: {
      kind: "none",
      reason: "the server logs to its standard output, which zkServer.sh sends to the .out file",
    },
  }),
  format: passThrough<"text" | "json">({
    key: "log.format",
    type: choice({ text: "text", json: "json" }),
    default: "text",
    importance: "rarely",
    since: "Menagerie 0.1",
    meaning: "Log lines for people, or one JSON object per line.",
  }),
  watchesStalls: named({
    key: "jvm.pause.monitor",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.6",
    meaning: "Watch for pauses of the process: here, stalls of the event loop.",
  }),
  stallSampleMs: named({
    key: "jvm.pause.sleep.time.ms",
    type: integer("ms", { min: 1, bits: 64 }),
    default: 500,
    importance: "rarely",
    since: "3.6",
    meaning: "How often it looks.",
  }),
  stallInfoMs: named({
    key: "jvm.pause.info-threshold.ms",
    type: integer("ms", { min: 0, bits: 64 }),
    default: 1000,
    importance: "rarely",
    since: "3.6",
    meaning: "A longer stall is logged at level info.",
  }),
  stallWarnMs: named({
    key: "jvm.pause.warn-threshold.ms",
    type: integer("ms", { min: 0, bits: 64 }),
    default: 10_000,
    importance: "rarely",
    since: "3.6",
    meaning: "A longer stall is logged as a warning.",
  }),
};

const LEVELS = {
  trace: "debug",
  debug: "debug",
  all: "debug",
  info: "info",
  warn: "warn",
  error: "error",
  fatal: "fatal",
  off: "fatal",
} as const;

const threshold = (key: string, meaning: string): Option<LogConfig["level"] | null> =>
  passThrough<LogConfig["level"] | null>({
    key,
    type: choice(LEVELS),
    default: null,
    defaultText: "INFO",
    importance: "should",
    since: "3.0",
    meaning,
  });

/** Two keys, one level: see `resolve-config.ts`. */
export const logThresholds = {
  log: threshold("log.threshold", "Log lines below this level are dropped."),
  console: threshold("console.threshold", "The same; the more talkative of the two wins."),
} as const;
