import type { Zxid } from "../src/protocol/zxid.ts";
import { counterOf, epochOf, ZXID_ZERO, zxidToHex } from "../src/protocol/zxid.ts";

/** A txn as it was seen on a disk, or under way to one. */
export interface KnownTxn {
  readonly zxid: Zxid;
  readonly bytes: Uint8Array;
  /** The txn before it in every history that has it; undefined as long as nobody has shown it. */
  previous: Zxid | undefined;
}

/**
 * Every txn that was ever logged, each with the one before it, and the one chain of those that are decided. What is said to
 * be wrong here is the business of the checkers that feed it.
 */
export class TxnHistory {
  readonly #txns = new Map<Zxid, KnownTxn>();
  readonly #committed: KnownTxn[] = [];
  readonly #committedZxids = new Set<Zxid>();
  /** By epoch: the last txn of the history that its leader began with, which zxid (epoch, 0) stands for. */
  readonly #beginnings = new Map<number, Zxid>();

  get(zxid: Zxid): KnownTxn | undefined {
    return this.#txns.get(zxid);
  }

  /** In order. */
  get committed(): readonly KnownTxn[] {
    return this.#committed;
  }

  /** The last txn that is decided. */
  get tip(): Zxid {
    return this.#committed.at(-1)?.zxid ?? ZXID_ZERO;
  }

  /** Leaderships that began. */
  get epochs(): number {
    return this.#beginnings.size;
  }

  isCommitted(zxid: Zxid): boolean {
    return zxid === ZXID_ZERO || this.#committedZxids.has(zxid);
  }

  /** It is not decided, and a later epoch has begun on a history without it. */
  hasComeToNothing(zxid: Zxid): boolean {
    if (this.isCommitted(zxid)) return false;
    return [...this.#beginnings].some(([epoch, last]) => epoch > epochOf(zxid) && last < zxid);
  }

  /** A leader begins its epoch on a history that ends with `lastZxid`. Returns what contradicts what is known of the epoch. */
  begin(epoch: number, lastZxid: Zxid): string | undefined {
    const last = this.resolve(lastZxid);
    if (last === undefined) return undefined;
    const known = this.#beginnings.get(epoch);
    if (known === undefined) this.#beginnings.set(epoch, last);
    if (known === undefined || known === last) return undefined;
    return `epoch ${epoch} begins behind ${show(last)} and behind ${show(known)}`;
  }

  /** The txn that a zxid stands for: itself, but for counter 0. */
  resolve(zxid: Zxid): Zxid | undefined {
    if (zxid === ZXID_ZERO || counterOf(zxid) > 0) return zxid;
    return this.#beginnings.get(epochOf(zxid));
  }

  /** Somebody has it. Returns what contradicts what is known of it, if anything does. */
  add(zxid: Zxid, previous: Zxid | undefined, bytes: Uint8Array): string | undefined {
    const usable = previous === undefined ? undefined : this.resolve(previous);
    const known = this.#txns.get(zxid);
    if (known === undefined) {
      this.#txns.set(zxid, { zxid, bytes: new Uint8Array(bytes), previous: usable });
      return undefined;
    }
    if (!isEqual(known.bytes, bytes)) return `two different txns have zxid ${show(zxid)}`;
    if (usable === undefined) return undefined;
    known.previous ??= usable;
    if (known.previous === usable) return undefined;
    return `${show(zxid)} is behind ${show(usable)} here and behind ${show(known.previous)} elsewhere`;
  }

  /**
   * Decides everything up to `zxid`; returns what was decided anew, or what contradicts earlier decisions.
   */
  commit(upTo: Zxid): readonly KnownTxn[] | string {
    const zxid = this.resolve(upTo);
    if (zxid === undefined || this.isCommitted(zxid)) return [];
    if (zxid < this.tip) {
      return `${show(zxid)} is said to be committed, but is not among those committed up to ${show(this.tip)}`;
    }
    const chain: KnownTxn[] = [];
    for (let at = zxid; at !== this.tip; ) {
      const txn = this.#txns.get(at);
      if (txn === undefined)
        return `${show(zxid)} is said to be committed, but nobody ever logged ${show(at)}`;
      chain.push(txn);
      const previous = txn.previous ?? this.#counted(at);
      if (previous === undefined || previous < this.tip) {
        const behind = previous === undefined ? "an unknown txn" : show(previous);
        return `${show(zxid)} is committed with ${show(at)} behind ${behind}: ${show(this.tip)}, committed before, is lost`;
      }
      at = previous;
    }
    chain.reverse();
    for (const txn of chain) {
      this.#committed.push(txn);
      this.#committedZxids.add(txn.zxid);
    }
    return chain;
  }

  /** What must be before a txn that nobody has shown the one before of. */
  #counted(zxid: Zxid): Zxid | undefined {
    return counterOf(zxid) > 1 ? ((zxid - 1) as Zxid) : this.#beginnings.get(epochOf(zxid));
  }
}

/** `1:2a`: epoch and counter in hexadecimal. */
export function show(zxid: Zxid): string {
  return zxid < 0 ? zxidToHex(zxid) : `${epochOf(zxid).toString(16)}:${counterOf(zxid).toString(16)}`;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
