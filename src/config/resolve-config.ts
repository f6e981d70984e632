import { resolve } from "node:path";
import { parseDecimal } from "../base/decimal.ts";
import type { ClientsConfig, Config, ConfigNotice, SessionsConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import type { LogConfig } from "./config-operator.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { isFamilyKey, isSilentKey, nearestKey } from "./known-keys.ts";
import { isEnsembleKey, OptionReader } from "./option-reader.ts";
import { resolveAuth } from "./resolve-auth.ts";
import { resolveClientPorts } from "./resolve-client-ports.ts";
import { resolveEnsemble, type ServerId } from "./resolve-ensemble.ts";
import { schema } from "./schema.ts";
import type { FileSettings, JvmFlags } from "./settings.ts";
import { systemProperties } from "./system-properties.ts";

/** What a configuration is made of. */
export interface ConfigSources {
  /** Where `settings` came from; null when from no file. */
  readonly configFile: string | null;
  readonly settings: FileSettings;
  readonly flags: JvmFlags;
  /** The contents of a file, or undefined when there is none. Throws {@link ConfigError} when it cannot be read. */
  readonly readFile: (path: string) => Uint8Array | undefined;
}

/**
 * Checks everything and fills in every default. Precedence as in Apache: the file's key, then the system property, then
 * the default. Throws {@link ConfigError} with all problems.
 */
export function resolveConfig(sources: ConfigSources): Config {
  const { settings, flags } = sources;
  const reader = new OptionReader(settings, flags.properties);
  const { dataDir, dataLogDir, createsMissingDirectories } = reader.section(schema.files);
  if (dataDir === null) reader.problems.push({ reason: "dataDir is not set", key: "dataDir" });
  const serverId = dataDir === null ? "invalid" : readServerId(dataDir, sources, reader);
  const sessions = resolveSessions(reader);
  const ensemble = resolveEnsemble(
    { ...sources, dataDir, serverId, tickTimeMs: sessions.tickTimeMs },
    reader,
  );
  const clients = resolveClients(reader, serverId, ensemble.membership);
  const requests = reader.section(schema.requests);
  const storage = reader.section(schema.storage);
  const admin = reader.section(schema.admin);
  const config: Config = {
    files: {
      configFile: sources.configFile,
      dataDir: resolve(dataDir ?? ""),
      dataLogDir: resolve(dataLogDir ?? dataDir ?? ""),
      createsMissingDirectories,
      serverId: typeof serverId === "number" ? serverId : 0,
    },
    clients,
    sessions,
    requests: {
      ...requests,
      juteExtraBytes: requests.juteExtraBytes < 0 ? requests.juteMaxBufferBytes : requests.juteExtraBytes,
    },
    storage: {
      ...storage,
      writeQueuePollTimeMaxMs:
        storage.writeQueuePollTimeMaxMs < 0
          ? Math.floor(storage.flushDelayMs / 3)
          : storage.writeQueuePollTimeMaxMs,
    },
    tree: reader.section(schema.tree),
    auth: resolveAuth(settings, flags.properties, clients.securePort !== null, reader),
    tls: {
      ...reader.section(schema.tls),
      client: reader.section(schema.clientTls),
      quorum: reader.section(schema.quorumTls),
    },
    admin: {
      ...admin,
      commandUrl: `/${admin.commandUrl.replace(/^\/+|\/+$/g, "")}`,
      fourLetterWords: allowedWords(admin.fourLetterWords, requests.hasReadOnlyMode),
    },
    metrics: { ...reader.section(schema.metrics), pathStats: reader.section(schema.pathStats) },
    audit: reader.section(schema.audit),
    log: resolveLog(reader),
    ensemble,
    systemProperties: systemProperties(settings, flags.properties),
    notices: [],
  };
  checkQuorumSasl(config, reader);
  const notices = [
    ...reader.notices,
    ...noticesAboutKeys(settings, reader.usedKeys),
    ...noticesAboutFlags(flags),
  ];
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return deepFreeze({ ...config, notices });
}

/** `<dataDir>/myid`: the first line, a decimal number and nothing else. */
function readServerId(dataDir: string, { readFile }: ConfigSources, reader: OptionReader): ServerId {
  const path = resolve(dataDir, "myid");
  const bytes = readFile(path);
  if (bytes === undefined) return "none";
  const text = Buffer.from(bytes).toString("utf8");
  const line = text === "" ? "null" : (text.split(/\r\n|\r|\n/)[0] ?? "");
  const id = parseDecimal(line);
  if (id !== undefined && Number.isSafeInteger(id)) return id;
  reader.problems.push({
    // What cannot be seen, as the byte order mark of an editor, is shown as an escape.
    reason: `serverid ${/^[\x20-\x7e]{0,40}$/.test(line) ? line : escaped(line.slice(0, 40))} is not a number`,
    allowed: "the N of this server's line server.N, alone in the first line",
    origin: { kind: "file", file: path, line: 1 },
  });
  return "invalid";
}

function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function resolveSessions(reader: OptionReader): SessionsConfig {
  const sessions = reader.section(schema.sessions);
  const { tickTimeMs } = sessions;
  const timeoutMinMs = sessions.timeoutMinMs === -1 ? tickTimeMs * 2 : sessions.timeoutMinMs;
  const timeoutMaxMs = sessions.timeoutMaxMs === -1 ? tickTimeMs * 20 : sessions.timeoutMaxMs;
  if (timeoutMinMs > timeoutMaxMs) {
    reader.problems.push({
      reason: "minSessionTimeout must not be larger than maxSessionTimeout",
      key: "minSessionTimeout",
      value: String(timeoutMinMs),
      allowed: `0..${timeoutMaxMs} ms`,
    });
  }
  return { ...sessions, timeoutMinMs, timeoutMaxMs };
}

function resolveClients(
  reader: OptionReader,
  serverId: ServerId,
  membership: Config["ensemble"]["membership"],
): ClientsConfig {
  const clients = reader.section(schema.clients);
  const own = membership?.servers.find(({ id }) => id === serverId);
  return {
    ...clients,
    ...resolveClientPorts(clients, own, reader),
    throttle: reader.section(schema.throttle),
  };
}

function allowedWords(configured: readonly string[], hasReadOnlyMode: boolean): string[] {
  return [...new Set([...configured, "srvr", ...(hasReadOnlyMode ? ["isro"] : [])])];
}

const LEVELS = ["debug", "info", "warn", "error", "fatal"] as const;

/** The more talkative of the two thresholds wins; neither means info. */
function resolveLog(reader: OptionReader): LogConfig {
  const thresholds = reader.section(schema.logThresholds);
  const set = [thresholds.log, thresholds.console].filter((level) => level !== null);
  const level = LEVELS.find((candidate) => set.includes(candidate)) ?? "info";
  return { ...reader.section(schema.log), level };
}

/** What one server insists on, the others must be able to give. */
function checkQuorumSasl({ ensemble: { sasl } }: Config, reader: OptionReader): void {
  const refuse = (needed: string, wanted: string) =>
    reader.problems.push({
      reason: `quorum.auth.${needed} is disabled, so cannot enable quorum.auth.${wanted}`,
    });
  if (!sasl.isEnabled && sasl.serverRequires) refuse("enableSasl", "serverRequireSasl");
  else if (!sasl.isEnabled && sasl.learnerRequires) refuse("enableSasl", "learnerRequireSasl");
  else if (!sasl.learnerRequires && sasl.serverRequires) refuse("learnerRequireSasl", "serverRequireSasl");
}

/** Unknown keys are taken, as Apache takes them; but a typing error should not stay unseen. */
function noticesAboutKeys(settings: FileSettings, used: ReadonlySet<string>): ConfigNotice[] {
  const notices: ConfigNotice[] = [];
  for (const { key, origin, overriddenLine } of settings.values()) {
    if (origin.kind === "file" && overriddenLine !== undefined) {
      const message = `${key} stands twice, with different values: line ${origin.line} counts, line ${overriddenLine} does not`;
      notices.push({ level: "warn", key, message });
    }
    if (used.has(key) || isSilentKey(key) || isFamilyKey(key) || isEnsembleKey(key)) continue;
    const near = nearestKey(key);
    notices.push(
      near === undefined
        ? { level: "info", key, message: `${key} is not an option of this server; it has no effect` }
        : { level: "warn", key, message: `${key} is not an option of this server; did you mean ${near}?` },
    );
  }
  return notices;
}

function noticesAboutFlags(flags: JvmFlags): ConfigNotice[] {
  const foreign = [...flags.properties.keys()].filter((name) => !isOurs(name)).map((name) => `-D${name}`);
  const ignored = [...flags.ignored, ...foreign];
  if (ignored.length === 0) return [];
  const message = `these JVM flags mean nothing to this server and are ignored: ${ignored.join(" ")}`;
  return [{ level: "info", key: undefined, message }];
}

const UNPREFIXED =
  /^(zookeeper\.|jute\.|znode\.container\.|readonlymode\.|fsync\.|(leader|follower|learner)\.)/;

function isOurs(property: string): boolean {
  return UNPREFIXED.test(property) || property === "java.security.auth.login.config";
}
