import { Buffer } from "node:buffer";
import type { AdminCredential, AuthorizationResult } from "../admin/admin-view.ts";
import type { ServerMachine } from "../core/pipeline/server-machine.ts";
import { NO_NODE } from "../core/tree/tree-types.ts";

/**
 * Decides whether the caller of an admin command has all of `permissions` on the ACL of `path` (operations.md 2.1). He
 * authenticates with the same schemes as a client connection from his address.
 */
export function authorizeCaller(
  caller: AdminCredential,
  permissions: number,
  path: string,
  machine: Pick<ServerMachine, "authority" | "database">,
): AuthorizationResult {
  const { authority, database } = machine;
  const scheme = authority.scheme(caller.scheme);
  if (scheme === undefined) return "unauthenticated";
  const credential = caller.credential === null ? null : Buffer.from(caller.credential, "utf8");
  const peer = { peerAddress: caller.remoteHost, certificateSubject: undefined };
  const result = scheme.authenticate(credential, peer);
  if (result.outcome !== "accepted") return "unauthenticated";
  const node = database.tree.lookup(path);
  if (node === NO_NODE) return "unauthorized";
  const acl = database.tree.acl(node);
  for (let bit = 1; bit <= permissions; bit <<= 1) {
    if ((permissions & bit) !== 0 && !authority.allows(acl, bit, result.ids)) return "unauthorized";
  }
  return "authorized";
}
