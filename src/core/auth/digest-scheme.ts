import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type AuthId, type AuthResult, type AuthScheme, NO_IDS, SUPER_SCHEME } from "./auth-scheme.ts";

/**
 * `user:base64(hash(user:password))`: what scheme digest makes of `user:password` (client-protocol 6.4). The hash is over
 * the whole text in UTF-8.
 */
export function digestId(userAndPassword: string, algorithm: string): string {
  const hash = createHash(algorithm).update(userAndPassword, "utf8").digest("base64");
  return `${userPart(userAndPassword)}:${hash}`;
}

function userPart(id: string): string {
  const colon = id.indexOf(":");
  return colon < 0 ? id : id.slice(0, colon);
}

/** How many parts Java's `String.split(":")` makes: trailing empty ones do not count. */
function countParts(text: string): number {
  const parts = text.split(":");
  let count = parts.length;
  while (count > 1 && parts[count - 1] === "") count--;
  return count;
}

/** What scheme digest is told. */
export interface DigestSchemeOptions {
  /** As OpenSSL spells it. */
  readonly algorithm: string;
  /** `super:<base64>` of the super user; undefined = there is none. */
  readonly superDigest: string | undefined;
}

/** Scheme `digest`: a user name and the hash of its password. */
export class DigestScheme implements AuthScheme {
  readonly name = "digest";
  readonly isAuthenticated = true;
  readonly #options: DigestSchemeOptions;

  constructor(options: DigestSchemeOptions) {
    this.#options = options;
  }

  /** Exactly two parts once trailing empty ones are dropped: `a:b`, `:b`, `a:b:`. */
  isValid(id: string): boolean {
    return countParts(id) === 2;
  }

  matches(id: string, aclId: string): boolean {
    return id === aclId;
  }

  authenticate(auth: Uint8Array | null): AuthResult {
    if (auth === null) return { outcome: "failed", reason: "no user and password were sent" };
    const id = digestId(Buffer.from(auth).toString("utf8"), this.#options.algorithm);
    const own: AuthId = { scheme: this.name, id };
    const ids = id === this.#options.superDigest ? [{ scheme: SUPER_SCHEME, id: "" }, own] : [own];
    return { outcome: "accepted", ids };
  }

  idsAtAccept(): readonly AuthId[] {
    return NO_IDS;
  }

  userName(id: string): string {
    return userPart(id);
  }
}
