import type { Rng } from "../src/base/ports.ts";
import { SparseBytes } from "./sparse-bytes.ts";

/**
 * What a power failure leaves of everything that was written and not synced:
 *
 * - "lost": nothing of it; "kept": all of it;
 * - "torn": the oldest part of it, cut at any byte (a process that was killed, a disk that writes in order);
 * - "reordered": any sectors of it (a disk that writes as it likes).
 *
 * Names (created, renamed, removed files) survive in order: a journaling file system.
 */
export type CrashKind = "lost" | "kept" | "torn" | "reordered";

const SECTOR_BYTES = 512;

type Change =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly size: number };

/** A file without its name: what it holds, and what of that would survive a power failure for certain. */
export class VirtualFile {
  readonly #durable: SparseBytes;
  readonly #current: SparseBytes;
  #pending: Change[] = [];
  #durableVersion = 0;
  #durableFrom = 0;

  constructor(bytes: SparseBytes = new SparseBytes()) {
    this.#durable = bytes;
    this.#current = bytes.clone();
  }

  get size(): number {
    return this.#current.size;
  }

  /** Rises with each change of what would survive. */
  get durableVersion(): number {
    return this.#durableVersion;
  }

  /** Position of the first byte that became durable, or was cut away, since the last call. */
  takeDurableFrom(): number {
    const from = this.#durableFrom;
    this.#durableFrom = Number.POSITIVE_INFINITY;
    return from;
  }

  /** What would certainly survive a power failure now. */
  get durable(): SparseBytes {
    return this.#durable;
  }

  /** Room taken on the disk: holes take none. */
  get allocatedBytes(): number {
    return this.#current.allocatedBytes;
  }

  /** Room that a write would take in addition. */
  allocationFor(position: number, length: number): number {
    return this.#current.allocationFor(position, length);
  }

  read(into: Uint8Array, position: number): number {
    return this.#current.read(into, position);
  }

  toBytes(): Uint8Array {
    return this.#current.toBytes();
  }

  write(bytes: Uint8Array, position: number): void {
    this.#current.write(bytes, position);
    // Not slice(): of a Buffer that is a view, and writers use their memory again.
    this.#pending.push({ kind: "write", position, bytes: new Uint8Array(bytes) });
  }

  truncate(size: number): void {
    this.#current.truncate(size);
    this.#pending.push({ kind: "truncate", size });
  }

  sync(): void {
    if (this.#pending.length === 0) return;
    for (const change of this.#pending) {
      applyChange(this.#durable, change);
      this.#durableFrom = Math.min(
        this.#durableFrom,
        change.kind === "write" ? change.position : change.size,
      );
    }
    this.#pending = [];
    this.#durableVersion++;
  }

  /**
   * A sync that failed: the system has marked the pages clean all the same, so what they hold can be read until the
   * power fails, and a later sync that succeeds does not save it. Sizes are not in pages: the file system's journal has them.
   */
  loseSync(): void {
    this.#pending = this.#pending.filter(({ kind }) => kind === "truncate");
  }

  /** The file as the next boot finds it. */
  survivor(kind: CrashKind, rng: Rng): SparseBytes {
    const out = this.#durable.clone();
    if (kind === "kept") for (const change of this.#pending) applyChange(out, change);
    if (kind === "torn") this.#tear(out, rng);
    if (kind === "reordered") this.#reorder(out, rng);
    return out;
  }

  #tear(out: SparseBytes, rng: Rng): void {
    const whole = rng.below(this.#pending.length + 1);
    for (const change of this.#pending.slice(0, whole)) applyChange(out, change);
    const next = this.#pending[whole];
    if (next?.kind === "write")
      out.write(next.bytes.subarray(0, rng.below(next.bytes.length + 1)), next.position);
  }

  /** Every sector that changed, and the size, each as it was at some moment since the last sync. */
  #reorder(out: SparseBytes, rng: Rng): void {
    const versions = [this.#durable.clone()];
    const sectors = new Set<number>();
    for (const change of this.#pending) {
      const next = versions.at(-1)!.clone();
      applyChange(next, change);
      versions.push(next);
      if (change.kind === "write") addSectors(sectors, change.position, change.bytes.length);
    }
    const size = versions[rng.below(versions.length)]!.size;
    for (const sector of [...sectors].sort((a, b) => a - b)) {
      const bytes = new Uint8Array(SECTOR_BYTES);
      versions[rng.below(versions.length)]!.read(bytes, sector * SECTOR_BYTES);
      out.write(bytes, sector * SECTOR_BYTES);
    }
    out.truncate(size);
  }
}

function applyChange(bytes: SparseBytes, change: Change): void {
  if (change.kind === "write") bytes.write(change.bytes, change.position);
  else bytes.truncate(change.size);
}

function addSectors(sectors: Set<number>, position: number, length: number): void {
  for (
    let sector = Math.floor(position / SECTOR_BYTES);
    sector * SECTOR_BYTES < position + length;
    sector++
  ) {
    sectors.add(sector);
  }
}
