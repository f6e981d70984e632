import { counterOf, epochOf, zxidToHex } from "../../../protocol/zxid.ts";
import type { MemberAddresses, ObserverInfo } from "../../quorum-view.ts";
import { type AdminCommand, getCommand, reply } from "../command.ts";
import { type JsonFields, JsonList } from "../json.ts";

export const leader = getCommand(["lead"], ({ view }) => {
  const quorum = view.quorum();
  if (quorum === null) return reply({ error: "server is not initialized" });
  return reply({ is_leader: quorum.isLeader, leader_id: quorum.leaderId, leader_ip: quorum.leaderHost });
});

export const observers = getCommand(["obsr"], ({ view }) => {
  const quorum = view.quorum();
  return reply({
    synced_observers: quorum?.syncedObserverCount ?? 0,
    observers: new JsonList(described(quorum?.syncedObservers ?? [])),
  });
});

export const observerConnectionStatReset = getCommand(["orst"], ({ view }) => {
  view.quorum()?.resetObserverStatistics();
  return reply({});
});

/** Voters only; empty on a standalone server. */
export const votingView = getCommand([], ({ view }) => {
  const members = view.quorum()?.votingView ?? [];
  const config: Record<string, JsonFields> = {};
  for (const member of members) {
    config[member.serverId] = {
      server_addresses: member.serverAddresses,
      election_addresses: member.electionAddresses,
      client_address: member.clientAddress,
      learner_type: member.learnerType,
    };
  }
  return reply({ current_config: config });
});

export const zabstate: AdminCommand = {
  aliases: [],
  method: "GET",
  needsServer: false,
  run({ view }) {
    const quorum = view.quorum();
    if (quorum === null) return reply({ voting: false, zabstate: "" });
    const zxid = view.statistics().lastProcessedZxid;
    return reply({
      myid: view.configuration().serverId,
      is_leader: quorum.isLeader,
      quorum_address: addresses(quorum.quorumAddress),
      election_address: addresses(quorum.electionAddress),
      client_address: quorum.clientAddress,
      voting: quorum.isVoting,
      last_zxid: `0x${zxidToHex(zxid)}`,
      zab_epoch: epochOf(zxid),
      zab_counter: counterOf(zxid),
      zabstate: quorum.zabState,
    });
  },
};

function* described(infos: Iterable<ObserverInfo>): Iterable<JsonFields> {
  for (const info of infos) {
    yield {
      remote_socket_address: info.remoteAddress,
      sid: info.serverId,
      established: info.establishedWallMs,
      queued_packets: info.queuedPackets,
      queued_packets_size: info.queuedPacketsBytes,
      packets_received: info.packetsReceived,
      packets_sent: info.packetsSent,
      requests: info.requests,
      last_zxid: info.lastZxid,
    };
  }
}

function addresses({ all, reachable }: MemberAddresses): JsonFields {
  const reachableOrAll = reachable.length > 0 ? reachable : all;
  return {
    empty: all.length === 0,
    all_addresses: all,
    all_reachable_addresses: reachable,
    one: all[0] ?? "",
    reachable_address: reachable[0] ?? "",
    wildcard_addresses: all.map((address) => `0.0.0.0:${portOf(address)}`),
    all_ports: all.map(portOf),
    all_host_strings: all.map((address) => address.slice(0, address.lastIndexOf(":"))),
    all_reachable_addresses_or_all: reachableOrAll,
    reachable_or_one: reachableOrAll[0] ?? "",
  };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
