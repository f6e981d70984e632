import type { AuthId, AuthPeer, AuthResult, AuthScheme } from "./auth-scheme.ts";
import { isInPrefix, parseIpAddress, parseIpPrefix } from "./ip-address.ts";

/** Scheme `ip`: the address of the peer, matched against an address or a prefix of either family. */
export class IpScheme implements AuthScheme {
  readonly name = "ip";
  readonly isAuthenticated = false;

  isValid(id: string): boolean {
    return parseIpPrefix(id) !== undefined;
  }

  matches(id: string, aclId: string): boolean {
    const address = parseIpAddress(id);
    const prefix = parseIpPrefix(aclId);
    return address !== undefined && prefix !== undefined && isInPrefix(address, prefix);
  }

  /** The data is ignored: it adds the peer's address once more. */
  authenticate(_auth: Uint8Array | null, peer: AuthPeer): AuthResult {
    return { outcome: "accepted", ids: this.idsAtAccept(peer) };
  }

  idsAtAccept(peer: AuthPeer): readonly AuthId[] {
    return [{ scheme: this.name, id: peer.peerAddress }];
  }

  userName(id: string): string {
    return id;
  }
}
