import { EPOCH_MAX, zxidToHex } from "../../../protocol/zxid.ts";
import { memberOf } from "../../quorum/membership.ts";
import { type LearnerIntroduction, PROTOCOL_VERSION } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";

/** Why a leader does not take a learner that introduces itself so; undefined: it does. */
export function refusalOf(
  { sid, protocolVersion, configVersion }: LearnerIntroduction,
  acceptedEpoch: number,
  { view, sid: own, options }: PeerState,
): string | undefined {
  if (sid === undefined) return "it has no server id (servers of before 3.4 cannot join)";
  if (protocolVersion < PROTOCOL_VERSION)
    return `its protocol version 0x${protocolVersion.toString(16)} is before Zab 1.0`;
  if (sid === own)
    return `it says that it is server ${sid}, which is this one: two servers have the same myid`;
  if (acceptedEpoch < 0 || acceptedEpoch >= EPOCH_MAX)
    return `acceptedEpoch ${acceptedEpoch} is out of range`;
  if (configVersion > view.committed.version) {
    return `its configuration is of version ${zxidToHex(configVersion)}, ahead of ours, ${zxidToHex(view.committed.version)}`;
  }
  const isKnown = memberOf(view.committed, sid) ?? (view.lastSeen && memberOf(view.lastSeen, sid));
  if (!isKnown && !options.server.reconfigEnabled) return `server ${sid} is not in the configuration`;
  return undefined;
}
