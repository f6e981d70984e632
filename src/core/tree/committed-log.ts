import { ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";

/** A committed transaction as it stands in the log. */
export interface CommittedTxn {
  readonly zxid: Zxid;
  /** The payload of the record: header, body, digest. */
  readonly bytes: Uint8Array;
}

/**
 * The last committed transactions, for learners that are only a little behind: they get a DIFF from memory
 * (quorum-protocol 3.4). A ring, so that nothing grows: `commitLogCount` of them at most.
 */
export class CommittedLog {
  readonly #ring: (CommittedTxn | undefined)[];
  #before: Zxid | undefined;
  #start = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#ring = new Array<CommittedTxn | undefined>(Math.max(1, capacity)).fill(undefined);
  }

  get count(): number {
    return this.#count;
  }

  /** The oldest zxid kept; 0 while there is none. */
  get zxidMin(): Zxid {
    return this.#ring[this.#start]?.zxid ?? ZXID_ZERO;
  }

  /** The newest zxid kept; 0 while there is none. */
  get zxidMax(): Zxid {
    return this.#count === 0 ? ZXID_ZERO : this.#at(this.#count - 1).zxid;
  }

  /** The zxid right in front of the oldest one kept; undefined while there is none. */
  get zxidBefore(): Zxid | undefined {
    return this.#before;
  }

  /** Keeps a copy of `bytes`. A zxid that is not above the newest one is kept already: it is ignored. */
  append(zxid: Zxid, bytes: Uint8Array, previous: Zxid): void {
    // Not slice(): of a Buffer that would be a view.
    this.appendOwned(zxid, new Uint8Array(bytes), previous);
  }

  /** Keeps `bytes` themselves: nobody may change them any more. `previous` is the txn before. */
  appendOwned(zxid: Zxid, bytes: Uint8Array, previous: Zxid): void {
    if (this.#count > 0 && zxid <= this.zxidMax) return;
    const txn = { zxid, bytes };
    if (this.#count === 0) this.#before = previous;
    if (this.#count < this.#ring.length) {
      this.#ring[(this.#start + this.#count++) % this.#ring.length] = txn;
    } else {
      this.#before = this.#ring[this.#start]!.zxid;
      this.#ring[this.#start] = txn;
      this.#start = (this.#start + 1) % this.#ring.length;
    }
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<CommittedTxn> {
    for (let i = 0; i < this.#count; i++) yield this.#at(i);
  }

  #at(index: number): CommittedTxn {
    return this.#ring[(this.#start + index) % this.#ring.length]!;
  }
}
