import {
  type AuthId,
  type AuthPeer,
  type AuthResult,
  type AuthScheme,
  NO_IDS,
  SUPER_SCHEME,
} from "./auth-scheme.ts";
import { isDistinguishedName } from "./distinguished-name.ts";

/** Scheme `x509`: the subject of the client certificate that the TLS layer has verified. */
export class X509Scheme implements AuthScheme {
  readonly name = "x509";
  readonly isAuthenticated = true;
  readonly #superUser: string | undefined;

  /** @param superUser subject that bypasses every ACL; undefined = nobody */
  constructor(superUser: string | undefined) {
    this.#superUser = superUser;
  }

  isValid(id: string): boolean {
    return isDistinguishedName(id);
  }

  matches(id: string, aclId: string): boolean {
    return id === aclId || (this.#superUser !== undefined && id === this.#superUser);
  }

  authenticate(_auth: Uint8Array | null, peer: AuthPeer): AuthResult {
    const ids = this.idsAtAccept(peer);
    if (ids.length === 0) return { outcome: "failed", reason: "the connection has no client certificate" };
    return { outcome: "accepted", ids };
  }

  idsAtAccept(peer: AuthPeer): readonly AuthId[] {
    const subject = peer.certificateSubject;
    if (subject === undefined) return NO_IDS;
    const own: AuthId = { scheme: this.name, id: subject };
    return subject === this.#superUser ? [{ scheme: SUPER_SCHEME, id: subject }, own] : [own];
  }

  userName(id: string): string {
    return id;
  }
}
