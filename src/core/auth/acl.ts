import { ErrorCode } from "../../protocol/error-code.ts";
import type { ACL } from "../../protocol/records/data.ts";
import { type AuthId, type AuthScheme, SUPER_SCHEME } from "./auth-scheme.ts";
import { Perms, permsToText } from "./perms.ts";

/** aclId of `world:anyone:cdrwa`, which the tree keeps without an entry. */
export const OPEN_ACL_ID = -1;

/**
 * More entries than the largest request can hold. Only many `auth` entries times many identities could get there, so this
 * bounds what one request can make us store.
 */
const ACL_ENTRIES_MAX = 100_000;

/** What an ACL of a request becomes: the list to store, or why it is refused. */
export type FixedAcl = { readonly acl: readonly ACL[] } | { readonly err: ErrorCode };

/** Decides by ACLs (client-protocol 6.2, 6.3, 6.8). Knows the schemes, nothing of the tree. */
export class AclAuthority {
  readonly #schemes = new Map<string, AuthScheme>();
  readonly #skipACL: boolean;

  /** @param skipACL allow everything (`zookeeper.skipACL`) */
  constructor(schemes: readonly AuthScheme[], skipACL: boolean) {
    for (const scheme of schemes) this.#schemes.set(scheme.name, scheme);
    this.#skipACL = skipACL;
  }

  scheme(name: string): AuthScheme | undefined {
    return this.#schemes.get(name);
  }

  schemes(): Iterable<AuthScheme> {
    return this.#schemes.values();
  }

  /** Whether one who has `ids` may do something that needs one of the bits of `perms` under `acl`. */
  allows(acl: readonly ACL[] | null, perms: number, ids: readonly AuthId[]): boolean {
    if (this.#skipACL || acl === null || acl.length === 0) return true;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i]!.scheme === SUPER_SCHEME) return true;
    }
    for (let i = 0; i < acl.length; i++) {
      const entry = acl[i]!;
      if ((entry.perms & perms) !== 0 && this.#names(entry, ids)) return true;
    }
    return false;
  }

  #names(entry: ACL, ids: readonly AuthId[]): boolean {
    const { scheme, id } = entry.id;
    if (scheme === "world" && id === "anyone") return true;
    if (scheme === null || id === null) return false;
    const provider = this.#schemes.get(scheme);
    if (provider === undefined) return false;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i]!.scheme === scheme && provider.matches(ids[i]!.id, id)) return true;
    }
    return false;
  }

  /** The ACL that create and setACL store for what the client sent: duplicates dropped, `auth` replaced, entries checked. */
  fixUp(acl: readonly ACL[] | null, ids: readonly AuthId[]): FixedAcl {
    if (acl === null || acl.length === 0) return INVALID;
    if (acl.length === 1 && isOpen(acl[0]!)) return OPEN;
    const fixed: ACL[] = [];
    for (const entry of withoutDuplicates(acl)) {
      const err = this.#fixEntry(entry, ids, fixed);
      if (err !== ErrorCode.OK) return { err };
    }
    return { acl: fixed };
  }

  #fixEntry(entry: ACL, ids: readonly AuthId[], fixed: ACL[]): ErrorCode {
    const { scheme, id } = entry.id;
    if (scheme === null) return ErrorCode.INVALIDACL;
    if (id === null) return ErrorCode.MARSHALLINGERROR;
    if (scheme === "auth") return this.#expandAuth(entry.perms, ids, fixed);
    const isValid = scheme === "world" ? id === "anyone" : this.#schemes.get(scheme)?.isValid(id) === true;
    if (!isValid) return ErrorCode.INVALIDACL;
    fixed.push(entry);
    return ErrorCode.OK;
  }

  #expandAuth(perms: number, ids: readonly AuthId[], fixed: ACL[]): ErrorCode {
    let err: ErrorCode = ErrorCode.INVALIDACL;
    for (const id of ids) {
      if (this.#schemes.get(id.scheme)?.isAuthenticated !== true) continue;
      if (fixed.length >= ACL_ENTRIES_MAX) return ErrorCode.INVALIDACL;
      fixed.push({ perms, id });
      err = ErrorCode.OK;
    }
    return err;
  }

  /** The user names of `ids`, comma separated, as the audit log shows them. */
  userNames(ids: readonly AuthId[]): string {
    return ids.map((id) => this.userName(id)).join(",");
  }

  /** `bob` for `digest:bob:<hash>`; the whole id for most schemes; "" for the super user of scheme digest. */
  userName(id: AuthId): string {
    return this.#schemes.get(id.scheme)?.userName(id.id) ?? id.id;
  }
}

const INVALID: FixedAcl = Object.freeze({ err: ErrorCode.INVALIDACL });
const OPEN: FixedAcl = Object.freeze({
  acl: Object.freeze([
    Object.freeze({ perms: Perms.ALL, id: Object.freeze({ scheme: "world", id: "anyone" }) }),
  ]),
});

function isOpen(entry: ACL): boolean {
  return entry.perms === Perms.ALL && entry.id.scheme === "world" && entry.id.id === "anyone";
}

function withoutDuplicates(acl: readonly ACL[]): readonly ACL[] {
  if (acl.length === 1) return acl;
  const seen = new Set<string>();
  return acl.filter((entry) => {
    const before = seen.size;
    return seen.add(JSON.stringify([entry.perms, entry.id.scheme, entry.id.id])).size > before;
  });
}

/** What getACL shows to one without ADMIN: the hash of every digest entry is replaced by `x` (client-protocol 6.8). */
export function maskAcl(acl: readonly ACL[]): readonly ACL[] {
  return acl.map((entry) => {
    const { scheme, id } = entry.id;
    if (scheme !== "digest" || id === null) return entry;
    const colon = id.indexOf(":");
    return colon < 0 ? entry : { perms: entry.perms, id: { scheme, id: `${id.slice(0, colon)}:x` } };
  });
}

/** `scheme:id:perms` of every entry, concatenated without a separator: the audit log's spelling. */
export function aclToText(acl: readonly ACL[]): string {
  return acl.map((entry) => `${entry.id.scheme}:${entry.id.id}:${permsToText(entry.perms)}`).join("");
}
