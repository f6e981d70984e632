export type PeerType = "participant" | "observer";

/** One configuration of the ensemble: the `server`, `group` and `weight` lines (configuration 1.6). */
export interface Membership {
  /** zxid of the reconfig that made it, as hexadecimal text without prefix; "0" when unknown. */
  readonly version: string;
  /** In ascending order of `id`. */
  readonly servers: readonly ServerSpec[];
  /** null: majority of participants. */
  readonly hierarchy: Hierarchy | null;
}

export interface Hierarchy {
  /** In ascending order of `id`. */
  readonly groups: readonly { readonly id: number; readonly members: readonly number[] }[];
  /** Participants without a line weigh 1. */
  readonly weights: readonly { readonly id: number; readonly weight: number }[];
}

export interface ServerSpec {
  readonly id: number;
  /** At least one; sorted by host in printed text. */
  readonly addresses: readonly QuorumAddress[];
  readonly peerType: PeerType;
  /** The `;host:port` part; null when absent. Host `0.0.0.0` when only a port was given. */
  readonly client: HostPort | null;
  /** The second `;host:port` part (TLS). */
  readonly secureClient: HostPort | null;
}

export interface QuorumAddress {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}
