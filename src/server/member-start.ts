import { invariant } from "../base/invariant.ts";
import type { Config } from "../config/config.ts";
import { type Membership, MembershipError, memberOf } from "../core/quorum/membership.ts";
import { parseMembershipText } from "../core/quorum/membership-text.ts";
import type { Database } from "../core/tree/database.ts";
import { CONFIG_PATH } from "../core/tree/path.ts";
import { EpochFiles } from "../storage/epoch-files.ts";
import { openEpochs } from "../storage/epoch-rules.ts";
import { ExitCode, ServerFailure } from "./exit-code.ts";
import { connectMember } from "./member-parts.ts";
import { MembershipFiles } from "./membership-files.ts";
import type { OpenStorage, StoragePorts } from "./open-storage.ts";
import type { ServerFoundation, ServerParts } from "./server-parts.ts";

/**
 * What has to be right before a member of an ensemble begins: it is one of the servers listed, and its epochs fit its data.
 * Returns what puts it together.
 *
 * @throws {@link ServerFailure}, StartRefused
 */
export async function prepareMember(
  config: Config,
  { disk }: StoragePorts,
  { directory, recovered, database }: OpenStorage,
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
  const view = { committed: membership, lastSeen: lastSeenIn(config, membership, database) };
  return (foundation) => connectMember(foundation, epochs, view);
}

/**
 * The configuration that was proposed last: of the file, or of a reconfig in the log that was not stored any more when the server
 * stopped. Whoever has that txn completes it or is told otherwise by its leader; to lead without knowing of it would commit it without
 * the quorum that it needs (F46).
 */
function lastSeenIn({ ensemble }: Config, committed: Membership, { tree }: Database): Membership | null {
  const { lastSeenMembership: stored, allowsReconfig } = ensemble;
  const node = tree.lookup(CONFIG_PATH);
  const data = node < 0 || !allowsReconfig ? null : tree.data(node);
  if (data === null) return stored;
  const rules = {
    allowsSeveralAddresses: ensemble.multiAddress.isEnabled,
    hasOracle: ensemble.oraclePath !== null,
  };
  try {
    const logged = parseMembershipText(new TextDecoder().decode(data), rules);
    return logged.version > Math.max(committed.version, stored?.version ?? 0) ? logged : stored;
  } catch (error) {
    // Nobody's configuration: what an operator may have written there long ago.
    if (!(error instanceof MembershipError)) throw error;
    return stored;
  }
}
