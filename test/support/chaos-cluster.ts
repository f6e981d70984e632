import type { Instant, Rng } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import { decodeNotification } from "../../src/core/election/notification.ts";
import type { MachineEvent } from "../../src/core/machine-event.ts";
import { SERVER_OPTIONS_DEFAULT, type ServerOptions } from "../../src/core/pipeline/server-options.ts";
import type { Membership } from "../../src/core/quorum/membership.ts";
import type { LogEntry } from "../../src/core/ready.ts";
import { Database } from "../../src/core/tree/database.ts";
import { encodeCommit, encodeProposal, PacketType } from "../../src/core/zab/packets.ts";
import { Peer } from "../../src/core/zab/peer.ts";
import type { LinkId, LinkSend, PeerInput, PeerReady, StorageJob } from "../../src/core/zab/peer-face.ts";
import type { EnsembleOptions } from "../../src/core/zab/peer-options.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { QuorumPacket } from "../../src/protocol/records/quorum.ts";
import { epochOf, ZXID_ZERO, type Zxid } from "../../src/protocol/zxid.ts";
import { Client, type CoreHarness } from "./core-harness.ts";
import { ENSEMBLE_OPTIONS, QUORUM_PORT, TICK_MS, WALL_MS } from "./peers/ensemble-defaults.ts";
import { follows } from "./peers/peer-node.ts";
import { loadStream, streamOf } from "./snapshot-stream.ts";

/** What is on a member's disk: what a crash leaves. */
export interface ChaosStore {
  log: LogEntry[];
  /** Oldest first; null: the empty tree. */
  snapshots: { readonly zxid: Zxid; readonly bytes: Uint8Array | null }[];
  accepted: number;
  current: number;
  membership: Membership;
  lastSeen: Membership | null;
}

type Work = Pick<PeerReady, "sendAfterPersist" | "epochs" | "memberships" | "jobs">;

/** A running process: its machine and what it has asked for and not got. */
interface Process {
  readonly peer: Peer;
  /** To be written, in order. */
  readonly toLog: LogEntry[];
  /** What waits for the log up to a zxid; a job resets the zxids. */
  readonly queue: { readonly barrier: number; readonly work: Work }[];
  appended: number;
  isQuorumOpen: boolean;
  isMasterOpen: boolean;
}

export interface ChaosNode {
  readonly sid: number;
  readonly store: ChaosStore;
  process: Process | undefined;
  /** Nothing of its disk gets done. */
  isDiskFrozen: boolean;
}

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

export interface ChaosOptions {
  readonly ensemble?: Partial<EnsembleOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly commitLogCount?: number;
}

/**
 * Members of an ensemble without a host, whose links, disks and dials do one small thing at a time, in an order that a
 * random source picks: FIFO on each link and each disk, nothing else. A crash leaves what has been done.
 */
export class ChaosCluster {
  readonly nodes = new Map<number, ChaosNode>();
  readonly events: { readonly sid: number; readonly event: MachineEvent }[] = [];
  readonly rng: Rng;
  /** Every txn by its zxid: a zxid stands for the same bytes everywhere. */
  readonly txns = new Map<Zxid, Uint8Array>();
  readonly leaders = new Map<number, number>();
  readonly #digests = new Map<Zxid, string>();
  readonly #options: ChaosOptions;
  #links: Link[] = [];
  #soon: { readonly process: Process; readonly input: PeerInput }[] = [];
  #dials: PendingDial[] = [];
  readonly #notifications = new Map<
    string,
    { readonly from: number; readonly to: number; readonly payload: Uint8Array }
  >();
  readonly #cuts = new Set<string>();
  readonly #clients = new Map<number, { readonly client: Client; readonly process: Process }>();
  #connections = 0;
  #accepted = 0;
  #elapsedMs = 1000;
  /** Called after each thing that happened. */
  afterStep: (sid: number) => void = () => {};

  constructor(membership: Membership, seed: number, options: ChaosOptions = {}) {
    this.#options = options;
    this.rng = createPrng(seed);
    for (const { id } of membership.servers) {
      const store = {
        log: [],
        snapshots: [{ zxid: ZXID_ZERO, bytes: null }],
        accepted: 0,
        current: 0,
        membership,
        lastSeen: null,
      };
      this.nodes.set(id, { sid: id, store, process: undefined, isDiskFrozen: false });
    }
  }

  get now(): Instant {
    return { elapsedMs: this.#elapsedMs, wallMs: WALL_MS + this.#elapsedMs };
  }

  get running(): ChaosNode[] {
    return [...this.nodes.values()].filter(({ process }) => process !== undefined);
  }

  peer(sid: number): Peer | undefined {
    return this.nodes.get(sid)!.process?.peer;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.rng.below(items.length)]!;
  }

  createDatabase(): Database {
    const { digestEnabled, extendedTypesEnabled } = SERVER_OPTIONS_DEFAULT;
    const { commitLogCount } = this.#options;
    return new Database({
      digestEnabled,
      extendedTypesEnabled,
      emulate353TTLNodes: false,
      ...(commitLogCount === undefined ? {} : { commitLogCount }),
      onDigestMismatch: ({ zxid }) => {
        throw new Error(`digest mismatch at ${zxid.toString(16)}`);
      },
    });
  }

  recover({ snapshots, log }: ChaosStore): { database: Database; lastZxid: Zxid } {
    const database = this.createDatabase();
    const { zxid, bytes } = snapshots.at(-1)!;
    if (bytes !== null) loadStream(bytes, database, zxid);
    for (const entry of log) if (entry.zxid > zxid) database.replay(entry.bytes);
    return { database, lastZxid: database.lastProcessedZxid };
  }

  start(sid: number): void {
    const node = this.nodes.get(sid)!;
    const { store } = node;
    const { database, lastZxid } = this.recover(store);
    // storage/directory/epoch-rules.ts
    if (epochOf(lastZxid) > store.accepted)
      throw new Error(`server ${sid} has data of an epoch that it has not accepted`);
    store.current = Math.max(store.current, epochOf(lastZxid));
    const peer = new Peer({
      server: { ...SERVER_OPTIONS_DEFAULT, tickTimeMs: TICK_MS, ...this.#options.server, serverId: sid },
      ensemble: { ...ENSEMBLE_OPTIONS, ...this.#options.ensemble, sid },
      view: { committed: store.membership, lastSeen: store.lastSeen },
      database,
      createDatabase: () => this.createDatabase(),
      mayVote: true,
      acceptedEpoch: store.accepted,
      currentEpoch: store.current,
      lastZxid,
      rng: createPrng(this.rng.uint32()),
      startedAt: this.now,
    });
    node.process = { peer, toLog: [], queue: [], appended: 0, isQuorumOpen: false, isMasterOpen: false };
    this.#step(node, { kind: "tick" });
  }

  kill(sid: number): void {
    const node = this.nodes.get(sid)!;
    const { process } = node;
    node.process = undefined;
    for (const link of this.#links) if (link.ends.some((end) => end.process === process)) this.#break(link);
    for (const { client, process: of } of this.#clients.values()) if (of === process) client.isClosed = true;
  }

  cut(a: number, b: number): void {
    this.#cuts.add(`${a}-${b}`).add(`${b}-${a}`);
    for (const link of this.#links)
      if (link.ends.some(({ sid }) => sid === a) && link.ends.some(({ sid }) => sid === b)) this.#break(link);
  }

  heal(): void {
    this.#cuts.clear();
    for (const link of this.#links) link.isFrozen = false;
    for (const node of this.nodes.values()) node.isDiskFrozen = false;
  }

  /** Some link passes nothing for now, and nobody notices. */
  freezeSomeLink(): void {
    if (this.#links.length > 0) this.pick(this.#links).isFrozen = true;
  }

  breakSomeLink(): void {
    if (this.#links.length > 0) this.#break(this.pick(this.#links));
  }

  /** A snapshot of what is durable; the log in front of it goes. */
  snapshot(sid: number, purges: boolean): void {
    const { store } = this.nodes.get(sid)!;
    const { database, lastZxid } = this.recover(store);
    if (lastZxid <= store.snapshots.at(-1)!.zxid) return;
    store.snapshots.push({ zxid: lastZxid, bytes: streamOf(database.snapshotSource()) });
    if (!purges) return;
    store.snapshots = store.snapshots.slice(-1);
    store.log = store.log.filter(({ zxid }) => zxid > lastZxid - 2);
  }

  open(sid: number): Client | undefined {
    const node = this.nodes.get(sid)!;
    const { process } = node;
    if (process === undefined) return undefined;
    const connection = ++this.#connections;
    const frame = (id: number, payload: Uint8Array): void => {
      if (node.process === process)
        this.#step(node, { kind: "frame", connection: id, bytes: Uint8Array.from(payload) });
    };
    const client = new Client({ frame } as unknown as CoreHarness, connection);
    this.#clients.set(connection, { client, process });
    this.#step(node, {
      kind: "connectionOpened",
      connection,
      peerAddress: "127.0.0.1",
      peerPort: 1,
      isSecure: false,
    });
    return client;
  }

  drop(client: Client): void {
    const node = [...this.nodes.values()].find(
      ({ process }) => process === this.#clients.get(client.id)?.process,
    );
    client.isClosed = true;
    this.#clients.delete(client.id);
    if (node?.process !== undefined) this.#step(node, { kind: "connectionClosed", connection: client.id });
  }

  /** One thing happens, if anything can; which one is left to chance. */
  happen(): boolean {
    const things: (() => void)[] = [];
    for (const node of this.running) {
      const process = node.process!;
      if (node.isDiskFrozen) continue;
      if (process.toLog.length > 0) things.push(() => this.#write(node, process));
      const [head] = process.queue;
      if (head !== undefined && this.#isDue(node, process, head))
        things.push(() => this.#work(node, process));
    }
    for (const link of this.#links) {
      if (link.isFrozen) continue;
      for (const end of link.ends)
        if (!end.isDead && (end.coming.length > 0 || end.isClosing))
          things.push(() => this.#deliver(link, end));
    }
    if (this.#soon.length > 0) things.push(() => this.#tellSoon());
    for (const dial of this.#dials) things.push(() => this.#dial(dial));
    for (const [key, notification] of this.#notifications) things.push(() => this.#notify(key, notification));
    if (things.length === 0) return false;
    this.pick(things)();
    return true;
  }

  /** Time passes, at most to the next deadline. */
  tick(maxMs: number): void {
    let next = this.#elapsedMs + maxMs;
    for (const { process } of this.running) next = Math.min(next, process!.peer.nextDeadline);
    this.#elapsedMs = Math.max(this.#elapsedMs + 1, Math.ceil(next));
    for (const node of this.running)
      if (node.process!.peer.nextDeadline <= this.#elapsedMs) this.#step(node, { kind: "tick" });
  }

  describe(): string {
    const lines = [...this.nodes.values()].map(({ sid, process, store }) => {
      const last = store.log.at(-1)?.zxid.toString(16);
      const disk = `disk ${store.accepted}/${store.current} log ..${last} snapshot ${store.snapshots.at(-1)!.zxid.toString(16)}`;
      if (process === undefined) return `${sid}: down; ${disk}`;
      const { peer } = process;
      return `${sid}: ${peer.state}/${peer.role?.zabPhase} serving=${peer.isServing} leader=${peer.leaderSid} epochs=${peer.acceptedEpoch}/${peer.currentEpoch} zxid=${peer.lastZxid.toString(16)} config=${peer.view.committed.version.toString(16)}/${peer.view.lastSeen?.version.toString(16)}; ${disk}`;
    });
    const events = this.events.slice(-60).map(({ sid, event }) => `  ${sid} ${JSON.stringify(event)}`);
    return [`at ${this.#elapsedMs} ms, cuts ${[...this.#cuts].join()}`, ...lines, ...events].join("\n");
  }

  #step(node: ChaosNode, input: PeerInput): void {
    const { process } = node;
    if (process === undefined) return;
    process.peer.step(input, this.now);
    this.#perform(node, process, process.peer.takeReady());
    this.#check(node);
    this.afterStep(node.sid);
  }

  #perform(node: ChaosNode, process: Process, ready: PeerReady): void {
    const { sid } = node;
    for (const event of ready.events) this.events.push({ sid, event });
    for (const { zxid, bytes } of ready.append) this.#sameTxn(sid, zxid, bytes);
    process.toLog.push(...ready.append);
    process.appended = ready.append.at(-1)?.zxid ?? process.appended;
    for (const send of ready.sendNow) this.#send(sid, send);
    if (ready.forgetsNotifications)
      for (const [key, { from }] of this.#notifications) if (from === sid) this.#notifications.delete(key);
    for (const { to, payload } of ready.notify) {
      this.#checkVote(node, payload);
      this.#notifications.set(`${sid}-${to}`, { from: sid, to, payload });
    }
    for (const { link, host, port } of ready.dial)
      this.#dials.push({ node, process, link, to: Number(host.slice(1)), port });
    const { sendAfterPersist, epochs, memberships, jobs } = ready;
    if (sendAfterPersist.length > 0 || epochs !== undefined || memberships !== undefined || jobs.length > 0) {
      process.queue.push({
        barrier: process.appended,
        work: { sendAfterPersist, epochs, memberships, jobs },
      });
      if (jobs.length > 0) process.appended = 0;
    }
    for (const id of ready.closeLinks) {
      this.#dials = this.#dials.filter((dial) => dial.process !== process || dial.link !== id);
      const link = this.#linkOf(sid, id);
      if (link === undefined) continue;
      const own = link.ends.findIndex((end) => end.sid === sid && end.id === id);
      link.ends[1 - own]!.isClosing = true;
      this.#bury(link.ends[own]!);
      if (link.ends[1 - own]!.isDead) this.#forget(link);
    }
    if (ready.listen !== undefined) {
      process.isQuorumOpen = ready.listen.quorum;
      process.isMasterOpen = ready.listen.observerMaster;
    }
    for (const { link, zxid } of ready.surveys) {
      const { log } = node.store;
      const atOrBelow = log.findLast((entry) => entry.zxid <= zxid)?.zxid;
      const above = log.find((entry) => entry.zxid > zxid)?.zxid;
      this.#soon.push({
        process,
        input: { kind: "logSurveyed", link, zxid, atOrBelow, above, bytes: 1, snapshotBytes: 1_000_000 },
      });
    }
    for (const output of ready.output) {
      const to = this.#clients.get(output.connection);
      if (to !== undefined && !to.client.isClosed)
        to.client.receive(Uint8Array.from(output.bytes), output.isClosing);
      if (output.isClosing) {
        this.#clients.delete(output.connection);
        this.#soon.push({ process, input: { kind: "connectionClosed", connection: output.connection } });
      }
      process.peer.reuse(output);
    }
  }

  #sameTxn(sid: number, zxid: Zxid, bytes: Uint8Array): void {
    const known = this.txns.get(zxid);
    if (known === undefined) this.txns.set(zxid, Uint8Array.from(bytes));
    else if (Buffer.compare(known, bytes) !== 0)
      throw new Error(`server ${sid} has another txn ${zxid.toString(16)}`);
  }

  /** S17, S18: a server that looks for a leader has in memory what is on its disk, and offers that or somebody else's. */
  #checkVote({ sid, store, process }: ChaosNode, payload: Uint8Array): void {
    const { state, leader, zxid } = decodeNotification(payload);
    const isObserver = store.membership.servers.some(
      ({ id, peerType }) => id === sid && peerType === "observer",
    );
    if (state !== "looking" || isObserver) return;
    const { lastZxid, currentEpoch } = process!.peer;
    const durable = Math.max(store.snapshots.at(-1)!.zxid, store.log.at(-1)?.zxid ?? 0);
    const isBelow = leader === sid && zxid < durable;
    if (lastZxid !== durable || currentEpoch !== store.current || isBelow)
      throw new Error(
        `server ${sid} looks for a leader with ${currentEpoch}/${lastZxid.toString(16)} and offers ${zxid.toString(16)}, its disk has ${store.current}/${durable.toString(16)}`,
      );
  }

  #check({ sid, process }: ChaosNode): void {
    const peer = process?.peer;
    if (peer === undefined) return;
    const { role, database } = peer;
    if (role?.state === "leading" && role.isServing && "epoch" in role) {
      const epoch = role.epoch as number;
      const known = this.leaders.get(epoch) ?? sid;
      if (known !== sid) throw new Error(`epoch ${epoch} has the leaders ${known} and ${sid}`);
      this.leaders.set(epoch, sid);
    }
    if (role !== null && !role.isServing) return;
    const zxid = database.lastProcessedZxid;
    const digest = database.tree.digests.sum.toInt64().key;
    const known = this.#digests.get(zxid);
    if (known === undefined) this.#digests.set(zxid, digest);
    else if (known !== digest) throw new Error(`server ${sid} has another tree at ${zxid.toString(16)}`);
  }

  // Disk

  #write(node: ChaosNode, process: Process): void {
    const count = 1 + this.rng.below(process.toLog.length);
    const entries = process.toLog.splice(0, count);
    const { log } = node.store;
    for (const entry of entries) {
      const before = log.at(-1)?.zxid ?? ZXID_ZERO;
      const snapshot = node.store.snapshots.at(-1)!.zxid;
      if (
        !follows(Math.max(before, snapshot) as Zxid, entry.zxid) &&
        !(before < snapshot && entry.zxid === snapshot + 1)
      )
        throw new Error(
          `the log of ${node.sid} gets ${entry.zxid.toString(16)} behind ${before.toString(16)}`,
        );
      log.push({ zxid: entry.zxid, bytes: Uint8Array.from(entry.bytes) });
    }
    this.#step(node, { kind: "persisted", zxid: log.at(-1)!.zxid });
  }

  #isDue(node: ChaosNode, process: Process, { barrier, work }: Process["queue"][number]): boolean {
    if (work.jobs.length > 0 && process.toLog.length > 0) return false;
    return (
      barrier === 0 ||
      barrier <= Math.max(node.store.log.at(-1)?.zxid ?? 0, node.store.snapshots.at(-1)!.zxid)
    );
  }

  #work(node: ChaosNode, process: Process): void {
    const { store } = node;
    const [item] = process.queue;
    const { epochs, memberships, sendAfterPersist, jobs } = item!.work;
    if (memberships !== undefined || epochs !== undefined) {
      // One file at a time: a crash may come in between.
      if (
        memberships !== undefined &&
        (store.membership !== memberships.committed || store.lastSeen !== memberships.lastSeen)
      ) {
        store.membership = memberships.committed;
        store.lastSeen = memberships.lastSeen;
        return;
      }
      if (epochs?.accepted !== undefined && store.accepted !== epochs.accepted) {
        if (epochs.accepted < store.accepted) throw new Error(`acceptedEpoch of ${node.sid} falls`);
        store.accepted = epochs.accepted;
        return;
      }
      if (epochs?.current !== undefined) {
        if (epochs.current < store.current) throw new Error(`currentEpoch of ${node.sid} falls`);
        if (epochs.current > store.accepted)
          throw new Error(`currentEpoch of ${node.sid} is above acceptedEpoch`);
        store.current = epochs.current;
      }
    }
    process.queue.shift();
    // The host tells the machine and sends before anything else of the disk is done.
    for (const { link, bytes } of sendAfterPersist)
      this.#send(node.sid, { kind: "packet", link, bytes: bytes as never });
    const inputs: PeerInput[] = jobs.map((job) => this.#job(node, job));
    if (memberships !== undefined || epochs !== undefined)
      inputs.unshift({ kind: "epochsStored", accepted: epochs?.accepted, current: epochs?.current });
    for (const input of inputs) if (node.process === process) this.#step(node, input);
  }

  #job({ store }: ChaosNode, job: StorageJob): PeerInput {
    switch (job.kind) {
      case "installSnapshot":
        store.log = [];
        store.snapshots = [{ zxid: job.zxid, bytes: streamOf(job.database.snapshotSource()) }];
        return { kind: "snapshotInstalled", zxid: job.zxid };
      case "truncate": {
        const snapshots = store.snapshots.filter(({ zxid }) => zxid <= job.zxid);
        if (snapshots.length === 0) return { kind: "truncateRefused", reason: "no snapshot below" };
        store.snapshots = snapshots;
        store.log = store.log.filter(({ zxid }) => zxid <= job.zxid);
        return { kind: "recovered", ...this.recover(store) };
      }
      case "reload":
        return { kind: "recovered", ...this.recover(store) };
    }
  }

  // Network

  #linkOf(sid: number, id: LinkId): Link | undefined {
    const { process } = this.nodes.get(sid)!;
    return this.#links.find(
      ({ ends, isOpen }) => isOpen && ends.some((end) => end.process === process && end.id === id),
    );
  }

  #send(sid: number, send: LinkSend): void {
    const link = this.#linkOf(sid, send.link);
    const node = this.nodes.get(sid)!;
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

  #deliver(link: Link, end: End): void {
    const node = this.nodes.get(end.sid)!;
    const [first] = end.coming;
    if (first === undefined) {
      // Behind everything that was sent.
      this.#forget(link);
      if (node.process === end.process)
        this.#step(node, { kind: "linkDown", link: end.id, reason: "closed by the other side" });
      return;
    }
    if (first instanceof Uint8Array) {
      end.coming.shift();
      const packet = QuorumPacket.read(new JuteReader(first));
      if (packet.type === PacketType.SNAP) end.snapZxid = packet.zxid;
      if (node.process === end.process) this.#step(node, { kind: "packet", link: end.id, packet });
      return;
    }
    if (!first.walk.writeNext(end.walked, 60)) return;
    end.coming.shift();
    const sender = link.ends.find((other) => other !== end)!;
    const database = this.createDatabase();
    loadStream(end.walked.take(), database, end.snapZxid);
    const from = this.nodes.get(sender.sid)!;
    if (from.process === sender.process) this.#step(from, { kind: "snapshotSent", link: sender.id });
    if (link.isOpen && node.process === end.process)
      this.#step(node, { kind: "snapshotReceived", link: end.id, database });
  }

  #break(link: Link): void {
    if (!link.isOpen) return;
    this.#forget(link);
    for (const end of link.ends) {
      const { process, id, isDead } = end;
      this.#bury(end);
      if (!isDead) this.#soon.push({ process, input: { kind: "linkDown", link: id, reason: "reset" } });
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

  #tellSoon(): void {
    const { process, input } = this.#soon.shift()!;
    const node = this.running.find((each) => each.process === process);
    if (node !== undefined) this.#step(node, input);
  }

  #dial(dial: PendingDial): void {
    this.#dials = this.#dials.filter((other) => other !== dial);
    const { node, process, link: id, to, port } = dial;
    if (node.process !== process) return;
    const target = this.nodes.get(to);
    const listens = port === QUORUM_PORT ? target?.process?.isQuorumOpen : target?.process?.isMasterOpen;
    if (target?.process === undefined || listens !== true || this.#cuts.has(`${node.sid}-${to}`)) {
      this.#step(node, { kind: "linkDown", link: id, reason: "connection refused" });
      return;
    }
    const end = (sid: number, of: Process, link: LinkId): End => ({
      sid,
      process: of,
      id: link,
      coming: [],
      walked: new JuteWriter(),
      snapZxid: ZXID_ZERO,
      isClosing: false,
      isDead: false,
    });
    const accepted = end(to, target.process, ++this.#accepted);
    this.#links.push({ ends: [end(node.sid, process, id), accepted], isFrozen: false, isOpen: true });
    this.#step(target, { kind: "linkAccepted", link: accepted.id, remote: `s${node.sid}:1` });
    this.#step(node, { kind: "linkUp", link: id });
  }

  #notify(
    key: string,
    { from, to, payload }: { readonly from: number; readonly to: number; readonly payload: Uint8Array },
  ): void {
    this.#notifications.delete(key);
    const node = this.nodes.get(to);
    if (node === undefined || this.#cuts.has(key)) return;
    this.#step(node, { kind: "notification", from, payload });
  }
}
