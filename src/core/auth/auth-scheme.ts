/** One identity of a connection. */
export interface AuthId {
  readonly scheme: string;
  readonly id: string;
}

/** What a scheme may know of the connection that authenticates. */
export interface AuthPeer {
  /** Address as text, without port. */
  readonly peerAddress: string;
  /** Subject of the verified client certificate, RFC 2253 text. */
  readonly certificateSubject: string | undefined;
}

/**
 * What came of an auth packet: identities for the connection (perhaps none), AUTHFAILED and a close, or a close without
 * any answer.
 */
export type AuthResult =
  | { readonly outcome: "accepted"; readonly ids: readonly AuthId[] }
  | { readonly outcome: "failed"; readonly reason: string }
  | { readonly outcome: "closed"; readonly reason: string };

/** One authentication scheme of the table in client-protocol 6.4. */
export interface AuthScheme {
  readonly name: string;
  /** Whether its ids take the place of scheme `auth` in an ACL. */
  readonly isAuthenticated: boolean;
  /** Whether `id` may stand in an ACL entry of this scheme. */
  isValid(id: string): boolean;
  /** Whether a connection with identity `id` is who the ACL entry `aclId` names; both of this scheme. */
  matches(id: string, aclId: string): boolean;
  /** An auth packet (opcode 100) of this scheme arrived. */
  authenticate(auth: Uint8Array | null, peer: AuthPeer): AuthResult;
  /** Identities that a connection of `peer` has from the start. */
  idsAtAccept(peer: AuthPeer): readonly AuthId[];
  /** The part of an id that names a user (whoAmI, audit log). */
  userName(id: string): string;
}

/** Bypasses every ACL; no scheme of this name exists, so no ACL entry can hold it. */
export const SUPER_SCHEME = "super";

/** Identities that one connection may gather; Apache has no limit, and each one costs memory and time in every ACL check. */
export const CONNECTION_IDS_MAX = 1000;

/** The identities of one who has none. */
export const NO_IDS: readonly AuthId[] = Object.freeze([]);

/** Adds `more` to `ids` without duplicates; returns `ids` itself when nothing is new, so that it can be shared. */
export function mergeIds(ids: readonly AuthId[], more: readonly AuthId[]): readonly AuthId[] {
  let merged = ids;
  for (const id of more) {
    if (!merged.some((known) => known.scheme === id.scheme && known.id === id.id)) merged = [...merged, id];
  }
  return merged;
}
