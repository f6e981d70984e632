import { Int64 } from "../../protocol/int64.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import type { DataTreeOptions, OwnerKind } from "./tree-types.ts";

/**
 * The persisted ephemeralOwner: 64 bits that say "nobody", "this session", "container" or "TTL of so many ms"
 * (client-protocol 4.4). TTLs exist only with extendedTypesEnabled.
 */

/** 0x8000000000000000 */
export const CONTAINER_OWNER: Int64 = new Int64(-0x8000_0000, 0);
/** The longest TTL: 2^40 - 1 ms, almost 35 years. */
export const TTL_MS_MAX = 0xff_ffff_ffff;

const TWO_32 = 0x1_0000_0000;

/** The owner of a znode with this TTL, 1 … {@link TTL_MS_MAX}. */
export function ttlOwner(ttlMs: number): Int64 {
  return new Int64((0xff << 24) | Math.floor(ttlMs / TWO_32), ttlMs >>> 0);
}

/** TTL in ms of an owner of kind "ttl": the low 40 bits, also of the 3.5.3 form. */
export function ttlMsOf(hi: number, lo: number): number {
  return (hi & 0xff) * TWO_32 + (lo >>> 0);
}

/** 0xFF, type 0 in bits 40-55, then 40 bits of TTL: hardly ever a session id, whose bits 40-55 hold a time. */
export function looksLikeTtl(hi: number, lo: number): boolean {
  return hi >>> 24 === 0xff && (hi & 0x00ff_ff00) === 0 && ((hi & 0xff) !== 0 || lo !== 0);
}

export class OwnerRules {
  readonly #extendedTypes: boolean;
  readonly #emulate353: boolean;

  constructor(options: DataTreeOptions) {
    this.#extendedTypes = options.extendedTypesEnabled;
    this.#emulate353 = options.emulate353TTLNodes;
  }

  kindOf(hi: number, lo: number): OwnerKind {
    if (hi === 0 && lo === 0) return "none";
    if (hi >= 0) return "session";
    if (hi === -0x8000_0000 && lo === 0) return "container";
    if (!this.#extendedTypes) return "session";
    return this.#emulate353 || hi >>> 24 === 0xff ? "ttl" : "session";
  }

  /**
   * Throws JuteError when a znode of a snapshot has an extended type that does not exist: something newer wrote it, and
   * treating it as a TTL could delete it.
   */
  refuseUnknownType(hi: number, lo: number, path: string): void {
    if (!this.#extendedTypes || this.#emulate353 || hi >>> 24 !== 0xff || (hi & 0x00ff_ff00) === 0) return;
    throw new JuteError(
      `znode ${path} has ephemeralOwner ${new Int64(hi, lo)}, an extended type unknown to this server; ` +
        "if it is the id of a session, start with extendedTypesEnabled=false",
    );
  }

  /** Extended types are off, yet the owner looks like a TTL (client-protocol 15 #13). */
  isStrandedTtl(hi: number, lo: number): boolean {
    return !this.#extendedTypes && looksLikeTtl(hi, lo);
  }
}
