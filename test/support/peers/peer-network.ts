import { encodeCommit, encodeProposal } from "../../../src/core/zab/packets.ts";
import type { LinkId, LinkSend, PeerReady } from "../../../src/core/zab/peer-face.ts";
import type { SnapshotWalk } from "../../../src/core/zab/snapshot-walk.ts";
import type { QuorumPacket } from "../../../src/protocol/records/quorum.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import { loadStream, streamOf } from "../snapshot-stream.ts";
import { QUORUM_PORT } from "./ensemble-defaults.ts";
import { Impostor, STREAM } from "./impostor.ts";
import { otherEnd, PeerLinks } from "./peer-links.ts";
import { follows, type PeerNode, type PeerWorld, packetOf } from "./peer-node.ts";

/** A snapshot on its way, and what has to wait behind it. */
interface Stream {
  readonly link: LinkId;
  readonly walk: SnapshotWalk;
  readonly zxid: Zxid;
  readonly held: Uint8Array[];
}

interface NetworkWorld extends PeerWorld {
  /** Lets everything happen that needs no time. */
  settle(): void;
  /** A packet has arrived on a link between two servers and been dealt with. */
  arrived(packet: QuorumPacket, from: number, to: number): void;
}

/** Does what servers want of the network: dials, packets, streams, notifications; to each other, and to impostors. */
export class PeerNetwork {
  readonly links: PeerLinks;
  /** Servers whose snapshots for learners come to their end only by {@link finishSnapshots}. */
  readonly slowSnapshots = new Set<number>();
  readonly #world: NetworkWorld;
  readonly #impostors = new Map<string, Impostor>();
  /** What has dialed the quorum port of a server that is none of ours. */
  readonly #fakes = new Map<number, Impostor[]>();
  readonly #streams = new Map<string, Stream>();
  #accepted = 0;

  constructor(world: NetworkWorld) {
    this.#world = world;
    this.links = new PeerLinks(world);
  }

  /** An impostor connects to the server. */
  intrude(node: PeerNode): Impostor {
    const id = ++this.#accepted;
    const impostor = this.#impostorOn(node, id);
    this.#world.input(node, { kind: "linkAccepted", link: id, remote: "impostor:1" });
    return impostor;
  }

  /** Who dials this server from now on gets an impostor. */
  impersonate(sid: number): readonly Impostor[] {
    const accepted: Impostor[] = [];
    this.#fakes.set(sid, accepted);
    return accepted;
  }

  notify(from: number, to: number, payload: Uint8Array): void {
    if (this.links.isMuted(from, to)) return;
    if (this.links.isCut(from, to) || this.#world.nodes.get(to)?.peer === undefined) {
      const node = this.#world.nodes.get(from);
      if (node !== undefined)
        this.#world.later(() => this.#world.input(node, { kind: "peerUnreachable", peer: to }));
      return;
    }
    this.#world.later(() => {
      const node = this.#world.nodes.get(to);
      if (node?.peer !== undefined) this.#world.input(node, { kind: "notification", from, payload });
      else this.#world.input(this.#world.nodes.get(from)!, { kind: "peerUnreachable", peer: to });
    });
  }

  dial(node: PeerNode, { link: id, host, port }: PeerReady["dial"][number]): void {
    const to = Number(host.slice(1));
    if (this.links.isMuted(node.sid, to)) return;
    this.#world.later(() => {
      const fakes = this.#fakes.get(to);
      if (fakes !== undefined) {
        fakes.push(this.#impostorOn(node, id));
        this.#world.input(node, { kind: "linkUp", link: id });
        return;
      }
      const target = this.#world.nodes.get(to);
      const isListening = port === QUORUM_PORT ? target?.isQuorumOpen : target?.isMasterOpen;
      const isReachable = target?.peer !== undefined && isListening && !this.links.isCut(node.sid, to);
      if (!isReachable) {
        this.#world.input(node, { kind: "linkDown", link: id, reason: "connection refused" });
        return;
      }
      const accepted = { sid: to, id: ++this.#accepted };
      this.links.open({ sid: node.sid, id }, accepted);
      this.#world.input(target, { kind: "linkAccepted", link: accepted.id, remote: `s${node.sid}:1` });
      this.#world.input(node, { kind: "linkUp", link: id });
    });
  }

  /** The server closes its end: the other one hears of it behind what is under way. */
  close({ sid }: PeerNode, id: LinkId): void {
    const impostor = this.#impostors.get(`${sid}/${id}`);
    if (impostor !== undefined) impostor.isClosed = true;
    const link = this.links.find(sid, id);
    if (link !== undefined)
      this.links.underWay(sid, link, () => this.links.break(link, "closed by the other side", sid));
  }

  send(node: PeerNode, send: LinkSend): void {
    switch (send.kind) {
      case "packet":
        this.sendBytes(node, send.link, send.bytes);
        return;
      case "log":
        this.#sendLog(node, send);
        return;
      case "snapshot": {
        const { walk, link } = send;
        const stream = { link, walk, zxid: node.peer!.lastZxid, held: [] };
        this.#streams.set(`${node.sid}/${link}`, stream);
        if (!this.slowSnapshots.has(node.sid)) this.#finishSnapshot(node, stream);
      }
    }
  }

  sendBytes(node: PeerNode, id: LinkId, bytes: Uint8Array): void {
    const stream = this.#streams.get(`${node.sid}/${id}`);
    if (stream !== undefined) {
      stream.held.push(bytes);
      return;
    }
    this.#impostors.get(`${node.sid}/${id}`)?.received.push(packetOf(bytes));
    const link = this.links.find(node.sid, id);
    const other = otherEnd(link, node.sid);
    if (link === undefined || other === undefined) return;
    const packet = packetOf(bytes);
    this.links.underWay(node.sid, link, () => {
      if (!link.isOpen || this.links.isMuted(node.sid, other.sid)) return;
      this.#world.input(this.#world.nodes.get(other.sid)!, { kind: "packet", link: other.id, packet });
      this.#world.arrived(packet, node.sid, other.sid);
    });
  }

  /** What the server is sending as snapshots goes out to its end. */
  finishSnapshots(node: PeerNode): void {
    for (const [key, stream] of [...this.#streams])
      if (key.startsWith(`${node.sid}/`)) this.#finishSnapshot(node, stream);
  }

  #impostorOn(node: PeerNode, link: LinkId): Impostor {
    const say = (packet: QuorumPacket): void => this.#world.input(node, { kind: "packet", link, packet });
    const impostor = new Impostor(say, this.#world);
    this.#impostors.set(`${node.sid}/${link}`, impostor);
    return impostor;
  }

  #sendLog(node: PeerNode, { link, after, through }: Extract<LinkSend, { kind: "log" }>): void {
    let last = after;
    for (const { zxid, bytes } of node.store.log) {
      if (zxid <= after || zxid > through) continue;
      if (!follows(last, zxid)) break;
      last = zxid;
      this.sendBytes(node, link, encodeProposal(zxid, bytes));
      this.sendBytes(node, link, encodeCommit(zxid));
    }
    const broken = this.links.find(node.sid, link);
    if (last !== through && broken !== undefined) this.links.break(broken, "the own log has a gap");
  }

  #finishSnapshot(node: PeerNode, { link: id, walk, zxid, held }: Stream): void {
    this.#streams.delete(`${node.sid}/${id}`);
    const data = streamOf(walk);
    const impostor = this.#impostors.get(`${node.sid}/${id}`);
    if (impostor !== undefined) {
      impostor.received.push({ type: STREAM, zxid, data, authinfo: null });
      for (const bytes of held) this.sendBytes(node, id, bytes);
      this.#world.later(() => this.#world.input(node, { kind: "snapshotSent", link: id }));
      return;
    }
    const link = this.links.find(node.sid, id);
    const other = otherEnd(link, node.sid);
    if (link === undefined || other === undefined) return;
    const database = this.#world.createDatabase(other.sid);
    loadStream(data, database, zxid);
    const target = this.#world.nodes.get(other.sid)!;
    this.#world.later(() => {
      if (link.isOpen) this.#world.input(target, { kind: "snapshotReceived", link: other.id, database });
    });
    for (const bytes of held) this.sendBytes(node, id, bytes);
    this.#world.later(() => {
      if (link.isOpen) this.#world.input(node, { kind: "snapshotSent", link: id });
    });
  }
}
