import type { Instant } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { MachineEvent } from "../../src/core/machine-event.ts";
import { SERVER_OPTIONS_DEFAULT, type ServerOptions } from "../../src/core/pipeline/server-options.ts";
import type { Membership } from "../../src/core/quorum/membership.ts";
import type { LogEntry } from "../../src/core/ready.ts";
import { Database } from "../../src/core/tree/database.ts";
import { encodeCommit, encodeProposal } from "../../src/core/zab/packets.ts";
import { Peer } from "../../src/core/zab/peer.ts";
import type { LinkId, LinkSend, PeerInput, PeerReady } from "../../src/core/zab/peer-face.ts";
import type { EnsembleOptions } from "../../src/core/zab/peer-options.ts";
import type { SnapshotWalk } from "../../src/core/zab/snapshot-walk.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { vector } from "../../src/protocol/record.ts";
import { ACL, StatPersisted } from "../../src/protocol/records/data.ts";
import { QuorumPacket } from "../../src/protocol/records/quorum.ts";
import { counterOf, epochOf, ZXID_NONE, ZXID_ZERO, type Zxid } from "../../src/protocol/zxid.ts";
import { Client, type CoreHarness } from "./core-harness.ts";

const WALL_MS = 1_700_000_000_000;
const TICK_MS = 2000;
const QUORUM_PORT = 2888;

/** A membership of `voters` servers with the ids 1, 2, …, and `observers` behind them. */
export function membershipOf(voters: number, observers = 0): Membership {
  return {
    version: ZXID_ZERO,
    hierarchy: null,
    servers: Array.from({ length: voters + observers }, (_, at) => ({
      id: at + 1,
      addresses: [{ host: `s${at + 1}`, quorumPort: QUORUM_PORT, electionPort: 3888 }],
      peerType: at < voters ? ("participant" as const) : ("observer" as const),
      client: { host: "0.0.0.0", port: 2181 },
      secureClient: null,
    })),
  };
}

export const ENSEMBLE_OPTIONS: Omit<EnsembleOptions, "sid"> = {
  initLimitTicks: 10,
  syncLimitTicks: 5,
  connectLimitTicks: 10,
  connectRetryDelayMs: 100,
  waitForEpochMaxMs: -1,
  notificationIntervalMinMs: 200,
  notificationIntervalMaxMs: 60_000,
  rules: { allowsSeveralAddresses: false, hasOracle: false, allowsStandalone: true },
  forcesSnapshotSync: false,
  snapshotSizeFactor: 0.33,
  snapSyncsMax: 10,
  diffSyncsMax: 100,
  observersPersist: true,
  observerElectionDelayMs: 200,
  observerMasterPort: 0,
  leaderServes: true,
  isReadOnlyEnabled: false,
};

/** What a server has on disk. */
interface Store {
  log: LogEntry[];
  snapshot: { zxid: Zxid; bytes: Uint8Array } | undefined;
  accepted: number;
  current: number;
  /** False: empty, and nobody has said that it may be (`db.autocreate=false`). */
  mayVote: boolean;
}

/** One thing of those that a server's disk and links do for it, in their order. */
export type ServerStep =
  | { readonly kind: "log"; readonly zxid: Zxid }
  | { readonly kind: "accepted" | "current"; readonly epoch: number }
  | { readonly kind: "job"; readonly job: PeerReady["jobs"][number]["kind"] }
  /** A packet that claims something of the disk leaves. */
  | { readonly kind: "claim"; readonly packet: QuorumPacket };

interface Node {
  readonly sid: number;
  readonly store: Store;
  peer: Peer | undefined;
  isQuorumOpen: boolean;
  isMasterOpen: boolean;
}

interface Link {
  readonly ends: readonly [LinkEnd, LinkEnd];
  isOpen: boolean;
}

/** A snapshot on its way, and what has to wait behind it. */
interface Stream {
  readonly link: LinkId;
  readonly walk: SnapshotWalk;
  readonly zxid: Zxid;
  readonly held: Uint8Array[];
}

interface LinkEnd {
  readonly sid: number;
  readonly id: LinkId;
}

export interface ClusterOptions {
  readonly ensemble?: Partial<EnsembleOptions>;
  readonly server?: Partial<ServerOptions>;
  /** What one server has otherwise than all. */
  readonly serverOf?: (sid: number) => Partial<ServerOptions>;
  /** True: a digest that does not fit is written down; otherwise it ends the test. */
  readonly survivesMismatches?: boolean;
  /** How many txns are kept in memory for learners; 500 when left out. */
  readonly commitLogCount?: number;
}

/** Members of an ensemble without a host: what one wants done is done at once, links carry bytes in order, time stands still until told. */
export class PeerCluster {
  readonly nodes = new Map<number, Node>();
  readonly events: { sid: number; event: MachineEvent }[] = [];
  /** Whose election links were to be closed, by whom and why. */
  readonly endedElectionLinks: { sid: number; peer: number; reason: string }[] = [];
  readonly #membership: Membership;
  /** Configurations on the disks of those that have stored one. */
  readonly #memberships = new Map<number, Membership>();
  readonly #ensemble: Partial<EnsembleOptions>;
  readonly #server: ServerOptions;
  readonly #serverOf: (sid: number) => Partial<ServerOptions>;
  readonly #survivesMismatches: boolean;
  readonly #links: Link[] = [];
  readonly #cuts = new Set<string>();
  readonly #muted = new Set<number>();
  readonly #impostors = new Map<string, Impostor>();
  readonly #fakes = new Map<number, Impostor[]>();
  #queue: (() => void)[] = [];
  #elapsedMs = 1000;
  #stalled: number | undefined;
  readonly #waiting: PeerInput[] = [];
  #accepted = 0;
  /** False: the disk keeps what it was given to itself until {@link persist}. */
  readonly slowDisks = new Set<number>();
  readonly #unpersisted = new Map<number, Zxid>();
  /** What servers with slow disks will say once those have it. */
  readonly #unsaid = new Map<number, { readonly link: LinkId; readonly bytes: Uint8Array }[]>();
  /** Servers that hear only by {@link tellStored} that their epochs are stored. */
  readonly slowEpochs = new Set<number>();
  #untold: (() => void)[] = [];
  /** Directions in which packets are under way until {@link release}. */
  readonly #held = new Map<string, (() => void)[]>();
  /** Added to the wall clock of everybody, ms. */
  wallShiftMs = 0;
  /** What servers found out about their trees; empty unless a test wants to see it. */
  readonly digestMismatches: { readonly sid: number; readonly zxid: number }[] = [];
  /** Servers whose snapshots for learners come to their end only by {@link finishSnapshots}. */
  readonly slowSnapshots = new Set<number>();
  readonly #streams = new Map<string, Stream>();
  readonly #clients = new Map<number, Client>();
  /** Called in front of each step of a server; true: its process is gone before that is done. */
  crashes: (sid: number, step: ServerStep) => boolean = () => false;
  /** Called when a packet has arrived on a link between two servers and been dealt with. */
  arrived: (packet: QuorumPacket, from: number, to: number) => void = () => {};
  readonly #commitLogCount: number | undefined;

  constructor(membership: Membership, options: ClusterOptions = {}) {
    this.#membership = membership;
    this.#serverOf = options.serverOf ?? (() => ({}));
    this.#survivesMismatches = options.survivesMismatches ?? false;
    this.#commitLogCount = options.commitLogCount;
    this.#ensemble = options.ensemble ?? {};
    this.#server = { ...SERVER_OPTIONS_DEFAULT, tickTimeMs: TICK_MS, ...options.server };
    for (const { id } of membership.servers) {
      this.nodes.set(id, {
        sid: id,
        store: emptyStore(),
        peer: undefined,
        isQuorumOpen: false,
        isMasterOpen: false,
      });
    }
  }

  get now(): Instant {
    return { elapsedMs: this.#elapsedMs, wallMs: WALL_MS + this.#elapsedMs + this.wallShiftMs };
  }

  peer(sid: number): Peer {
    const { peer } = this.nodes.get(sid)!;
    if (peer === undefined) throw new Error(`server ${sid} does not run`);
    return peer;
  }

  store(sid: number): Store {
    return this.nodes.get(sid)!.store;
  }

  /** A server of this configuration that was not in the cluster's own. */
  add(sid: number, membership: Membership): void {
    const store = emptyStore();
    this.nodes.set(sid, { sid, store, peer: undefined, isQuorumOpen: false, isMasterOpen: false });
    this.#memberships.set(sid, membership);
    this.start(sid);
  }

  /** Starts a server on what it has on disk. */
  start(...sids: number[]): void {
    for (const sid of sids) {
      const node = this.nodes.get(sid)!;
      const { store } = node;
      const { database, lastZxid } = this.#recover(node);
      // storage/directory/epoch-rules.ts
      if (epochOf(lastZxid) > store.accepted)
        throw new Error(`server ${sid} has data of an epoch that it has not accepted`);
      store.current = Math.max(store.current, epochOf(lastZxid));
      node.peer = new Peer({
        server: this.#optionsOf(sid),
        ensemble: { ...ENSEMBLE_OPTIONS, ...this.#ensemble, sid },
        view: { committed: this.#memberships.get(sid) ?? this.#membership, lastSeen: null },
        database,
        createDatabase: () => this.#createDatabase(sid),
        mayVote: store.mayVote,
        acceptedEpoch: store.accepted,
        currentEpoch: store.current,
        lastZxid,
        rng: createPrng(sid),
        startedAt: this.now,
      });
      this.step(sid, { kind: "tick" });
    }
  }

  /** A connection to the server that has not said anything. */
  open(sid: number): Client {
    const id = this.#clients.size + 1;
    const frame = (connection: number, payload: Uint8Array): void =>
      this.step(sid, { kind: "frame", connection, bytes: Uint8Array.from(payload) });
    const client = new Client({ frame } as unknown as CoreHarness, id);
    this.#clients.set(id, client);
    const peer = { peerAddress: "127.0.0.1", peerPort: id, isSecure: false };
    this.step(sid, { kind: "connectionOpened", connection: id, ...peer });
    return client;
  }

  /** The client's connection breaks. */
  drop(client: Client): void {
    for (const sid of this.nodes.keys()) this.step(sid, { kind: "connectionClosed", connection: client.id });
  }

  /** A client with a session. */
  connect(sid: number, timeoutMs = 30_000): Client {
    const client = this.open(sid);
    client.connect(timeoutMs);
    return client;
  }

  /** A learner that is none of ours: says to the leader `sid` what the test wants. */
  intrude(sid: number): Impostor {
    const target = this.nodes.get(sid)!;
    const id = ++this.#accepted;
    const impostor = new Impostor(
      (packet) => this.#input(target, { kind: "packet", link: id, packet }),
      this,
    );
    this.#impostors.set(`${sid}/${id}`, impostor);
    this.#input(target, { kind: "linkAccepted", link: id, remote: "impostor:1" });
    this.settle();
    return impostor;
  }

  /** The server `sid` is none of ours: who dials its quorum port from now on gets what the test says. */
  impersonate(sid: number): readonly Impostor[] {
    const accepted: Impostor[] = [];
    this.#fakes.set(sid, accepted);
    return accepted;
  }

  /** What the server's slow disk has been given is durable. */
  persist(sid: number): void {
    const zxid = this.#unpersisted.get(sid);
    this.#unpersisted.delete(sid);
    for (const { link, bytes } of this.#unsaid.get(sid) ?? [])
      this.#sendBytes(this.nodes.get(sid)!, link, bytes);
    this.#unsaid.delete(sid);
    if (zxid !== undefined) this.step(sid, { kind: "persisted", zxid });
    this.settle();
  }

  /** Everybody hears what epochs are stored, at once from now on. */
  tellStored(): void {
    this.slowEpochs.clear();
    this.#queue.push(...this.#untold.splice(0));
    this.settle();
  }

  /** What `from` sends to `to` from now on is under way until {@link release}, or lost with its link. */
  hold(from: number, ...to: readonly number[]): void {
    for (const sid of to) this.#held.set(`${from}-${sid}`, []);
  }

  /** Everything that was under way arrives, and nothing is held any more. */
  release(): void {
    const held = [...this.#held.values()].flat();
    this.#held.clear();
    this.#queue.push(...held);
    this.settle();
  }

  /** The process is gone; its links break. */
  kill(...sids: number[]): void {
    for (const sid of sids) this.#end(this.nodes.get(sid)!);
    this.settle();
  }

  #end(node: Node): void {
    const { sid } = node;
    node.peer = undefined;
    this.#unpersisted.delete(sid);
    this.#unsaid.delete(sid);
    node.isQuorumOpen = node.isMasterOpen = false;
    for (const link of this.#links) if (link.ends.some((end) => end.sid === sid)) this.#break(link, "reset");
  }

  /** The disk is replaced by an empty one. */
  wipe(sid: number): void {
    Object.assign(this.store(sid), emptyStore());
  }

  /** Nothing passes between the two any more; what they have is broken. */
  cut(a: number, b: number): void {
    this.#cuts.add(`${a}-${b}`).add(`${b}-${a}`);
    this.breakLinks(a, b);
    this.settle();
  }

  /** What is under way between the two is lost, and both hear of it; they may connect anew. */
  breakLinks(a: number, b: number): void {
    for (const link of this.#links) {
      const sids = link.ends.map((end) => end.sid);
      if (sids.includes(a) && sids.includes(b)) this.#break(link, "cut");
    }
  }

  /** Nothing passes between the server and any other, and nobody hears that it does not: links are open, and silent. */
  mute(sid: number): void {
    this.#muted.add(sid);
  }

  /** What passed nowhere meanwhile is lost, and so are the links that it was sent on. */
  heal(): void {
    this.#cuts.clear();
    const muted = [...this.#muted];
    this.#muted.clear();
    for (const link of this.#links)
      if (link.ends.some(({ sid }) => muted.includes(sid))) this.#break(link, "reset");
  }

  #isMuted(...sids: number[]): boolean {
    return sids.some((sid) => this.#muted.has(sid));
  }

  step(sid: number, input: PeerInput): void {
    const node = this.nodes.get(sid)!;
    this.#input(node, input);
    this.settle();
  }

  /** Lets time pass, deadline by deadline. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms;
    this.settle();
    for (let turn = 0; turn < 1_000_000; turn++) {
      let next = until;
      for (const { sid, peer } of this.nodes.values()) {
        if (peer !== undefined && sid !== this.#stalled) next = Math.min(next, peer.nextDeadline);
      }
      if (next > this.#elapsedMs) this.#elapsedMs = Math.ceil(next);
      for (const { sid, peer } of this.nodes.values()) {
        if (peer === undefined || sid === this.#stalled || peer.nextDeadline > this.#elapsedMs) continue;
        this.step(sid, { kind: "tick" });
      }
      if (this.#elapsedMs >= until) return;
    }
    throw new Error(`time does not move on:\n${this.describe()}`);
  }

  /** The server is not run for a while; what is said to it waits. `meanwhile` is called every 500 ms. */
  stall(sid: number, ms: number, meanwhile: () => void): void {
    this.#stalled = sid;
    for (let passed = 0; passed < ms; passed += 500) {
      this.advance(500);
      meanwhile();
    }
    this.#stalled = undefined;
    for (const input of this.#waiting.splice(0)) this.step(sid, input);
  }

  /** Lets time pass until `condition`, at most `limitMs`. */
  until(condition: () => boolean, limitMs = 120_000): void {
    const endMs = this.#elapsedMs + limitMs;
    while (!condition()) {
      if (this.#elapsedMs >= endMs) throw new Error(`not within ${limitMs} ms:\n${this.describe()}`);
      this.advance(50);
    }
  }

  settle(): void {
    for (let count = 0; this.#queue.length > 0; count++) {
      if (count > 1_000_000) throw new Error("the network does not come to rest");
      this.#queue.shift()!();
    }
  }

  describe(): string {
    const states = [...this.nodes.values()].map(({ sid, peer }) =>
      peer === undefined
        ? `${sid}: down`
        : `${sid}: ${peer.state} serving=${peer.isServing} leader=${peer.leaderSid} epochs=${peer.acceptedEpoch}/${peer.currentEpoch} zxid=${peer.lastZxid.toString(16)}`,
    );
    const events = this.events.slice(-40).map(({ sid, event }) => `  ${sid} ${JSON.stringify(event)}`);
    return [...states, ...events].join("\n");
  }

  leader(): number | undefined {
    const leading = [...this.nodes.values()].filter(
      ({ peer }) => peer?.state === "leading" && peer.isServing,
    );
    return leading.length === 1 ? leading[0]!.sid : undefined;
  }

  /** An empty tree that a leader sends as its snapshot at `zxid`. */
  databaseAt(zxid: number): Database {
    const database = this.#createDatabase();
    database.snapshotLoaded(zxid as Zxid);
    return database;
  }

  #optionsOf(sid: number): ServerOptions {
    return { ...this.#server, ...this.#serverOf(sid), serverId: sid };
  }

  #createDatabase(sid = 0): Database {
    const { digestEnabled, extendedTypesEnabled } = this.#optionsOf(sid);
    return new Database({
      digestEnabled,
      extendedTypesEnabled,
      emulate353TTLNodes: false,
      ...(this.#commitLogCount === undefined ? {} : { commitLogCount: this.#commitLogCount }),
      onDigestMismatch: ({ zxid }) => {
        if (!this.#survivesMismatches) throw new Error(`digest mismatch at ${zxid.toString(16)}`);
        this.digestMismatches.push({ sid, zxid });
      },
    });
  }

  #recover({ sid, store: { snapshot, log } }: Node): { database: Database; lastZxid: Zxid } {
    const database = this.#createDatabase(sid);
    if (snapshot !== undefined) {
      readWalk(snapshot.bytes, database);
      database.snapshotLoaded(snapshot.zxid);
    }
    for (const { zxid, bytes } of log) if (zxid > (snapshot?.zxid ?? ZXID_NONE)) database.replay(bytes);
    return { database, lastZxid: database.lastProcessedZxid };
  }

  #perform(node: Node, ready: PeerReady): void {
    const { sid, store, peer } = node;
    const ends = (step: ServerStep): boolean => {
      if (this.crashes(sid, step)) this.#end(node);
      return node.peer !== peer;
    };
    for (const event of ready.events) this.events.push({ sid, event });
    for (const send of ready.sendNow) this.#send(node, send);
    for (const { to, payload } of ready.notify) this.#notify(sid, to, payload);
    for (const ended of ready.endElectionLinks ?? []) this.endedElectionLinks.push({ sid, ...ended });
    for (const { link, host, port } of ready.dial) this.#dial(node, link, Number(host.slice(1)), port);
    for (const id of ready.closeLinks) {
      const impostor = this.#impostors.get(`${sid}/${id}`);
      if (impostor !== undefined) impostor.isClosed = true;
      const link = this.#linkOf(sid, id);
      if (link !== undefined)
        this.#underWay(sid, link, () => this.#break(link, "closed by the other side", sid));
    }
    if (ready.listen !== undefined) {
      node.isQuorumOpen = ready.listen.quorum;
      node.isMasterOpen = ready.listen.observerMaster;
    }
    for (const output of ready.output) {
      this.#clients.get(output.connection)?.receive(Uint8Array.from(output.bytes), output.isClosing);
      node.peer?.reuse(output);
    }
    // The disk is as fast as nothing, and yet everything comes in its order.
    for (const entry of ready.append) {
      if (ends({ kind: "log", zxid: entry.zxid })) return;
      store.log.push(entry);
    }
    const last = ready.append.at(-1);
    if (last !== undefined && this.slowDisks.has(sid)) this.#unpersisted.set(sid, last.zxid);
    else if (last !== undefined) this.#later(() => this.#input(node, { kind: "persisted", zxid: last.zxid }));
    const { epochs, memberships } = ready;
    if (epochs !== undefined || memberships !== undefined) {
      if (memberships !== undefined) this.#memberships.set(sid, memberships.committed);
      for (const name of ["accepted", "current"] as const) {
        const epoch = epochs?.[name];
        if (epoch === undefined) continue;
        if (ends({ kind: name, epoch })) return;
        store[name] = epoch;
      }
      const stored = { accepted: epochs?.accepted, current: epochs?.current };
      const tell = (): void => this.#input(node, { kind: "epochsStored", ...stored });
      if (this.slowEpochs.has(sid)) this.#untold.push(tell);
      else this.#later(tell);
    }
    if (!this.slowDisks.has(sid))
      for (const { link, bytes } of ready.sendAfterPersist) {
        if (ends({ kind: "claim", packet: packetOf(bytes) })) return;
        this.#sendBytes(node, link, bytes);
      }
    else this.#unsaid.set(sid, [...(this.#unsaid.get(sid) ?? []), ...ready.sendAfterPersist]);
    for (const job of ready.jobs)
      this.#later(() => {
        if (node.peer === peer && !ends({ kind: "job", job: job.kind })) this.#doJob(node, job);
      });
    for (const { link, zxid } of ready.surveys) {
      const at = store.log.filter((entry) => entry.zxid <= zxid).at(-1)?.zxid;
      const above = store.log.find((entry) => entry.zxid > zxid)?.zxid;
      const sizes = { bytes: 1, snapshotBytes: 1_000_000 };
      this.#later(() =>
        this.#input(node, { kind: "logSurveyed", link, zxid, atOrBelow: at, above, ...sizes }),
      );
    }
  }

  #input(node: Node, input: PeerInput): void {
    const { peer } = node;
    if (peer === undefined) return;
    if (node.sid === this.#stalled) {
      this.#waiting.push(input);
      return;
    }
    peer.step(input, this.now);
    this.#perform(node, peer.takeReady());
  }

  #doJob(node: Node, job: PeerReady["jobs"][number]): void {
    const { store } = node;
    switch (job.kind) {
      case "installSnapshot": {
        const out = new JuteWriter();
        const source = job.database.snapshotSource();
        while (!source.writeNext(out, 1 << 20));
        store.log = [];
        store.snapshot = { zxid: job.zxid, bytes: out.take() };
        this.#input(node, { kind: "snapshotInstalled", zxid: job.zxid });
        return;
      }
      case "truncate":
        if (store.snapshot !== undefined && store.snapshot.zxid > job.zxid) {
          this.#input(node, { kind: "truncateRefused", reason: "no snapshot below" });
          return;
        }
        store.log = store.log.filter((entry) => entry.zxid <= job.zxid);
        this.#input(node, { kind: "recovered", ...this.#recover(node) });
        return;
      case "reload":
        this.#input(node, { kind: "recovered", ...this.#recover(node) });
    }
  }

  #later(callback: () => void): void {
    this.#queue.push(callback);
  }

  #notify(from: number, to: number, payload: Uint8Array): void {
    if (this.#cuts.has(`${from}-${to}`) || this.#isMuted(from, to)) return;
    this.#later(() => {
      const node = this.nodes.get(to);
      if (node !== undefined) this.#input(node, { kind: "notification", from, payload });
    });
  }

  #dial(node: Node, id: LinkId, to: number, port: number): void {
    if (this.#isMuted(node.sid, to)) return;
    this.#later(() => {
      const fakes = this.#fakes.get(to);
      if (fakes !== undefined) {
        const impostor = new Impostor(
          (packet) => this.#input(node, { kind: "packet", link: id, packet }),
          this,
        );
        this.#impostors.set(`${node.sid}/${id}`, impostor);
        fakes.push(impostor);
        this.#input(node, { kind: "linkUp", link: id });
        return;
      }
      const target = this.nodes.get(to);
      const isListening = port === QUORUM_PORT ? target?.isQuorumOpen : target?.isMasterOpen;
      const isReachable = target?.peer !== undefined && isListening && !this.#cuts.has(`${node.sid}-${to}`);
      if (!isReachable) {
        this.#input(node, { kind: "linkDown", link: id, reason: "connection refused" });
        return;
      }
      const accepted = { sid: to, id: ++this.#accepted };
      this.#links.push({ ends: [{ sid: node.sid, id }, accepted], isOpen: true });
      this.#input(target, { kind: "linkAccepted", link: accepted.id, remote: `s${node.sid}:1` });
      this.#input(node, { kind: "linkUp", link: id });
    });
  }

  #linkOf(sid: number, id: LinkId): Link | undefined {
    return this.#links.find(
      ({ ends, isOpen }) => isOpen && ends.some((end) => end.sid === sid && end.id === id),
    );
  }

  #break(link: Link, reason: string, by?: number): void {
    if (!link.isOpen) return;
    link.isOpen = false;
    for (const { sid, id } of link.ends) {
      if (sid !== by && !this.#isMuted(sid))
        this.#later(() => this.#input(this.nodes.get(sid)!, { kind: "linkDown", link: id, reason }));
    }
  }

  #send(node: Node, send: LinkSend): void {
    switch (send.kind) {
      case "packet":
        this.#sendBytes(node, send.link, send.bytes);
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

  #sendLog(node: Node, { link, after, through }: Extract<LinkSend, { kind: "log" }>): void {
    let last = after;
    for (const { zxid, bytes } of node.store.log) {
      if (zxid <= after || zxid > through) continue;
      if (zxid !== last + 1 && !(epochOf(zxid) > epochOf(last) && counterOf(zxid) === 1)) break;
      last = zxid;
      this.#sendBytes(node, link, encodeProposal(zxid, bytes));
      this.#sendBytes(node, link, encodeCommit(zxid));
    }
    const broken = this.#linkOf(node.sid, link);
    if (last !== through && broken !== undefined) this.#break(broken, "the own log has a gap");
  }

  /** What the server is sending as snapshots goes out to its end. */
  finishSnapshots(sid: number): void {
    for (const [key, stream] of [...this.#streams])
      if (key.startsWith(`${sid}/`)) this.#finishSnapshot(this.nodes.get(sid)!, stream);
    this.settle();
  }

  #finishSnapshot(node: Node, { link: id, walk, zxid, held }: Stream): void {
    this.#streams.delete(`${node.sid}/${id}`);
    const out = new JuteWriter();
    while (!walk.writeNext(out, 1 << 20));
    const impostor = this.#impostors.get(`${node.sid}/${id}`);
    if (impostor !== undefined) {
      impostor.received.push({ type: STREAM, zxid, data: out.take(), authinfo: null });
      for (const bytes of held) this.#sendBytes(node, id, bytes);
      this.#later(() => this.#input(node, { kind: "snapshotSent", link: id }));
      return;
    }
    const link = this.#linkOf(node.sid, id);
    const other = link?.ends.find((end) => end.sid !== node.sid);
    if (link === undefined || other === undefined) return;
    const database = this.#createDatabase(other.sid);
    readWalk(out.take(), database);
    database.snapshotLoaded(zxid);
    this.#later(() => {
      if (link.isOpen)
        this.#input(this.nodes.get(other.sid)!, { kind: "snapshotReceived", link: other.id, database });
    });
    for (const bytes of held) this.#sendBytes(node, id, bytes);
    this.#later(() => {
      if (link.isOpen) this.#input(node, { kind: "snapshotSent", link: id });
    });
  }

  #sendBytes(node: Node, id: LinkId, bytes: Uint8Array): void {
    const stream = this.#streams.get(`${node.sid}/${id}`);
    if (stream !== undefined) {
      stream.held.push(bytes);
      return;
    }
    this.#impostors.get(`${node.sid}/${id}`)?.received.push(packetOf(bytes));
    const link = this.#linkOf(node.sid, id);
    const other = link?.ends.find((end) => end.sid !== node.sid);
    if (link === undefined || other === undefined) return;
    const packet = packetOf(bytes);
    this.#underWay(node.sid, link, () => {
      if (!link.isOpen || this.#isMuted(node.sid, other.sid)) return;
      this.#input(this.nodes.get(other.sid)!, { kind: "packet", link: other.id, packet });
      this.arrived(packet, node.sid, other.sid);
    });
  }

  /** What one end does reaches the other now, or when that direction is released. */
  #underWay(from: number, link: Link, arrives: () => void): void {
    const to = link.ends.find(({ sid }) => sid !== from)?.sid;
    const held = this.#held.get(`${from}-${to}`);
    if (held === undefined) this.#later(arrives);
    else held.push(arrives);
  }
}

function emptyStore(): Store {
  return { log: [], snapshot: undefined, accepted: 0, current: 0, mayVote: true };
}

function packetOf(bytes: Uint8Array): QuorumPacket {
  return QuorumPacket.read(new JuteReader(Uint8Array.from(bytes)));
}

/** Stands in {@link Impostor.received} for the bytes of a snapshot, which are no packet. */
export const STREAM = 0;

/** A peer that a test speaks for. */
export class Impostor {
  readonly received: QuorumPacket[] = [];
  isClosed = false;
  readonly #deliver: (packet: QuorumPacket) => void;
  readonly #cluster: PeerCluster;

  constructor(deliver: (packet: QuorumPacket) => void, cluster: PeerCluster) {
    this.#deliver = deliver;
    this.#cluster = cluster;
  }

  say(type: number, zxid: number, data: Uint8Array | null = null): this {
    this.#deliver({ type, zxid: zxid as Zxid, data, authinfo: null });
    this.#cluster.settle();
    return this;
  }

  /** As {@link say}, but all of it comes before the other side's disk or anybody else does anything. */
  sayAtOnce(...packets: readonly (readonly [type: number, zxid: number, data?: Uint8Array])[]): this {
    for (const [type, zxid, data = null] of packets)
      this.#deliver({ type, zxid: zxid as Zxid, data, authinfo: null });
    this.#cluster.settle();
    return this;
  }

  /** Types of what has come. */
  get types(): number[] {
    return this.received.map(({ type }) => type);
  }
}

const ACLS = vector(ACL);

/** `sessions | ACL map | znodes | "/"` into an empty database. */
export function readWalk(bytes: Uint8Array, database: Database): void {
  const reader = new JuteReader(bytes);
  for (let count = reader.readInt(); count > 0; count--)
    database.session(reader.readInt64(), reader.readInt());
  for (let count = reader.readInt(); count > 0; count--)
    database.acl(reader.readLong(), ACLS.read(reader) ?? []);
  for (let path = reader.readString(); path !== "/"; path = reader.readString()) {
    const data = reader.readBuffer();
    const aclId = reader.readLong();
    database.node(path ?? "", data, aclId, StatPersisted.read(reader));
  }
}
