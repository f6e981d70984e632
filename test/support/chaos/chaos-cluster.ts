import type { Instant, Rng } from "../../../src/base/ports.ts";
import { createPrng } from "../../../src/base/prng.ts";
import type { MachineEvent } from "../../../src/core/machine-event.ts";
import { SERVER_OPTIONS_DEFAULT, type ServerOptions } from "../../../src/core/pipeline/server-options.ts";
import type { Membership } from "../../../src/core/quorum/membership.ts";
import { Database } from "../../../src/core/tree/database.ts";
import { Peer } from "../../../src/core/zab/peer.ts";
import type { PeerInput, PeerReady } from "../../../src/core/zab/peer-face.ts";
import type { EnsembleOptions } from "../../../src/core/zab/peer-options.ts";
import { epochOf, type Zxid } from "../../../src/protocol/zxid.ts";
import { Client, type CoreHarness } from "../core-harness.ts";
import { ENSEMBLE_OPTIONS, TICK_MS, WALL_MS } from "../peers/ensemble-defaults.ts";
import { ChaosDisks } from "./chaos-disks.ts";
import { ChaosNetwork } from "./chaos-network.ts";
import {
  type ChaosNode,
  type ChaosStore,
  type ChaosWorld,
  newNode,
  type Process,
  type Thing,
} from "./chaos-node.ts";
import { ChaosOracle } from "./chaos-oracle.ts";

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
  readonly #oracle = new ChaosOracle();
  readonly #options: ChaosOptions;
  readonly #network: ChaosNetwork;
  readonly #disks: ChaosDisks;
  /** What processes are told before anything that is told them later. */
  readonly #soon: { readonly process: Process; readonly input: PeerInput }[] = [];
  readonly #clients = new Map<number, { readonly client: Client; readonly process: Process }>();
  #connections = 0;
  #elapsedMs = 1000;
  /** Called after each thing that happened. */
  afterStep: (sid: number) => void = () => {};

  constructor(membership: Membership, seed: number, options: ChaosOptions = {}) {
    this.#options = options;
    this.rng = createPrng(seed);
    const world: ChaosWorld = {
      nodes: this.nodes,
      rng: this.rng,
      createDatabase: () => this.#createDatabase(),
      step: (node, input) => this.#step(node, input),
      soon: (process, input) => this.#soon.push({ process, input }),
    };
    this.#network = new ChaosNetwork(world);
    this.#disks = new ChaosDisks(world, (sid, send) => this.#network.send(sid, send));
    for (const { id } of membership.servers) this.nodes.set(id, newNode(id, membership));
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

  /** What a start of a server with this disk would find. */
  recover(store: ChaosStore): { database: Database; lastZxid: Zxid } {
    return this.#disks.recover(store);
  }

  // Servers

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
      createDatabase: () => this.#createDatabase(),
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
    this.#network.breakAll(process);
    for (const { client, process: of } of this.#clients.values()) if (of === process) client.isClosed = true;
  }

  /** A snapshot of what is durable; the log in front of it goes, when it is to be purged. */
  snapshot(sid: number, purges: boolean): void {
    this.#disks.snapshot(this.nodes.get(sid)!, purges);
  }

  // Network

  cut(a: number, b: number): void {
    this.#network.cut(a, b);
  }

  heal(): void {
    this.#network.heal();
    for (const node of this.nodes.values()) node.isDiskFrozen = false;
  }

  /** Some link passes nothing for now, and nobody notices. */
  freezeSomeLink(): void {
    this.#network.freezeSome();
  }

  breakSomeLink(): void {
    this.#network.breakSome();
  }

  // Clients

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
    const peer = { peerAddress: "127.0.0.1", peerPort: 1, isSecure: false };
    this.#step(node, { kind: "connectionOpened", connection, ...peer });
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

  // What happens

  /** One thing happens, if anything can; which one is left to chance. */
  happen(): boolean {
    const things: Thing[] = this.running.flatMap((node) => this.#disks.things(node));
    things.push(...this.#network.arrivals());
    if (this.#soon.length > 0) things.push(() => this.#tellSoon());
    things.push(...this.#network.calls());
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
    return [`at ${this.#elapsedMs} ms, cuts ${this.#network.cuts.join()}`, ...lines, ...events].join("\n");
  }

  #createDatabase(): Database {
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

  #tellSoon(): void {
    const { process, input } = this.#soon.shift()!;
    const node = this.running.find((each) => each.process === process);
    if (node !== undefined) this.#step(node, input);
  }

  #step(node: ChaosNode, input: PeerInput): void {
    const { process } = node;
    if (process === undefined) return;
    process.peer.step(input, this.now);
    this.#perform(node, process, process.peer.takeReady());
    this.#oracle.stepped(node);
    this.afterStep(node.sid);
  }

  #perform(node: ChaosNode, process: Process, ready: PeerReady): void {
    const { sid } = node;
    for (const event of ready.events) this.events.push({ sid, event });
    for (const { zxid, bytes } of ready.append) this.#oracle.appended(sid, zxid, bytes);
    process.toLog.push(...ready.append);
    process.appended = ready.append.at(-1)?.zxid ?? process.appended;
    for (const send of ready.sendNow) this.#network.send(sid, send);
    if (ready.forgetsNotifications) this.#network.forgetNotifications(sid);
    for (const { to, payload } of ready.notify) {
      this.#oracle.notified(node, payload);
      this.#network.notify(sid, to, payload);
    }
    for (const dial of ready.dial) this.#network.dial(node, process, dial);
    this.#disks.take(process, ready);
    for (const id of ready.closeLinks) this.#network.close(sid, process, id);
    if (ready.listen !== undefined) {
      process.isQuorumOpen = ready.listen.quorum;
      process.isMasterOpen = ready.listen.observerMaster;
    }
    for (const survey of ready.surveys) this.#disks.survey(node, process, survey);
    for (const output of ready.output) this.#answer(process, output);
  }

  #answer(process: Process, output: PeerReady["output"][number]): void {
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
