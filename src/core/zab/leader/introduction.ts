import { EPOCH_MAX, zxidToHex } from "../../../protocol/zxid.ts";
import { isKnown } from "../../quorum/quorum-view.ts";
import type { LearnerRegistry } from "../master/learner-registry.ts";
import { type LearnerIntroduction, PROTOCOL_VERSION } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";

/**
 * How far a learner's accepted epoch may be above the leader's: the leader has to go beyond it, and its ensemble has no epochs behind the
 * last one. Leaders that come to nothing use epochs up one by one; a damaged file, or a lie, would take all of them at once.
 */
const EPOCH_LEAP_MAX = 65_536;

/** Learners outside of the configuration at the same time: with reconfig that is how new members come. */
const STRANGERS_MAX = 64;

/** Why a leader does not take a learner that introduces itself so; undefined: it does. */
export function refusalOf(
  { sid, protocolVersion, configVersion }: LearnerIntroduction,
  acceptedEpoch: number,
  { view, sid: own, acceptedEpoch: ownEpoch, options }: PeerState,
  learners: LearnerRegistry,
): string | undefined {
  if (sid === undefined) return "it has no server id (servers of before 3.4 cannot join)";
  if (protocolVersion < PROTOCOL_VERSION)
    return `its protocol version 0x${protocolVersion.toString(16)} is before Zab 1.0`;
  if (sid === own)
    return `it says that it is server ${sid}, which is this one: two servers have the same myid`;
  if (acceptedEpoch < 0 || acceptedEpoch >= EPOCH_MAX)
    return `acceptedEpoch ${acceptedEpoch} is out of range`;
  if (acceptedEpoch - ownEpoch > EPOCH_LEAP_MAX) {
    return (
      `it has accepted epoch ${acceptedEpoch}, more than ${EPOCH_LEAP_MAX} above ${ownEpoch}, the one here: its data is of another ` +
      "ensemble, or its acceptedEpoch is damaged. To have this leader's data there, move its version-2 aside (keep myid) and start it again"
    );
  }
  if (configVersion > view.committed.version) {
    return `its configuration is of version ${zxidToHex(configVersion)}, ahead of ours, ${zxidToHex(view.committed.version)}`;
  }
  const twin = learners.liveRemoteOf(sid);
  if (twin !== undefined)
    return `server ${sid} is connected from ${twin}, and answers: two servers have the same myid`;
  if (isKnown(sid, view)) return undefined;
  if (!options.server.reconfigEnabled || sid < 0) return `server ${sid} is not in the configuration`;
  const strangers = [...learners.byLink.values()].filter(
    ({ phase, sid: other }) => phase !== "connected" && other !== sid && !isKnown(other, view),
  );
  if (strangers.length < STRANGERS_MAX) return undefined;
  return `server ${sid} is not in the configuration, and neither are ${STRANGERS_MAX} others`;
}
