import type { ACL } from "../protocol/records/data.ts";
import { MisuseError } from "./errors.ts";

/** Permission bits (client-protocol 6.1). */
export const Perms = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

const ANYONE = { scheme: "world", id: "anyone" } as const;

/** Everybody may do everything: `world:anyone:cdrwa`. The default of every create. */
export const OPEN_ACL: readonly ACL[] = [{ perms: Perms.all, id: ANYONE }];
/** Everybody may read: `world:anyone:r`. */
export const READ_ACL: readonly ACL[] = [{ perms: Perms.read, id: ANYONE }];
/** Whoever creates it may do everything: `auth::cdrwa`. Needs an identity: `addAuth`, SASL or a TLS certificate. */
export const CREATOR_ACL: readonly ACL[] = [{ perms: Perms.all, id: { scheme: "auth", id: "" } }];

const LETTERS: readonly (readonly [string, number])[] = [
  ["c", Perms.create],
  ["d", Perms.delete],
  ["r", Perms.read],
  ["w", Perms.write],
  ["a", Perms.admin],
];

/** `31` → `cdrwa`: the order in which ZooKeeper's tools print it. */
export function formatPerms(perms: number): string {
  return LETTERS.filter(([, bit]) => (perms & bit) !== 0)
    .map(([letter]) => letter)
    .join("");
}

/**
 * `crw` → 7.
 * @throws {@link MisuseError} for a letter that is none of c d r w a
 */
export function parsePerms(text: string): number {
  let perms = 0;
  for (const letter of text) {
    const bit = LETTERS.find(([known]) => known === letter)?.[1];
    if (bit === undefined)
      throw new MisuseError(`unknown permission "${letter}" in "${text}": use letters of cdrwa`);
    perms |= bit;
  }
  return perms;
}

/**
 * Reads `scheme:id:perms,…` as ZooKeeper's shell does: the scheme ends at the first colon, the permissions start behind
 * the last, so an id may hold colons (`digest:bob:hash=:cdrwa`) but no comma.
 *
 * @throws {@link MisuseError} when an entry has fewer than two colons or unknown permissions
 */
export function parseAcl(text: string): ACL[] {
  return text.split(",").map((entry) => {
    const first = entry.indexOf(":");
    const last = entry.lastIndexOf(":");
    if (first < 0 || first === last)
      throw new MisuseError(`"${entry}" is not an ACL entry: write scheme:id:perms`);
    const id = { scheme: entry.slice(0, first), id: entry.slice(first + 1, last) };
    return { perms: parsePerms(entry.slice(last + 1)), id };
  });
}

/** The reverse of {@link parseAcl}. */
export function formatAcl(acl: readonly ACL[]): string {
  return acl.map(({ perms, id }) => `${id.scheme}:${id.id}:${formatPerms(perms)}`).join(",");
}
