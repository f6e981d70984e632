import { encodeCommit, encodeProposal, PacketType } from "../../../src/core/zab/packets.ts";
import type { LinkId, LinkSend, PeerReady } from "../../../src/core/zab/peer-face.ts";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { QuorumPacket } from "../../../src/protocol/records/quorum.ts";
import { ZXID_ZERO, type Zxid } from "../../../src/protocol/zxid.ts";
import { QUORUM_PORT } from "../peers/ensemble-defaults.ts";
import { follows } from "../peers/peer-node.ts";
import { loadStream } from "../snapshot-stream.ts";
import type { ChaosNode, ChaosWorld, Process, Thing } from "./chaos-node.ts";

interface End {
  readonly sid: number;
  readonly id: LinkId;
  readonly process: Process;
  /** On its way to this end: packets, and snapshots that are still being walked. */
  readonly coming: (Uint8Array | Extract<LinkSend, { kind: "snapshot" }>)[];
  readonly walked: JuteWriter;
  snapZxid: Zxid;
  /** The other side has closed: this one hears of it behind what is coming. */
  isClosing: boolean;
  /** This side has closed: it hears nothing any more. */
  isDead: boolean;
}

interface Link {
  readonly ends: readonly [End, End];
  isFrozen: boolean;
  isOpen: boolean;
}

interface PendingDial {
  readonly node: ChaosNode;
  readonly process: Process;
  readonly link: LinkId;
  readonly to: number;
  readonly port: number;
}

interface Notification {
  readonly from: number;
  readonly to: number;
  readonly payload: Uint8Array;
}

/** Dials, links and notifications. FIFO on each link, nothing else; of the notifications from one server to another the last one counts. */
export class ChaosNetwork {
  readonly #world: ChaosWorld;
  readonly #cuts = new Set<string>();
  readonly #notifications = new Map<string, Notification>();
  #links: Link[] = [];
  #dials: PendingDial[] = [];
  #accepted = 0;

  constructor(world: ChaosWorld) {
    this.#world = world;
  }

  get cuts(): readonly string[] {
    return [...this.#cuts];
  }

  /** The process is gone. */
  breakAll(process: Process | undefined): void {
    for (const link of this.#links) if (link.ends.some((end) => end.process === process)) this.#break(link);
  }

  cut(a: number, b: number): void {
    this.#cuts.add(`${a}-${b}`).add(`${b}-${a}`);
    for (const link of this.#links)
      if (link.ends.some(({ sid }) => sid === a) && link.ends.some(({ sid }) => sid === b)) this.#break(link);
  }

  heal(): void {
    this.#cuts.clear();
    for (const link of this.#links) link.isFrozen = false;
  }

  freezeSome(): void {
    if (this.#links.length > 0) this.#pickLink().isFrozen = true;
  }

  breakSome(): void {
    if (this.#links.length > 0) this.#break(this.#pickLink());
  }

  /** What can arrive next on a link. */
  arrivals(): Thing[] {
    const things: Thing[] = [];
    for (const link of this.#links) {
      if (link.isFrozen) continue;
      for (const end of link.ends)
        if (!end.isDead && (end.coming.length > 0 || end.isClosing))
          things.push(() => this.#deliver(link, end));
    }
    return things;
  }

  /** The dials and the notifications that can come through next. */
  calls(): Thing[] {
    return [
      ...this.#dials.map((dial) => () => this.#connect(dial)),
      ...[...this.#notifications].map(
        ([key, notification]) =>
          () =>
            this.#hear(key, notification),
      ),
    ];
  }

  forgetNotifications(sid: number): void {
    for (const [key, { from }] of this.#notifications) if (from === sid) this.#notifications.delete(key);
  }

  notify(from: number, to: number, payload: Uint8Array): void {
    this.#notifications.set(`${from}-${to}`, { from, to, payload });
  }

  dial(node: ChaosNode, process: Process, { link, host, port }: PeerReady["dial"][number]): void {
    this.#dials.push({ node, process, link, to: Number(host.slice(1)), port });
  }

  /** The process closes its end: the other one hears of it behind what is coming. */
  close(sid: number, process: Process, id: LinkId): void {
    this.#dials = this.#dials.filter((dial) => dial.process !== process || dial.link !== id);
    const link = this.#linkOf(sid, id);
    if (link === undefined) return;
    const own = link.ends.findIndex((end) => end.sid === sid && end.id === id);
    link.ends[1 - own]!.isClosing = true;
    this.#bury(link.ends[own]!);
    if (link.ends[1 - own]!.isDead) this.#forget(link);
  }

  send(sid: number, send: LinkSend): void {
    const link = this.#linkOf(sid, send.link);
    const node = this.#world.nodes.get(sid)!;
    const other = link?.ends.find((end) => end.process !== node.process);
    if (link === undefined || other === undefined || other.isClosing || other.isDead) {
      if (send.kind === "snapshot") send.walk.abandon();
      return;
    }
    if (send.kind === "packet") other.coming.push(Uint8Array.from(send.bytes));
    else if (send.kind === "snapshot") other.coming.push(send);
    else {
      let last = send.after;
      for (const { zxid, bytes } of node.store.log) {
        if (zxid <= send.after || zxid > send.through) continue;
        if (!follows(last, zxid)) break;
        last = zxid;
        other.coming.push(Uint8Array.from(encodeProposal(zxid, bytes)), Uint8Array.from(encodeCommit(zxid)));
      }
      if (last !== send.through) this.#break(link);
    }
  }

  #pickLink(): Link {
    return this.#links[this.#world.rng.below(this.#links.length)]!;
  }

  #linkOf(sid: number, id: LinkId): Link | undefined {
    const { process } = this.#world.nodes.get(sid)!;
    return this.#links.find(
      ({ ends, isOpen }) => isOpen && ends.some((end) => end.process === process && end.id === id),
    );
  }

  #deliver(link: Link, end: End): void {
    const node = this.#world.nodes.get(end.sid)!;
    const [first] = end.coming;
    if (first === undefined) {
      // Behind everything that was sent.
      this.#forget(link);
      if (node.process === end.process)
        this.#world.step(node, { kind: "linkDown", link: end.id, reason: "closed by the other side" });
      return;
    }
    if (first instanceof Uint8Array) {
      end.coming.shift();
      const packet = QuorumPacket.read(new JuteReader(first));
      if (packet.type === PacketType.SNAP) end.snapZxid = packet.zxid;
      if (node.process === end.process) this.#world.step(node, { kind: "packet", link: end.id, packet });
      return;
    }
    if (!first.walk.writeNext(end.walked, 60)) return;
    end.coming.shift();
    const sender = link.ends.find((other) => other !== end)!;
    const database = this.#world.createDatabase();
    loadStream(end.walked.take(), database, end.snapZxid);
    const from = this.#world.nodes.get(sender.sid)!;
    if (from.process === sender.process) this.#world.step(from, { kind: "snapshotSent", link: sender.id });
    if (link.isOpen && node.process === end.process)
      this.#world.step(node, { kind: "snapshotReceived", link: end.id, database });
  }

  #break(link: Link): void {
    if (!link.isOpen) return;
    this.#forget(link);
    for (const end of link.ends) {
      const { process, id, isDead } = end;
      this.#bury(end);
      if (!isDead) this.#world.soon(process, { kind: "linkDown", link: id, reason: "reset" });
    }
  }

  #forget(link: Link): void {
    link.isOpen = false;
    this.#links = this.#links.filter((other) => other !== link);
  }

  #bury(end: End): void {
    for (const item of end.coming) if (!(item instanceof Uint8Array)) item.walk.abandon();
    end.coming.length = 0;
    end.isDead = true;
  }

  #connect(dial: PendingDial): void {
    this.#dials = this.#dials.filter((other) => other !== dial);
    const { node, process, link: id, to, port } = dial;
    if (node.process !== process) return;
    const target = this.#world.nodes.get(to);
    const listens = port === QUORUM_PORT ? target?.process?.isQuorumOpen : target?.process?.isMasterOpen;
    if (target?.process === undefined || listens !== true || this.#cuts.has(`${node.sid}-${to}`)) {
      this.#world.step(node, { kind: "linkDown", link: id, reason: "connection refused" });
      return;
    }
    const accepted = endOf(to, target.process, ++this.#accepted);
    this.#links.push({ ends: [endOf(node.sid, process, id), accepted], isFrozen: false, isOpen: true });
    this.#world.step(target, { kind: "linkAccepted", link: accepted.id, remote: `s${node.sid}:1` });
    this.#world.step(node, { kind: "linkUp", link: id });
  }

  #hear(key: string, { from, to, payload }: Notification): void {
    this.#notifications.delete(key);
    const node = this.#world.nodes.get(to);
    if (node === undefined || this.#cuts.has(key)) return;
    this.#world.step(node, { kind: "notification", from, payload });
  }
}

function endOf(sid: number, process: Process, id: LinkId): End {
  const walked = new JuteWriter();
  return { sid, id, process, coming: [], walked, snapZxid: ZXID_ZERO, isClosing: false, isDead: false };
}
