import { invariant } from "../../base/invariant.ts";
import type { Config } from "../../config/config.ts";
import { memberOf } from "../../core/quorum/membership.ts";
import { EpochFiles } from "../../storage/directory/epoch-files.ts";
import { openEpochs } from "../../storage/directory/epoch-rules.ts";
import { ExitCode, ServerFailure } from "../exit-code.ts";
import type { OpenStorage, StoragePorts } from "../open-storage.ts";
import type { ServerFoundation, ServerParts } from "../server-parts.ts";
import { connectMember } from "./member-parts.ts";
import { MembershipFiles } from "./membership-files.ts";

/**
 * What has to be right before a member of an ensemble begins: it is one of the servers listed, and its epochs fit its data.
 * Returns what puts it together.
 *
 * @throws {@link ServerFailure}, StartRefused
 */
export async function prepareMember(
  config: Config,
  { disk }: StoragePorts,
  { directory, recovered }: OpenStorage,
): Promise<(foundation: ServerFoundation) => ServerParts> {
  const { membership } = config.ensemble;
  invariant(membership !== null, "a distributed configuration without servers");
  const sid = config.files.serverId;
  if (memberOf(membership, sid) === undefined) {
    throw new ServerFailure(
      ExitCode.unexpected,
      `My id ${sid} not in the peer list: myid says ${sid}, and the configuration lists ` +
        `${membership.servers.map(({ id }) => `server.${id}`).join(", ")}. Correct myid, or add a line server.${sid}`,
    );
  }
  const epochs = await openEpochs(
    new EpochFiles(disk, directory.snapDir),
    directory.snapDir,
    recovered.lastZxid,
  );
  if (config.ensemble.dynamicConfigFile === null) await new MembershipFiles(config, disk).backUp();
  const view = { committed: membership, lastSeen: config.ensemble.lastSeenMembership };
  return (foundation) => connectMember(foundation, epochs, view);
}
