import { Buffer } from "node:buffer";
import type { DataTree } from "../tree/data-tree.ts";
import type { AclAuthority } from "./acl.ts";
import { mergeIds } from "./auth-scheme.ts";

/** Who asks without a session: what an admin request says of itself. */
export interface Caller {
  readonly scheme: string;
  /** What an auth packet of the scheme would carry (`user:password` for digest); null = nothing. */
  readonly credential: string | null;
  /** Address as text, without port. */
  readonly remoteHost: string;
}

/** `unauthenticated`: unknown scheme or refused credential. `unauthorized`: known, but lacks one of the permissions. */
export type Authorization = "authorized" | "unauthenticated" | "unauthorized";

/** Authenticates `caller` as an auth packet would, then checks every bit of `perms` on the znode at `path`. */
export function authorize(
  authority: AclAuthority,
  tree: DataTree,
  caller: Caller,
  perms: number,
  path: string,
): Authorization {
  const peer = { peerAddress: caller.remoteHost, certificateSubject: undefined };
  const credential = caller.credential === null ? null : Buffer.from(caller.credential, "utf8");
  const result = authority.scheme(caller.scheme)?.authenticate(credential, peer);
  if (result?.outcome !== "accepted") return "unauthenticated";
  const node = tree.lookup(path);
  if (node < 0) return "unauthorized";
  const ids = mergeIds([], result.ids);
  const acl = tree.acl(node);
  for (let bit = 1; bit <= perms; bit *= 2) {
    if ((perms & bit) !== 0 && !authority.allows(acl, bit, ids)) return "unauthorized";
  }
  return "authorized";
}
