import type { Log } from "../base/ports.ts";
import { MisuseError } from "./errors.ts";
import type { Session } from "./types.ts";

/** TLS to the servers' secure port. Contents, not file names; PEM as text or bytes. */
export interface TlsOptions {
  /** Certificates to trust (PEM); default: the system's authorities. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** Our certificate chain (PEM), where the servers ask for one. */
  readonly cert?: string | Uint8Array | undefined;
  /** Our private key (PEM). */
  readonly key?: string | Uint8Array | undefined;
  /** Certificate and key as PKCS#12 (`.p12`, `.pfx`), instead of `cert` and `key`. */
  readonly pfx?: Uint8Array | undefined;
  /**
   * Certificate and key as a Java key store (JKS, or the PKCS#12 that keytool writes since Java 9), instead of `cert` and `key`; of
   * several keys the first one. `passphrase` opens it.
   */
  readonly keyStore?: Uint8Array | undefined;
  /** Certificates to trust as a Java trust store (JKS or PKCS#12), beside those of `ca`. */
  readonly trustStore?: Uint8Array | undefined;
  /** Of `trustStore`. Without it a JKS store is read unchecked, as Java does, and a PKCS#12 one not at all. */
  readonly trustStorePassphrase?: string | undefined;
  /** Of `key`, `pfx` or `keyStore`. */
  readonly passphrase?: string | undefined;
  /** Name that the server's certificate must be for; default: the host of the connect string. */
  readonly servername?: string | undefined;
  /** "verified" (default): name and authority are checked. "anyName": the authority only. "unverified": nothing, for tests. */
  readonly server?: "verified" | "anyName" | "unverified" | undefined;
  /** Default "TLSv1.2". */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

/** SASL DIGEST-MD5, as Apache's servers do it with a JAAS section without a principal (client-protocol 6.6). */
export interface SaslOptions {
  /** The only one. */
  readonly mechanism: "DIGEST-MD5";
  /** As in the server's JAAS section. */
  readonly username: string;
  /** Never sent; only a digest of it is. */
  readonly password: string;
}

/** Credentials that are sent on every connection, like `addAuth`. */
export interface AuthInfo {
  /** `digest`, `ip`, … */
  readonly scheme: string;
  /** For digest `user:password`. */
  readonly auth: string | Uint8Array;
}

/** How `connect` connects. Unknown keys and values out of range are refused with a {@link MisuseError}. */
export interface ConnectOptions {
  /** Wanted session timeout in ms, 1 … 2147483647, default 30000; the server puts it between its own bounds. */
  readonly sessionTimeoutMs?: number | undefined;
  /** Continue this session, of this process or another. */
  readonly session?: Pick<Session, "id" | "password"> | undefined;
  /** Whether a server without a quorum will do; default "refused". */
  readonly readOnly?: "allowed" | "refused" | undefined;
  /** What follows an expired session: a new one (default; watches move to it), or the end of the client. */
  readonly afterExpiry?: "newSession" | "end" | undefined;
  /** Credentials for every connection; default: none. */
  readonly auth?: readonly AuthInfo[] | undefined;
  /** Default: a plain connection. */
  readonly tls?: TlsOptions | undefined;
  /** Default: none. */
  readonly sasl?: SaslOptions | undefined;
  /** How long `connect` tries, in ms, 1 … 2147483647, default 15000. Later losses are repaired without an end. */
  readonly connectDeadlineMs?: number | undefined;
  /** Gives `connect` up. */
  readonly signal?: AbortSignal | undefined;
  /** Where the client writes what it does; the shape of a pino logger. Default: nowhere. */
  readonly log?: Log | undefined;
  /** Deadline of calls that have none of their own, ms, default 60000; Infinity for none. */
  readonly requestDeadlineMs?: number | undefined;
  /** Calls without an answer at a time, 1 … 10000000, default 100000. */
  readonly pendingCallsMax?: number | undefined;
  /** Longest request, bytes; default 1048575 like the servers' `jute.maxbuffer`. */
  readonly requestBytesMax?: number | undefined;
  /** Longest reply, bytes; default 16 MiB: a reply is longer than the request that wrote its data, and lists are not limited. */
  readonly replyBytesMax?: number | undefined;
  /** "shuffled" (default): clients spread over the servers. "asListed": the first one first. */
  readonly serverOrder?: "shuffled" | "asListed" | undefined;
  /** "fixed" (default), or "followsEnsemble": takes client addresses from /zookeeper/config whenever it changes. */
  readonly serverList?: "fixed" | "followsEnsemble" | undefined;
  /** Pause after all servers were tried, ms: from `initialMs` (100) doubling up to `maxMs` (5000), with jitter. */
  readonly backoff?:
    | { readonly initialMs?: number | undefined; readonly maxMs?: number | undefined }
    | undefined;
}

/** {@link ConnectOptions} with defaults filled in. */
export interface ResolvedOptions extends ConnectOptions {
  readonly sessionTimeoutMs: number;
  readonly connectDeadlineMs: number;
  readonly requestDeadlineMs: number;
  readonly pendingCallsMax: number;
  readonly requestBytesMax: number;
  readonly replyBytesMax: number;
  readonly backoffInitialMs: number;
  readonly backoffMaxMs: number;
}

const INT_MAX = 0x7fff_ffff;
const REQUEST_BYTES_DEFAULT = 0xfffff;
const REPLY_BYTES_DEFAULT = 16 * 1024 * 1024;

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  readOnly: ["allowed", "refused"],
  afterExpiry: ["newSession", "end"],
  serverOrder: ["shuffled", "asListed"],
  serverList: ["fixed", "followsEnsemble"],
};

const KEYS = new Set([
  ...Object.keys(CHOICES),
  "sessionTimeoutMs",
  "session",
  "auth",
  "tls",
  "sasl",
  "connectDeadlineMs",
  "signal",
  "log",
  "requestDeadlineMs",
  "pendingCallsMax",
  "requestBytesMax",
  "replyBytesMax",
  "backoff",
]);

/** @throws MisuseError that names the key, the value and what is allowed */
export function resolveOptions(options: ConnectOptions): ResolvedOptions {
  for (const key of Object.keys(options)) {
    if (!KEYS.has(key))
      throw new MisuseError(`unknown option "${key}"; known are ${[...KEYS].sort().join(", ")}`);
  }
  for (const [key, choices] of Object.entries(CHOICES)) {
    const value = (options as Record<string, unknown>)[key];
    if (value !== undefined && !choices.includes(value as string))
      throw new MisuseError(`option ${key} is ${String(value)}: it must be one of ${choices.join(", ")}`);
  }
  checkSession(options.session);
  const number = (key: keyof ConnectOptions, fallback: number, min: number, max: number): number =>
    ranged(key, options[key] as number | undefined, fallback, min, max);
  const deadline = options.requestDeadlineMs;
  return {
    ...options,
    sessionTimeoutMs: number("sessionTimeoutMs", 30_000, 1, INT_MAX),
    connectDeadlineMs: number("connectDeadlineMs", 15_000, 1, INT_MAX),
    requestDeadlineMs:
      deadline === Number.POSITIVE_INFINITY ? deadline : number("requestDeadlineMs", 60_000, 1, INT_MAX),
    pendingCallsMax: number("pendingCallsMax", 100_000, 1, 10_000_000),
    requestBytesMax: number("requestBytesMax", REQUEST_BYTES_DEFAULT, 1024, INT_MAX),
    replyBytesMax: number("replyBytesMax", REPLY_BYTES_DEFAULT, 1024, INT_MAX),
    backoffInitialMs: ranged("backoff.initialMs", options.backoff?.initialMs, 100, 1, INT_MAX),
    backoffMaxMs: ranged("backoff.maxMs", options.backoff?.maxMs, 5_000, 1, INT_MAX),
  };
}

function ranged(key: string, value: number | undefined, fallback: number, min: number, max: number): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < min || value > max)
    throw new MisuseError(`option ${key} is ${value}: it must be a whole number, ${min} … ${max}`);
  return value;
}

function checkSession(session: ConnectOptions["session"]): void {
  if (session === undefined) return;
  if (session.password.length !== 16 || session.id.isZero())
    throw new MisuseError("option session needs the id (not 0) and the 16-byte password of a session");
}
