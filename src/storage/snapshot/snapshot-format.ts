import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { adlerOf } from "../checksum.ts";
import type { SnapshotSource } from "./snapshot-port.ts";

/**
 * The bytes of a snapshot, uncompressed (storage-formats 3.1):
 *
 *     header     int magic "ZKSN" | int version 2 | long dbid -1
 *     sessions   int count | count * (long id, int timeout ms)
 *     ACL map    int count | count * (long aclId, vector of ACL)
 *     nodes      (ustring path, buffer data, long aclId, StatPersisted) ... | ustring "/"
 *     seal 1     long Adler-32 of everything before | ustring "/"
 *     digest     long zxid | int version 2 | long treeDigest | seal 2           only with digests on
 *     last zxid  long zxid | seal 3                                            since 3.9, can be switched off
 *
 * Which of the last two parts there are is told by their length alone.
 */
export const SNAPSHOT_HEADER_BYTES = 16;
export const SNAPSHOT_MAGIC = 0x5a4b534e;
export const SNAPSHOT_VERSION = 2;
/** Long checksum and ustring "/". */
export const SEAL_BYTES = 13;
/** long zxid and seal 3. */
export const LAST_ZXID_BYTES = 8 + SEAL_BYTES;
/** The end of the nodes, and of every seal. */
export const END_MARK = "/";
/** Below this version a digest is a string (3.6 and earlier): only read, never written. */
export const BINARY_DIGEST_VERSION = 2;

/**
 * Writes a snapshot part by part: each {@link step} appends a slice to a writer, so that the tree can change in between
 * and no step takes long.
 */
export class SnapshotEncoder {
  readonly #source: SnapshotSource;
  readonly #isLastZxidWritten: boolean;
  #checksum: number | undefined;

  constructor(source: SnapshotSource, options: { readonly isLastZxidWritten: boolean }) {
    this.#source = source;
    this.#isLastZxidWritten = options.isLastZxidWritten;
  }

  /** Appends at least something and little more than `bytesMax` bytes to `out`; true when the snapshot is complete. */
  step(out: JuteWriter, bytesMax: number): boolean {
    const start = out.length;
    if (this.#checksum === undefined) writeHeader(out);
    const isBodyDone = this.#source.writeNext(out, bytesMax);
    this.#add(out, start);
    if (isBodyDone) this.#writeEnd(out);
    return isBodyDone;
  }

  #writeEnd(out: JuteWriter): void {
    this.#seal(out);
    const digest = this.#source.digest();
    if (digest !== undefined) {
      const start = out.length;
      out.writeZxid(digest.zxid);
      out.writeInt(digest.version);
      out.writeInt64(digest.treeDigest);
      this.#add(out, start);
      this.#seal(out);
    }
    if (this.#isLastZxidWritten) {
      const start = out.length;
      out.writeZxid(this.#source.lastProcessedZxid());
      this.#add(out, start);
      this.#seal(out);
    }
  }

  /** The checksum value stands before its own "/", and later seals cover both. */
  #seal(out: JuteWriter): void {
    const start = out.length;
    out.writeLong(this.#checksum!);
    out.writeString(END_MARK);
    this.#add(out, start);
  }

  #add(out: JuteWriter, start: number): void {
    this.#checksum = adlerOf(out.bytes().subarray(start), this.#checksum);
  }
}

function writeHeader(out: JuteWriter): void {
  out.writeInt(SNAPSHOT_MAGIC);
  out.writeInt(SNAPSHOT_VERSION);
  out.writeLong(-1);
}
