import { resolve } from "node:path";
import type { MembershipRules } from "../core/quorum/build-membership.ts";
import { type Membership, type PeerType, parseVersion } from "../core/quorum/membership.ts";
import { sharedAddress } from "../core/quorum/shared-address.ts";
import { ZXID_ZERO } from "../protocol/zxid.ts";
import type { EnsembleConfig } from "./config-ensemble.ts";
import { readMembership, versionOfFileName } from "./membership.ts";
import { isEnsembleKey, type OptionReader } from "./option-reader.ts";
import { schema } from "./schema.ts";
import { type FileSettings, readSettings, type Setting } from "./settings.ts";

/** The number in `myid`; `none` without that file, `invalid` when it holds something else, which has been told. */
export type ServerId = number | "none" | "invalid";

/** What the ensemble part is resolved from. */
export interface EnsembleSources {
  readonly configFile: string | null;
  readonly settings: FileSettings;
  /** Null when it is not set, which is a problem of its own. */
  readonly dataDir: string | null;
  readonly serverId: ServerId;
  readonly tickTimeMs: number;
  /** The contents of a file, or undefined when there is none. */
  readonly readFile: (path: string) => Uint8Array | undefined;
}

/** Reads the ensemble's options and lines, with the checks of configuration 1.5. Mistakes go to `reader`. */
export function resolveEnsemble(sources: EnsembleSources, reader: OptionReader): EnsembleConfig {
  const options = reader.section(schema.ensemble);
  const multiAddress = reader.section(schema.multiAddress);
  const sasl = reader.section(schema.quorumSasl);
  const { syncEnabled, observerSyncEnabled } = reader.section(schema.observersPersist);
  const rules = { allowsSeveralAddresses: multiAddress.isEnabled, hasOracle: options.oraclePath !== null };
  const membership = readCurrent(sources, options.dynamicConfigFile, rules, reader);
  const lastSeenMembership = options.dynamicConfigFile === null ? null : readLastSeen(sources, rules, reader);
  const voters = membership?.servers.filter(({ peerType }) => peerType === "participant").length ?? 0;
  const observers = (membership?.servers.length ?? 0) - voters;
  checkMembers(voters, observers, membership !== null, options.allowsStandalone, reader);
  const isDistributed = !options.allowsStandalone || voters > 1;
  if (isDistributed)
    checkDistributed(sources, membership, options.initLimitTicks, options.syncLimitTicks, reader);
  const initLimitMs = options.initLimitTicks * sources.tickTimeMs;
  const syncLimitMs = options.syncLimitTicks * sources.tickTimeMs;
  return {
    ...options,
    dynamicConfigFile: options.dynamicConfigFile === null ? null : resolve(options.dynamicConfigFile),
    membership,
    lastSeenMembership,
    isDistributed,
    peerType: resolvePeerType(options.peerType, membership, sources.serverId, reader),
    connectLimitTicks: options.connectLimitTicks === 0 ? options.initLimitTicks : options.connectLimitTicks,
    electionReadTimeoutMs: options.electionReadTimeoutMs < 0 ? syncLimitMs : options.electionReadTimeoutMs,
    waitForEpochMaxMs: options.waitForEpochMaxMs < 0 ? initLimitMs : options.waitForEpochMaxMs,
    observersPersist: observerSyncEnabled ?? syncEnabled,
    multiAddress,
    sasl,
  };
}

/** The ensemble lines of the static file, or of the dynamic one that it names. */
function readCurrent(
  { settings, readFile }: EnsembleSources,
  dynamicFile: string | null,
  rules: MembershipRules,
  reader: OptionReader,
): Membership | null {
  const staticLines = [...settings.values()].filter(({ key }) => isEnsembleKey(key));
  if (dynamicFile === null) return readMembership(staticLines, ZXID_ZERO, rules, reader);
  for (const line of staticLines) {
    reader.refuse(line, `parameter: ${line.key} must be in a separate dynamic config file`);
  }
  const bytes = readFile(dynamicFile);
  if (bytes === undefined) {
    reader.problems.push({
      reason: `Error processing ${dynamicFile}: ${dynamicFile} (No such file or directory)`,
      key: "dynamicConfigFile",
    });
    return null;
  }
  const lines = [...readSettings(dynamicFile, bytes).values()];
  for (const line of lines) {
    if (line.key === "version") reader.refuse(line, "dynamic file shouldn't have version inside");
    else if (!isEnsembleKey(line.key)) reader.refuse(line, `Unrecognised parameter: ${line.key}`);
  }
  return readMembership(lines.filter(isMemberLine), versionOfFileName(dynamicFile), rules, reader);
}

/** The proposal that was pending when the server stopped; it carries its version inside. */
function readLastSeen(
  sources: EnsembleSources,
  rules: MembershipRules,
  reader: OptionReader,
): Membership | null {
  if (sources.configFile === null) return null;
  const path = `${sources.configFile}.dynamic.next`;
  const bytes = sources.readFile(path);
  if (bytes === undefined) return null;
  const settings = readSettings(path, bytes);
  const line = settings.get("version");
  const version = line === undefined ? ZXID_ZERO : parseVersion(line.value);
  if (line !== undefined && version === undefined) {
    reader.refuse(line, `For input string: "${line.value}"`, "a hexadecimal number");
  }
  const lines = [...settings.values()].filter(isMemberLine);
  return readMembership(lines, version ?? ZXID_ZERO, rules, reader);
}

function isMemberLine({ key }: Setting): boolean {
  return isEnsembleKey(key);
}

function checkMembers(
  voters: number,
  observers: number,
  hasMembership: boolean,
  allowsStandalone: boolean,
  reader: OptionReader,
): void {
  const refuse = (reason: string) => reader.problems.push({ reason });
  if (voters === 0) {
    if (!allowsStandalone) refuse("standaloneEnabled = false then number of participants should be >0");
    else if (observers > 0) refuse("Observers w/o participants is an invalid configuration");
  } else if (voters === 1 && allowsStandalone) {
    if (observers > 0) refuse("Observers w/o quorum is an invalid configuration");
    else if (hasMembership) {
      const message = "Invalid configuration, only one server specified (ignoring)";
      reader.notices.push({ level: "error", key: undefined, message });
    }
  } else if (voters <= 2) {
    reader.warn(undefined, "No server failure will be tolerated. You need at least 3 servers.");
  } else if (voters % 2 === 0) {
    reader.warn(undefined, "Non-optimal configuration, consider an odd number of servers.");
  }
}

function checkDistributed(
  { serverId, dataDir }: EnsembleSources,
  membership: Membership | null,
  initLimitTicks: number,
  syncLimitTicks: number,
  reader: OptionReader,
): void {
  if (initLimitTicks === 0) reader.problems.push({ reason: "initLimit is not set" });
  if (syncLimitTicks === 0) reader.problems.push({ reason: "syncLimit is not set" });
  if (serverId === "none") {
    const ids = (membership?.servers ?? []).map(({ id }) => id).join(", ");
    const reason = `myid file is missing: write the id of this server, one of ${ids}, into ${resolve(dataDir ?? "", "myid")}`;
    reader.problems.push({ reason });
  }
  warnOfSharedAddresses(membership?.servers ?? [], reader);
}

/** Only one of two can be there; the other is never found, and Apache says nothing. A reconfig refuses it. */
function warnOfSharedAddresses(servers: Membership["servers"], reader: OptionReader): void {
  for (const [at, server] of servers.entries()) {
    for (const other of servers.slice(at + 1)) {
      const address = sharedAddress(server, other);
      if (address === undefined) continue;
      reader.warn(
        `server.${other.id}`,
        `server.${server.id} and server.${other.id} have the same address ${address}: one of the lines is wrong`,
      );
    }
  }
}

/** The server list knows better than `peerType`. */
function resolvePeerType(
  configured: PeerType,
  membership: Membership | null,
  serverId: ServerId,
  reader: OptionReader,
): PeerType {
  const listed = membership?.servers.find(({ id }) => id === serverId)?.peerType ?? "participant";
  if (listed !== configured) {
    const roles = `(${listed.toUpperCase()}) doesn't match peerType (${configured.toUpperCase()})`;
    reader.warn("peerType", `Peer type from servers list ${roles}. Defaulting to servers list.`);
  }
  return listed;
}
