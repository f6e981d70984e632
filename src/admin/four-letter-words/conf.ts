import type { AdminView, DirectorySizes, ServerConfiguration } from "../admin-view.ts";
import type { MemberAddresses, QuorumView } from "../quorum-view.ts";
import type { Answer } from "./word.ts";

/** `conf`: the settings in force; a quorum member adds its part and the membership, whose last line has no newline. */
export async function conf(view: AdminView): Promise<Answer> {
  const sizes = await view.directorySizes();
  const quorum = view.quorum();
  return [...serverLines(view.configuration(), sizes), ...(quorum === null ? [] : quorumLines(quorum))];
}

function serverLines(config: ServerConfiguration, sizes: DirectorySizes): string[] {
  return [
    `clientPort=${config.clientPort}\n`,
    `secureClientPort=${config.secureClientPort}\n`,
    `dataDir=${config.dataDir}\n`,
    `dataDirSize=${sizes.dataDirBytes}\n`,
    `dataLogDir=${config.dataLogDir}\n`,
    `dataLogSize=${sizes.dataLogDirBytes}\n`,
    `tickTime=${config.tickTimeMs}\n`,
    `maxClientCnxns=${config.maxClientCnxns}\n`,
    `minSessionTimeout=${config.minSessionTimeoutMs}\n`,
    `maxSessionTimeout=${config.maxSessionTimeoutMs}\n`,
    `clientPortListenBacklog=${config.clientPortListenBacklog}\n`,
    `serverId=${config.serverId}\n`,
  ];
}

function quorumLines(quorum: QuorumView): string[] {
  return [
    `initLimit=${quorum.initLimitTicks}\n`,
    `syncLimit=${quorum.syncLimitTicks}\n`,
    `electionAlg=${quorum.electionAlg}\n`,
    `electionPort=${ports(quorum.electionAddress)}\n`,
    `quorumPort=${ports(quorum.quorumAddress)}\n`,
    `peerType=${quorum.isObserver ? 1 : 0}\n`,
    "membership: \n",
    quorum.membership.join("\n"),
  ];
}

function ports(addresses: MemberAddresses): string {
  return addresses.all.map((address) => address.slice(address.lastIndexOf(":") + 1)).join("|");
}
