import type { ACL } from "../../protocol/records/data.ts";

/** Bytes of an ACL entry beside its scheme and id: perms, two lengths. */
const ENTRY_BYTES = 12;

/** A txn's record may be this much larger than its request, ACLs apart: sequence suffixes, counters, headers of multis. */
const GROWTH = 1.75;

/** Bytes of a txn beside its body: header, digest, counts. */
const FRAME_BYTES = 64;

/**
 * Keeps each txn readable: no server reads back a record with more than `jute.maxbuffer` + extra bytes, so one that was
 * written anyway would keep it from ever starting again (ZOOKEEPER-4306). A request is bounded by its frame; what can make
 * its txn larger than that are ACL entries of scheme `auth`, which become one entry per identity of the connection, and the
 * list of a session's ephemerals.
 */
export class TxnBudget {
  /** Most bytes of a record that every reader takes. */
  readonly #recordBytesMax: number;
  #aclBytesLeft = 0;

  constructor(recordBytesMax: number) {
    this.#recordBytesMax = recordBytesMax;
  }

  /** A request of so many bytes is about to be prepared. */
  start(frameBytes: number): void {
    this.#aclBytesLeft = this.#recordBytesMax - FRAME_BYTES - frameBytes * GROWTH;
  }

  /** Whether the txn may hold `fixed`, which has been made of the request's `acl`. */
  affordsAcl(acl: readonly ACL[] | null, fixed: readonly ACL[]): boolean {
    if (acl?.some((entry) => entry.id.scheme === "auth") !== true) return true;
    for (const { id } of fixed) {
      this.#aclBytesLeft -= ENTRY_BYTES + (id.scheme?.length ?? 0) * 3 + (id.id?.length ?? 0) * 3;
    }
    return this.#aclBytesLeft >= 0;
  }

  /** Whether the txn may list these paths. */
  affordsPaths(paths: readonly string[]): boolean {
    let bytes = FRAME_BYTES;
    for (const path of paths) bytes += 4 + path.length * 3;
    return bytes <= this.#recordBytesMax;
  }
}
