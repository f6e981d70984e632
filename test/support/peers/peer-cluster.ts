import type { Instant } from "../../../src/base/ports.ts";
import { createPrng } from "../../../src/base/prng.ts";
import type { MachineEvent } from "../../../src/core/machine-event.ts";
import { SERVER_OPTIONS_DEFAULT, type ServerOptions } from "../../../src/core/pipeline/server-options.ts";
import type { Membership } from "../../../src/core/quorum/membership.ts";
import { Database } from "../../../src/core/tree/database.ts";
import { Peer } from "../../../src/core/zab/peer.ts";
import type { PeerInput, PeerReady } from "../../../src/core/zab/peer-face.ts";
import type { EnsembleOptions } from "../../../src/core/zab/peer-options.ts";
import type { QuorumPacket } from "../../../src/protocol/records/quorum.ts";
import { epochOf, type Zxid } from "../../../src/protocol/zxid.ts";
import { Client, type CoreHarness } from "../core-harness.ts";
import { ENSEMBLE_OPTIONS, TICK_MS, WALL_MS } from "./ensemble-defaults.ts";
import type { Impostor } from "./impostor.ts";
import { PeerDisks } from "./peer-disks.ts";
import { PeerNetwork } from "./peer-network.ts";
import { newNode, type PeerNode, type PeerStore, type PeerWorld, type ServerStep } from "./peer-node.ts";

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
  readonly nodes = new Map<number, PeerNode>();
  readonly events: { sid: number; event: MachineEvent }[] = [];
  /** Whose election links were to be closed, by whom and why. */
  readonly endedElectionLinks: { sid: number; peer: number; reason: string }[] = [];
  /** What servers found out about their trees; empty unless a test wants to see it. */
  readonly digestMismatches: { readonly sid: number; readonly zxid: number }[] = [];
  /** Added to the wall clock of everybody, ms. */
  wallShiftMs = 0;
  /** Called in front of each step of a server; true: its process is gone before that is done. */
  crashes: (sid: number, step: ServerStep) => boolean = () => false;
  /** Called when a packet has arrived on a link between two servers and been dealt with. */
  arrived: (packet: QuorumPacket, from: number, to: number) => void = () => {};
  readonly #membership: Membership;
  readonly #options: ClusterOptions;
  readonly #server: ServerOptions;
  readonly #network: PeerNetwork;
  readonly #disks: PeerDisks;
  readonly #clients = new Map<number, Client>();
  #queue: (() => void)[] = [];
  #elapsedMs = 1000;
  #stalled: number | undefined;
  /** What has been said to the stalled server. */
  readonly #waiting: PeerInput[] = [];

  constructor(membership: Membership, options: ClusterOptions = {}) {
    this.#membership = membership;
    this.#options = options;
    this.#server = { ...SERVER_OPTIONS_DEFAULT, tickTimeMs: TICK_MS, ...options.server };
    const world: PeerWorld = {
      nodes: this.nodes,
      createDatabase: (sid) => this.#createDatabase(sid),
      later: (callback) => this.#queue.push(callback),
      input: (node, input) => this.#input(node, input),
    };
    this.#network = new PeerNetwork({
      ...world,
      settle: () => this.settle(),
      arrived: (packet, from, to) => this.arrived(packet, from, to),
    });
    this.#disks = new PeerDisks(world, this.#network);
    for (const { id } of membership.servers) this.nodes.set(id, newNode(id));
  }

  get now(): Instant {
    return { elapsedMs: this.#elapsedMs, wallMs: WALL_MS + this.#elapsedMs + this.wallShiftMs };
  }

  peer(sid: number): Peer {
    const { peer } = this.nodes.get(sid)!;
    if (peer === undefined) throw new Error(`server ${sid} does not run`);
    return peer;
  }

  store(sid: number): PeerStore {
    return this.nodes.get(sid)!.store;
  }

  leader(): number | undefined {
    const leading = [...this.nodes.values()].filter(
      ({ peer }) => peer?.state === "leading" && peer.isServing,
    );
    return leading.length === 1 ? leading[0]!.sid : undefined;
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

  // Servers

  /** A server of this configuration that was not in the cluster's own. */
  add(sid: number, membership: Membership): void {
    this.nodes.set(sid, newNode(sid));
    this.#disks.memberships.set(sid, membership);
    this.start(sid);
  }

  /** Starts a server on what it has on disk. */
  start(...sids: number[]): void {
    for (const sid of sids) {
      const node = this.nodes.get(sid)!;
      const { store } = node;
      const { database, lastZxid } = this.#disks.recover(node);
      // storage/directory/epoch-rules.ts
      if (epochOf(lastZxid) > store.accepted)
        throw new Error(`server ${sid} has data of an epoch that it has not accepted`);
      store.current = Math.max(store.current, epochOf(lastZxid));
      node.peer = new Peer({
        server: this.#optionsOf(sid),
        ensemble: { ...ENSEMBLE_OPTIONS, ...this.#options.ensemble, sid },
        view: { committed: this.#disks.memberships.get(sid) ?? this.#membership, lastSeen: null },
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

  /** The process is gone; its links break. */
  kill(...sids: number[]): void {
    for (const sid of sids) this.#end(this.nodes.get(sid)!);
    this.settle();
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

  /** An empty tree that a leader sends as its snapshot at `zxid`. */
  databaseAt(zxid: number): Database {
    const database = this.#createDatabase();
    database.snapshotLoaded(zxid as Zxid);
    return database;
  }

  // Clients

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

  /** A client with a session. */
  connect(sid: number, timeoutMs = 30_000): Client {
    const client = this.open(sid);
    client.connect(timeoutMs);
    return client;
  }

  /** The client's connection breaks. */
  drop(client: Client): void {
    for (const sid of this.nodes.keys()) this.step(sid, { kind: "connectionClosed", connection: client.id });
  }

  // Those for whom a test speaks

  /** A learner that is none of ours: says to the leader `sid` what the test wants. */
  intrude(sid: number): Impostor {
    const impostor = this.#network.intrude(this.nodes.get(sid)!);
    this.settle();
    return impostor;
  }

  /** The server `sid` is none of ours: who dials its quorum port from now on gets what the test says. */
  impersonate(sid: number): readonly Impostor[] {
    return this.#network.impersonate(sid);
  }

  // Disks

  /** Servers whose disks keep what they were given to themselves until {@link persist}. */
  get slowDisks(): Set<number> {
    return this.#disks.slow;
  }

  /** Servers that hear only by {@link tellStored} that their epochs are stored. */
  get slowEpochs(): Set<number> {
    return this.#disks.slowEpochs;
  }

  /** What the server's slow disk has been given is durable. */
  persist(sid: number): void {
    this.#disks.persist(this.nodes.get(sid)!);
    this.settle();
  }

  /** Everybody hears what epochs are stored, at once from now on. */
  tellStored(): void {
    this.#disks.tellStored();
    this.settle();
  }

  /** The disk is replaced by an empty one. */
  wipe(sid: number): void {
    this.#disks.wipe(this.nodes.get(sid)!);
  }

  // Network

  /** Servers whose snapshots for learners come to their end only by {@link finishSnapshots}. */
  get slowSnapshots(): Set<number> {
    return this.#network.slowSnapshots;
  }

  /** What the server is sending as snapshots goes out to its end. */
  finishSnapshots(sid: number): void {
    this.#network.finishSnapshots(this.nodes.get(sid)!);
    this.settle();
  }

  /** What `from` sends to `to` from now on is under way until {@link release}, or lost with its link. */
  hold(from: number, ...to: readonly number[]): void {
    for (const sid of to) this.#network.links.hold(from, sid);
  }

  /** Everything that was under way arrives, and nothing is held any more. */
  release(): void {
    this.#network.links.release();
    this.settle();
  }

  /** Nothing passes between the two any more; what they have is broken. */
  cut(a: number, b: number): void {
    this.#network.links.cut(a, b);
    this.settle();
  }

  /** What is under way between the two is lost, and both hear of it; they may connect anew. */
  breakLinks(a: number, b: number): void {
    this.#network.links.breakBetween(a, b);
  }

  /** Nothing passes between the server and any other, and nobody hears that it does not: links are open, and silent. */
  mute(sid: number): void {
    this.#network.links.mute(sid);
  }

  /** What passed nowhere meanwhile is lost, and so are the links that it was sent on. */
  heal(): void {
    this.#network.links.heal();
  }

  // Time

  step(sid: number, input: PeerInput): void {
    this.#input(this.nodes.get(sid)!, input);
    this.settle();
  }

  /** Lets everything happen that needs no time. */
  settle(): void {
    for (let count = 0; this.#queue.length > 0; count++) {
      if (count > 1_000_000) throw new Error("the network does not come to rest");
      this.#queue.shift()!();
    }
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

  /** Lets time pass until `condition`, at most `limitMs`. */
  until(condition: () => boolean, limitMs = 120_000): void {
    const endMs = this.#elapsedMs + limitMs;
    while (!condition()) {
      if (this.#elapsedMs >= endMs) throw new Error(`not within ${limitMs} ms:\n${this.describe()}`);
      this.advance(50);
    }
  }

  #input(node: PeerNode, input: PeerInput): void {
    const { peer } = node;
    if (peer === undefined) return;
    if (node.sid === this.#stalled) {
      this.#waiting.push(input);
      return;
    }
    peer.step(input, this.now);
    this.#perform(node, peer.takeReady());
  }

  #perform(node: PeerNode, ready: PeerReady): void {
    const { sid, peer } = node;
    for (const event of ready.events) this.events.push({ sid, event });
    for (const send of ready.sendNow) this.#network.send(node, send);
    for (const { to, payload } of ready.notify) this.#network.notify(sid, to, payload);
    for (const ended of ready.endElectionLinks ?? []) this.endedElectionLinks.push({ sid, ...ended });
    for (const dial of ready.dial) this.#network.dial(node, dial);
    for (const link of ready.closeLinks) this.#network.close(node, link);
    if (ready.listen !== undefined) {
      node.isQuorumOpen = ready.listen.quorum;
      node.isMasterOpen = ready.listen.observerMaster;
    }
    for (const output of ready.output) {
      this.#clients.get(output.connection)?.receive(Uint8Array.from(output.bytes), output.isClosing);
      node.peer?.reuse(output);
    }
    this.#disks.perform(node, ready, (step) => {
      if (this.crashes(sid, step)) this.#end(node);
      return node.peer !== peer;
    });
  }

  #end(node: PeerNode): void {
    node.peer = undefined;
    this.#disks.forget(node.sid);
    node.isQuorumOpen = node.isMasterOpen = false;
    this.#network.links.breakAll(node.sid);
  }

  #optionsOf(sid: number): ServerOptions {
    return { ...this.#server, ...this.#options.serverOf?.(sid), serverId: sid };
  }

  #createDatabase(sid = 0): Database {
    const { digestEnabled, extendedTypesEnabled } = this.#optionsOf(sid);
    const { commitLogCount, survivesMismatches } = this.#options;
    return new Database({
      digestEnabled,
      extendedTypesEnabled,
      emulate353TTLNodes: false,
      ...(commitLogCount === undefined ? {} : { commitLogCount }),
      onDigestMismatch: ({ zxid }) => {
        if (survivesMismatches !== true) throw new Error(`digest mismatch at ${zxid.toString(16)}`);
        this.digestMismatches.push({ sid, zxid });
      },
    });
  }
}
