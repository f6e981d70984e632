import type { ErrorCode } from "../../../protocol/error-code.ts";
import type { ReconfigRequest } from "../../../protocol/records/proto.ts";
import type { Zxid } from "../../../protocol/zxid.ts";
import type { ReconfigDesk } from "../../operations/operation.ts";
import { type Membership, memberOf, sameAddresses } from "../../quorum/membership.ts";
import { formatMembership } from "../../quorum/membership-text.ts";
import { quorumSystemOf } from "../../quorum/quorum-system.ts";
import { decideReconfig } from "../../quorum/reconfig.ts";
import type { LearnerRegistry } from "../master/learner-registry.ts";
import type { PeerState } from "../peer-state.ts";
import type { Outstanding } from "./proposals.ts";

/** Changes of the configuration on their way through the leader (quorum-protocol 5.3, 5.7). */
export class Reconfiguration implements ReconfigDesk {
  readonly #state: PeerState;
  readonly #learners: LearnerRegistry;
  #decided: Membership | undefined;

  constructor(state: PeerState, learners: LearnerRegistry) {
    this.#state = state;
    this.#learners = learners;
  }

  decide(request: ReconfigRequest, zxid: Zxid): string | ErrorCode {
    const connected = new Set([this.#state.sid]);
    // An observer acknowledges nothing: a reconfig that needs it for its quorum would never commit, nor anything behind it.
    for (const { phase, isObserver, sid } of this.#learners) {
      if (phase === "serving" && !isObserver) connected.add(sid);
    }
    const { joiningServers, leavingServers, newMembers, curConfigId } = request;
    const { view, ensemble } = this.#state;
    const decision = decideReconfig(
      { joining: joiningServers, leaving: leavingServers, newMembers, curConfigId },
      view,
      ensemble.rules,
      connected,
    );
    if ("error" in decision) {
      this.#state.notice("info", `reconfig refused: ${decision.reason}`);
      return decision.error;
    }
    this.#decided = { ...decision.proposed, version: zxid };
    return formatMembership(this.#decided);
  }

  propose(): void {
    if (this.#decided !== undefined) this.#state.setLastSeen(this.#decided);
    this.#decided = undefined;
  }

  /**
   * Who leads once a reconfig is committed: this server while it is a voter at the same addresses; else the voter that has
   * acknowledged the most of what follows.
   */
  designate({ reconfig, entry }: Outstanding, laterZxids: readonly Zxid[]): number {
    const { sid, view } = this.#state;
    if (reconfig === undefined) return sid;
    const before = memberOf(view.committed, sid);
    const after = memberOf(reconfig, sid);
    const { voters } = quorumSystemOf(reconfig);
    const staysAt = before === undefined || after === undefined || sameAddresses(before, after);
    if (voters.has(sid) && staysAt) return sid;
    let candidates = [...this.#learners].filter(
      (handler) => voters.has(handler.sid) && handler.hasAcked(entry.zxid),
    );
    for (const zxid of laterZxids) {
      const left = candidates.filter(({ acked }) => acked >= zxid);
      if (left.length === 0) break;
      candidates = left;
    }
    return candidates[0]?.sid ?? sid;
  }

  /** The reconfig is committed and this server goes on leading: which of its observers have got a vote by it. */
  noteNewVoters(membership: Membership): void {
    for (const handler of this.#learners) {
      const member = memberOf(membership, handler.sid);
      if (member?.peerType === "observer" || !handler.isObserver) continue;
      this.#state.notice("info", `${handler.name} is a voter now: it will come back as a follower`);
    }
  }
}
