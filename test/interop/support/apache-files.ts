import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";

/** A tree digest and the zxid after which it holds. */
export interface DigestAt {
  readonly zxid: bigint;
  readonly digest: bigint;
}

const ERROR_TXN = -1;
const DIGEST_BYTES = 12;

function filesOf(dataDir: string, prefix: string): { name: string; zxid: bigint }[] {
  return readdirSync(join(dataDir, "version-2"))
    .filter((name) => name.startsWith(prefix) && !name.endsWith(".tmp"))
    .map((name) => ({ name, zxid: BigInt(`0x${name.split(".")[1]}`) }))
    .sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
}

/** Names of snapshot files, oldest first. */
export function snapshotNames(dataDir: string): string[] {
  return filesOf(dataDir, "snapshot.").map((file) => file.name);
}

export interface LoggedRecord {
  readonly zxid: bigint;
  readonly type: number;
  readonly digest: bigint | undefined;
}

/** Names of log files, oldest first. */
export function logNames(dataDir: string): string[] {
  return filesOf(dataDir, "log.").map((file) => file.name);
}

/** Every record of one log, in order: zxid, type and, if it carries one, the digest (storage-formats 2.2). */
export function recordsOf(dataDir: string, name: string): LoggedRecord[] {
  const bytes = readFileSync(join(dataDir, "version-2", name));
  const records: LoggedRecord[] = [];
  for (let at = 16; at + 12 <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 8);
    if (length <= 0 || at + 13 + length > bytes.length) break;
    const payload = bytes.subarray(at + 12, at + 12 + length);
    const type = payload.readInt32BE(28);
    const tail = payload.subarray(payload.length - DIGEST_BYTES);
    const hasDigest = type !== ERROR_TXN && payload.length >= 32 + DIGEST_BYTES && tail.readInt32BE(0) === 2;
    const digest = hasDigest ? tail.readBigUInt64BE(4) : undefined;
    records.push({ zxid: payload.readBigInt64BE(12), type, digest });
    at += 13 + length;
  }
  return records;
}

/** The records of all logs, oldest first. */
export function loggedTxns(dataDir: string): LoggedRecord[] {
  return logNames(dataDir).flatMap((name) => recordsOf(dataDir, name));
}

/** The content of a gzip file, as far as it goes: a crash may have cut it short. */
function unzipped(raw: Buffer): Buffer {
  return raw.length === 0 ? raw : gunzipSync(raw, { finishFlush: constants.Z_SYNC_FLUSH });
}

/**
 * The digest section of a plain or gzip snapshot (storage-formats 3.1), found from the end: seals are 13 bytes, the
 * section 20, and with `last zxid` 8 + 13 more follow. Undefined when there is none.
 */
export function snapshotDigest(dataDir: string, name: string): DigestAt | undefined {
  const raw = readFileSync(join(dataDir, "version-2", name));
  const bytes = name.endsWith(".gz") ? unzipped(raw) : raw;
  const seal = Buffer.from("000000012f", "hex");
  for (const tail of [13, 13 + 21]) {
    const at = bytes.length - tail - 20;
    if (at < 5) return undefined;
    const isBehindSeal = bytes.subarray(at - 5, at).equals(seal);
    if (isBehindSeal && bytes.readInt32BE(at + 8) === 2) {
      return { zxid: bytes.readBigInt64BE(at), digest: bytes.readBigUInt64BE(at + 12) };
    }
  }
  return undefined;
}
