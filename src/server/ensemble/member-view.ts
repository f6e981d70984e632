import type { BufferSizes } from "../../admin/buffer-sizes.ts";
import type {
  MemberAddresses,
  MemberInfo,
  ObserverInfo,
  QuorumView,
  UnservingState,
  ZabState,
} from "../../admin/quorum-view.ts";
import type { Config } from "../../config/config.ts";
import { type HostPort, memberOf, type ServerSpec } from "../../core/quorum/membership.ts";
import { formatMembership } from "../../core/quorum/membership-text.ts";
import { Leader } from "../../core/zab/leader/leader.ts";
import { Learner } from "../../core/zab/learner/learner.ts";
import type { LearnerHandler } from "../../core/zab/master/learner-handler.ts";
import type { Peer } from "../../core/zab/peer.ts";
import type { LinkId } from "../../core/zab/peer-face.ts";
import type { LinkTraffic } from "./link-outbox.ts";
import { syncedLearners } from "./member-gauges.ts";

export interface MemberViewParts {
  readonly peer: Pick<
    Peer,
    "sid" | "state" | "role" | "leaderSid" | "server" | "database" | "view" | "peerStats"
  >;
  readonly config: Pick<Config["ensemble"], "initLimitTicks" | "syncLimitTicks" | "membership">;
  /** Where this server's clients connect when its line does not say so. */
  readonly clientAddress: HostPort | null;
  readonly traffic: (link: LinkId) => LinkTraffic;
}

/** What four-letter words and the AdminServer see of a member of an ensemble beside its server. */
export class MemberView implements QuorumView {
  readonly electionAlg = 3;
  readonly #parts: MemberViewParts;
  /** What the links of observers had sent when `orst` came. */
  readonly #sentBefore = new Map<LinkId, number>();

  constructor(parts: MemberViewParts) {
    this.#parts = parts;
  }

  get isLeader(): boolean {
    return this.#parts.peer.server?.role === "leader";
  }

  get leaderId(): number {
    return this.#parts.peer.leaderSid ?? -1;
  }

  get leaderHost(): string {
    return this.#specOf(this.leaderId)?.addresses[0]?.host ?? "";
  }

  get peerState(): string {
    const { state, role } = this.#parts.peer;
    const phases = role === null ? [] : [role.zabPhase, role.syncMode?.toLowerCase()];
    return [state, ...phases].filter((word) => word !== undefined).join(" - ");
  }

  get unservingState(): UnservingState {
    return this.#parts.peer.role?.state ?? "leaderelection";
  }

  get zabState(): ZabState {
    return this.#parts.peer.role?.zabPhase ?? "election";
  }

  get observerMasterId(): number | null {
    const { server, role } = this.#parts.peer;
    return server?.role === "observer" && role instanceof Learner ? role.masterSid : null;
  }

  get proposalSizes(): BufferSizes | null {
    if (!this.isLeader) return null;
    const { lastProposalBytes, minProposalBytes, maxProposalBytes } = this.#parts.peer.peerStats;
    return { lastBytes: lastProposalBytes, minBytes: minProposalBytes, maxBytes: maxProposalBytes };
  }

  get initLimitTicks(): number {
    return this.#parts.config.initLimitTicks;
  }

  get syncLimitTicks(): number {
    return this.#parts.config.syncLimitTicks;
  }

  get isObserver(): boolean {
    return this.#own?.peerType === "observer";
  }

  get membership(): readonly string[] {
    return formatMembership(this.#parts.peer.view.committed).split("\n");
  }

  get votingView(): readonly MemberInfo[] {
    const { servers } = this.#parts.peer.view.committed;
    return servers.filter(({ peerType }) => peerType === "participant").map(infoOf);
  }

  get syncedObserverCount(): number {
    return this.#observers().length;
  }

  get syncedObservers(): Iterable<ObserverInfo> {
    return this.#observers().map((handler) => this.#observerInfo(handler));
  }

  get quorumAddress(): MemberAddresses {
    return everywhere(this.#own === undefined ? [] : quorumAddresses(this.#own));
  }

  get electionAddress(): MemberAddresses {
    return everywhere(this.#own === undefined ? [] : electionAddresses(this.#own));
  }

  get clientAddress(): string {
    return textOf(this.#own?.client ?? this.#parts.clientAddress);
  }

  get isVoting(): boolean {
    const { peer } = this.#parts;
    return memberOf(peer.view.committed, peer.sid)?.peerType === "participant";
  }

  resetProposalSizes(): void {
    this.#parts.peer.peerStats.resetProposalSizes();
  }

  resetObserverStatistics(): void {
    this.#sentBefore.clear();
    for (const handler of this.#observers()) {
      handler.packetsReceived = 0;
      handler.requests = 0;
      this.#sentBefore.set(handler.link, this.#parts.traffic(handler.link).packetsSent);
    }
  }

  /** This server's line, also when no configuration has it any more. */
  get #own(): ServerSpec | undefined {
    return this.#specOf(this.#parts.peer.sid);
  }

  #specOf(sid: number): ServerSpec | undefined {
    const { committed, lastSeen } = this.#parts.peer.view;
    const { membership } = this.#parts.config;
    for (const each of [committed, lastSeen, membership]) {
      const spec = each === null ? undefined : memberOf(each, sid);
      if (spec !== undefined) return spec;
    }
    return undefined;
  }

  #observers(): LearnerHandler[] {
    return syncedLearners(this.#parts.peer).filter(({ isObserver }) => isObserver);
  }

  #observerInfo({ link, remote, sid, establishedWallMs, packetsReceived, requests }: LearnerHandler) {
    const { packetsSent, queuedPackets, queuedBytes } = this.#parts.traffic(link);
    const { role, database } = this.#parts.peer;
    return {
      remoteAddress: `/${remote}`,
      serverId: sid,
      establishedWallMs,
      queuedPackets,
      queuedPacketsBytes: queuedBytes,
      packetsReceived,
      packetsSent: packetsSent - (this.#sentBefore.get(link) ?? 0),
      requests,
      // The next PING names it, if nothing else does.
      lastZxid: role instanceof Leader ? role.lastProposed : database.lastProcessedZxid,
    };
  }
}

/** Nothing is checked: all addresses count as reachable. */
function everywhere(all: readonly string[]): MemberAddresses {
  return { all, reachable: all };
}

function infoOf(spec: ServerSpec): MemberInfo {
  return {
    serverId: spec.id,
    serverAddresses: quorumAddresses(spec),
    electionAddresses: electionAddresses(spec),
    clientAddress: textOf(spec.client),
    learnerType: spec.peerType,
  };
}

function quorumAddresses({ addresses }: ServerSpec): string[] {
  return addresses.map(({ host, quorumPort }) => textOf({ host, port: quorumPort }));
}

function electionAddresses({ addresses }: ServerSpec): string[] {
  return addresses.map(({ host, electionPort }) => textOf({ host, port: electionPort }));
}

function textOf(endpoint: HostPort | null): string {
  if (endpoint === null) return "";
  const { host, port } = endpoint;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
