import { invariant } from "../../base/invariant.ts";
import type { ACL } from "../../protocol/records/data.ts";
import { type TextKey, textKeyOf } from "./text-key.ts";

/** Slot of world:anyone:cdrwa, which needs no entry; its id is -1 too (client-protocol 6.8). */
const OPEN_ACL_SLOT = -1;
export const OPEN_ACL_ID = -1;

/** world:anyone:cdrwa */
export const OPEN_ACL: readonly ACL[] = Object.freeze([{ perms: 31, id: { scheme: "world", id: "anyone" } }]);
/** world:anyone:r, the ACL of /zookeeper/config */
export const READ_ACL: readonly ACL[] = Object.freeze([{ perms: 1, id: { scheme: "world", id: "anyone" } }]);
/**
 * What stands in for an ACL that a snapshot refers to but does not hold: one entry that grants nothing. Not an empty
 * list, because an empty one lets everybody in.
 */
export const UNKNOWN_ACL: readonly ACL[] = Object.freeze([
  { perms: 0, id: { scheme: "world", id: "anyone" } },
]);

interface AclEntry {
  /** The id in snapshots: counts up and is never used for another ACL. */
  id: number;
  acl: readonly ACL[];
  key: TextKey;
  references: number;
}

/** One row of a snapshot's ACL map. */
export interface AclMapRow {
  readonly id: number;
  readonly acl: readonly ACL[];
}

/**
 * Interned ACLs with reference counts. A znode keeps a small slot number; ids, which snapshots show, are given out as
 * Apache does: 1, 2, … and after a load from the highest one in the file on. Two ACLs are equal when they have the same
 * entries in the same order.
 */
export class AclCache {
  readonly #entries: (AclEntry | undefined)[] = [];
  readonly #unusedSlots: number[] = [];
  readonly #slotByKey = new Map<TextKey, number>();
  readonly #slotById = new Map<number, number>();
  #idMax = 0;
  /** The slot that was asked for last: most creates in a row carry the same ACL. */
  #recentSlot = OPEN_ACL_SLOT;

  /** Different ACLs in use, the built-in one not counted. */
  get size(): number {
    return this.#slotByKey.size;
  }

  /** The slot of `acl` with one more reference; null is the open ACL. */
  acquire(acl: readonly ACL[] | null): number {
    if (acl === null) return OPEN_ACL_SLOT;
    const recent = this.#entries[this.#recentSlot];
    if (recent !== undefined && isSameAcl(recent.acl, acl)) {
      recent.references++;
      return this.#recentSlot;
    }
    const key = keyOf(acl);
    const slot = this.#slotByKey.get(key) ?? this.#add(this.#idMax + 1, acl, key);
    this.#entries[slot]!.references++;
    this.#recentSlot = slot;
    return slot;
  }

  /** The id of `acl`, without a reference: the ACL stays until {@link purgeUnused}. */
  intern(acl: readonly ACL[]): number {
    const key = keyOf(acl);
    return this.idOf(this.#slotByKey.get(key) ?? this.#add(this.#idMax + 1, acl, key));
  }

  /** One reference less; the last one removes the ACL. */
  release(slot: number): void {
    if (slot === OPEN_ACL_SLOT) return;
    const entry = this.#entries[slot];
    invariant(
      entry !== undefined && entry.references > 0,
      `ACL slot ${slot} is released more often than acquired`,
    );
    if (--entry.references === 0) this.#remove(slot, entry);
  }

  idOf(slot: number): number {
    return slot === OPEN_ACL_SLOT ? OPEN_ACL_ID : this.#entries[slot]!.id;
  }

  aclOf(slot: number): readonly ACL[] {
    return slot === OPEN_ACL_SLOT ? OPEN_ACL : this.#entries[slot]!.acl;
  }

  /** By id; an id that nobody uses gives {@link UNKNOWN_ACL}. */
  aclById(id: number): readonly ACL[] {
    if (id === OPEN_ACL_ID) return OPEN_ACL;
    const slot = this.#slotById.get(id);
    return slot === undefined ? UNKNOWN_ACL : this.#entries[slot]!.acl;
  }

  /** Takes an entry of a snapshot's ACL map, without references until znodes come. A repeated id counts once. */
  load(id: number, acl: readonly ACL[]): void {
    if (this.#slotById.has(id) || id === OPEN_ACL_ID) return;
    this.#add(id, acl, keyOf(acl));
  }

  /**
   * The slot for a znode of a snapshot that refers to `id`, with one more reference. Returns the slot of a stand-in when
   * the map lacks the id: it was added after the map was written, and replay brings the real one (storage-formats 3.6).
   */
  acquireById(id: number): number {
    if (id === OPEN_ACL_ID) return OPEN_ACL_SLOT;
    const slot = this.#slotById.get(id) ?? this.#addUnknown(id);
    this.#entries[slot]!.references++;
    return slot;
  }

  isUnknown(slot: number): boolean {
    return slot !== OPEN_ACL_SLOT && this.#entries[slot]!.acl === UNKNOWN_ACL;
  }

  /** Drops what no znode refers to: called after a load. */
  purgeUnused(): void {
    for (const [slot, entry] of this.#entries.entries()) {
      if (entry !== undefined && entry.references === 0) this.#remove(slot, entry);
    }
  }

  /** The ACL map of a snapshot, by id. Stand-ins are left out: their content is not known. */
  toMap(): AclMapRow[] {
    const rows: AclMapRow[] = [];
    for (const entry of this.#entries) {
      if (entry !== undefined && entry.acl !== UNKNOWN_ACL) rows.push({ id: entry.id, acl: entry.acl });
    }
    return rows.sort((a, b) => a.id - b.id);
  }

  clear(): void {
    this.#entries.length = 0;
    this.#unusedSlots.length = 0;
    this.#slotByKey.clear();
    this.#slotById.clear();
    this.#idMax = 0;
    this.#recentSlot = OPEN_ACL_SLOT;
  }

  #add(id: number, acl: readonly ACL[], key: TextKey): number {
    const slot = this.#unusedSlots.pop() ?? this.#entries.length;
    this.#entries[slot] = { id, acl, key, references: 0 };
    this.#slotByKey.set(key, slot);
    this.#slotById.set(id, slot);
    this.#idMax = Math.max(this.#idMax, id);
    return slot;
  }

  #addUnknown(id: number): number {
    const slot = this.#unusedSlots.pop() ?? this.#entries.length;
    this.#entries[slot] = { id, acl: UNKNOWN_ACL, key: "", references: 0 };
    this.#slotById.set(id, slot);
    // A new ACL must not get this id, or the znodes that refer to it would silently get that ACL.
    this.#idMax = Math.max(this.#idMax, id);
    return slot;
  }

  #remove(slot: number, entry: AclEntry): void {
    this.#entries[slot] = undefined;
    this.#unusedSlots.push(slot);
    if (this.#slotByKey.get(entry.key) === slot) this.#slotByKey.delete(entry.key);
    this.#slotById.delete(entry.id);
    if (this.#recentSlot === slot) this.#recentSlot = OPEN_ACL_SLOT;
  }
}

function isSameAcl(a: readonly ACL[], b: readonly ACL[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x.perms !== y.perms || x.id.id !== y.id.id || x.id.scheme !== y.id.scheme) return false;
  }
  return true;
}

/** JSON keeps scheme and id apart whatever characters they hold, and null apart from "null". */
function keyOf(acl: readonly ACL[]): TextKey {
  return textKeyOf(JSON.stringify(acl.map((entry) => [entry.perms, entry.id.scheme, entry.id.id])));
}
