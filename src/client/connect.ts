import type { Log, Rng, Timer } from "../base/ports.ts";
import { dial, type TlsConnectionOptions } from "../transport/dialer.ts";
import { Client } from "./client.ts";
import type { ClientPorts } from "./client-ports.ts";
import { parseConnectString } from "./connect-string.ts";
import { followEnsemble } from "./ensemble-follower.ts";
import { openClient } from "./open-client.ts";
import { type ConnectOptions, type ResolvedOptions, resolveOptions, type TlsOptions } from "./options.ts";

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

/** Above this Node fires at once. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;

const timer: Timer = {
  after(delayMs, callback) {
    const timeout = setTimeout(callback, Math.min(delayMs, TIMEOUT_MS_MAX));
    return () => clearTimeout(timeout);
  },
  // Behind the promises that are settling now, before the next I/O: all that they ask for leaves in one write.
  soon: (callback) => process.nextTick(callback),
};

/** Loaded at its first use: a command of the shell has often ended before it needs any chance, and this takes 5 ms. */
const crypto = (): typeof import("node:crypto") => process.getBuiltinModule("node:crypto");

const rng: Rng = {
  uint32: () => crypto().randomFillSync(new Uint32Array(1))[0]!,
  below: (bound) => Math.floor((rng.uint32() / 0x1_0000_0000) * bound),
  bytes: (length) => crypto().randomFillSync(new Uint8Array(length)),
};

function nodePorts({ tls, log = SILENT }: ResolvedOptions): ClientPorts {
  const tlsOptions = tls === undefined ? undefined : dialOptions(tls);
  return {
    clock: { now: () => ({ elapsedMs: performance.now(), wallMs: Date.now() }) },
    timer,
    rng,
    log,
    dial: ({ host, port }, handler) => dial({ host, port, tls: tlsOptions }, handler),
    md5: (bytes) => crypto().createHash("md5").update(bytes).digest(),
  };
}

function dialOptions(tls: TlsOptions): TlsConnectionOptions {
  const { server = "verified", minVersion = "TLSv1.2", ...contents } = tls;
  const given = Object.fromEntries(Object.entries(contents).filter(([, value]) => value !== undefined));
  return {
    ...given,
    minVersion,
    rejectUnauthorized: server !== "unverified",
    ...(server === "anyName" ? { checkServerIdentity: () => undefined } : {}),
  } as TlsConnectionOptions;
}

/**
 * Connects to an ensemble and resolves when the session is there.
 *
 * ```ts
 * await using zk = await connect("zk1:2181,zk2:2181,zk3:2181/app");
 * ```
 *
 * @param servers `host[:port][,host[:port]…][/chroot]`; port 2181 by default, IPv6 in brackets
 * @throws MisuseError for a wrong connect string or option; ConnectionError with the reason for each server when none could be
 * reached within `connectDeadlineMs`; AuthFailedError; SessionExpiredError for a `session` that is over, when `afterExpiry` is
 * "end"; AbortedError
 */
export async function connect(servers: string, options: ConnectOptions = {}): Promise<Client> {
  const resolved = resolveOptions(options);
  return openClient(connectLazily(servers, options), resolved, timer);
}

/**
 * The same without waiting: calls wait until the first connection is there, and connecting goes on until `close`.
 * @throws MisuseError for a wrong connect string or option
 */
export function connectLazily(servers: string, options: ConnectOptions = {}): Client {
  const resolved = resolveOptions(options);
  const client = new Client(parseConnectString(servers), resolved, nodePorts(resolved));
  if (resolved.serverList === "followsEnsemble") followEnsemble(client, resolved.log ?? SILENT);
  return client;
}
