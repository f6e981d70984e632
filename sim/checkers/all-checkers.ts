import type { Checker } from "../observation.ts";
import { AckEpoch } from "./ack-epoch.ts";
import { AcknowledgedWrites } from "./acknowledged-writes.ts";
import { Alive } from "./alive.ts";
import { CommitQuorum } from "./commit-quorum.ts";
import { CommittedOrder } from "./committed-order.ts";
import { ContiguousLog } from "./contiguous-log.ts";
import { Digest } from "./digest.ts";
import { Electable } from "./electable.ts";
import { EpochFiles } from "./epoch-files.ts";
import { Expiry } from "./expiry.ts";
import { LeaderCompleteness } from "./leader-completeness.ts";
import { LinkOrder } from "./link-order.ts";
import { LogAgreement } from "./log-agreement.ts";
import { Membership } from "./membership.ts";
import { NewLeaderAck } from "./newleader-ack.ts";
import { OneLeader } from "./one-leader.ts";
import { OwnWrites } from "./own-writes.ts";
import { ProposalAck } from "./proposal-ack.ts";
import { SameTrees } from "./same-trees.ts";
import { Service } from "./service.ts";
import { SessionOrder } from "./session-order.ts";
import { Sessions } from "./sessions.ts";
import { Startable } from "./startable.ts";
import { Truncation } from "./truncation.ts";
import { Votes } from "./votes.ts";
import { WatchOrder } from "./watch-order.ts";

/** One of each, for one run. What feeds the history goes before what looks at it. */
export function allCheckers(): Checker[] {
  return [
    new LogAgreement(),
    new ContiguousLog(),
    new CommittedOrder(),
    new LeaderCompleteness(),
    new CommitQuorum(),
    new OneLeader(),
    new Electable(),
    new EpochFiles(),
    new AckEpoch(),
    new NewLeaderAck(),
    new ProposalAck(),
    new LinkOrder(),
    new Votes(),
    new Truncation(),
    new Service(),
    new Membership(),
    new Startable(),
    new Alive(),
    new Digest(),
    new Sessions(),
    new Expiry(),
    new SessionOrder(),
    new OwnWrites(),
    new WatchOrder(),
    new SameTrees(),
    new AcknowledgedWrites(),
  ];
}
