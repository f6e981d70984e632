import { PacketType } from "../../../src/core/zab/packets.ts";
import { makeZxid } from "../../../src/protocol/zxid.ts";
import { membershipOf } from "./ensemble-defaults.ts";
import { APACHE, errorTxn, int, OURS, wish } from "./foreign-words.ts";
import type { Impostor } from "./impostor.ts";
import { type ClusterOptions, PeerCluster } from "./peer-cluster.ts";

/** Server 1 of two, which follows a leader that a test speaks for; `leaders` are its links, the first is there. */
export function followImpostor(options: ClusterOptions = {}): {
  cluster: PeerCluster;
  leaders: readonly Impostor[];
} {
  const cluster = new PeerCluster(membershipOf(2), options);
  const leaders = cluster.impersonate(2);
  cluster.start(1);
  elect(cluster, leaders);
  return { cluster, leaders };
}

/** Server 1 looks for a leader, and finds the impostor once more. */
export function elect(cluster: PeerCluster, leaders: readonly Impostor[], round = 1): Impostor {
  const before = leaders.length;
  wish(cluster, 2, 1, { leader: 2, zxid: makeZxid(99, 0), electionEpoch: round, peerEpoch: 99 });
  cluster.until(() => leaders.length > before);
  return leaders.at(-1)!;
}

/** LEADERINFO of an Apache. */
export function lead(leader: Impostor, epoch: number): Impostor {
  return leader.say(PacketType.LEADERINFO, makeZxid(epoch, 0), int(APACHE));
}

/** NEWLEADER and UPTODATE: the server serves. */
export function endSync(leader: Impostor, epoch: number, config: string | null = null): Impostor {
  const data = config === null ? null : new TextEncoder().encode(config);
  return leader.say(PacketType.NEWLEADER, makeZxid(epoch, 0), data).say(PacketType.UPTODATE, -1);
}

export interface LedByImpostor {
  readonly cluster: PeerCluster;
  /** The link that the server has now. */
  leader(): Impostor;
  /** LEADERINFO of the epoch, to a server that has just introduced itself. */
  informed(): Impostor;
  /** The server's connection breaks, and it comes again. */
  lost(): void;
}

/** The number by which {@link LedByImpostor}'s server knows its nth link. */
const linkNumber = (dials: number): number => -dials;

export const LED_EPOCH = 9;

/** As {@link followImpostor}, in epoch 9, by a leader of ours; server 1 has these txns of epoch 1 in its log. */
export function ledByImpostor(txns = 0): LedByImpostor {
  const cluster = new PeerCluster(membershipOf(2));
  const store = cluster.store(1);
  for (let at = 1; at <= txns; at++) {
    const zxid = makeZxid(1, at);
    store.log.push({ zxid, bytes: errorTxn(zxid) });
  }
  if (txns > 0) store.accepted = store.current = 1;
  const links = cluster.impersonate(2);
  const dialed = (): void => {
    const before = links.length;
    cluster.until(() => {
      if (links.length > before) return true;
      const electionEpoch = cluster.peer(1).state === "looking" ? 1 + links.length * 10 : 1;
      wish(cluster, 2, 1, { leader: 2, zxid: makeZxid(8, 1), electionEpoch, peerEpoch: 8 });
      return links.length > before;
    });
  };
  cluster.start(1);
  dialed();
  return {
    cluster,
    leader: () => links.at(-1)!,
    informed: () => links.at(-1)!.say(PacketType.LEADERINFO, makeZxid(LED_EPOCH, 0), int(OURS)),
    lost: () => {
      cluster.step(1, { kind: "linkDown", link: linkNumber(links.length), reason: "reset" });
      dialed();
    },
  };
}
