import { createPrng } from "../src/base/prng.ts";
import type { Session } from "../src/client/types.ts";
import type { Peer } from "../src/core/zab/peer.ts";
import { allCheckers } from "./checkers/all-checkers.ts";
import { WorkloadClient } from "./ensemble-workload.ts";
import { type Mode, type ModeName, modeFlags, modeOf, modeSettings } from "./modes/mode.ts";
import { modeActs, takesReadOnly } from "./modes/mode-acts.ts";
import { modeCheckers } from "./modes/mode-checkers.ts";
import { ModeCounts } from "./modes/mode-counts.ts";
import { ModeFaults } from "./modes/mode-faults.ts";
import { Visitors } from "./modes/visitors.ts";
import { Nemesis } from "./nemesis.ts";
import { hookPeers, type PeerMutation } from "./peer-hooks.ts";
import { MemberOperator } from "./shapes/member-operator.ts";
import { changeQuorums, changeRole } from "./shapes/operators.ts";
import { membershipTextOf, type Shape, type ShapeName, shapeOf } from "./shapes/shape.ts";
import { TICK_MS, zooCfgOf } from "./shapes/zoo-cfg.ts";
import { type SlowWalks, walksOf } from "./slow-walks.ts";
import { Trace, type Write } from "./trace.ts";
import { show } from "./txn-history.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { VirtualMember, type VirtualMemberOptions } from "./virtual-member.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import { type Alarm, World } from "./world.ts";

export interface EnsembleRunOptions {
  readonly seed: number;
  /** Participants: 3 (default) or 5; groups have their own. */
  readonly servers?: number;
  /** How the ensemble is set up; the seed's choice by default. */
  readonly shape?: ShapeName;
  /** A planted bug. */
  readonly bug?: PlantedBug;
  /** How long faults go on, ms; default 20 s. */
  readonly faultsMs?: number;
  /** Instead of the mode that the seed chooses; with a planted bug that names none: plain. */
  readonly mode?: ModeName;
  /** Which checkers look; all by default. */
  readonly checks?: (name: string) => boolean;
  /** Where a readable trace goes. */
  readonly write?: Write;
}

/** A bug of the past, put around the production code of some servers. */
export interface PlantedBug {
  /** Of the machine of a process that begins. */
  mutate?(sid: number): PeerMutation;
  /** Of production code, for the time of a run: the result takes it back. */
  patch?(): () => void;
  readonly wrapDisk?: VirtualMemberOptions["wrapDisk"];
  /** The mode that it needs; default: plain. */
  readonly mode?: ModeName;
}

export interface EnsembleRun {
  readonly seed: number;
  readonly shape: ShapeName;
  readonly mode: ModeName;
  /** What a checker has found. */
  readonly alarm: Alarm | undefined;
  /** Of everything that happened: the same for the same options. */
  readonly hash: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly acknowledged: number;
  readonly committed: number;
  /** Leaderships that began. */
  readonly epochs: number;
  readonly faults: ReadonlyMap<string, number>;
  /** How often a leader brought a learner up to date, by the way it did. */
  readonly syncs: ReadonlyMap<string, number>;
  /** What an operator did to the membership, how often. */
  readonly changes: ReadonlyMap<string, number>;
  /** How often happened what its mode is about. */
  readonly modeCounts: ReadonlyMap<string, number>;
}

const CLIENTS = 3;
const SESSION_TIMEOUT_MS = 4000;
const THINK_MS = 120;
const SLOW_THINK_MS = 2000;
const FAULTS_MS = 20_000;
const FAULT_PAUSE_MS = 700;
/** How long after the last fault everybody must be served again: sessions, elections and syncs have their limits within. */
const RECOVERY_MS = 30_000;
/** Acknowledged writes that show that a server serves. */
const PROBE_WRITES = 3;
const SYNC_LIMIT_MS = TICK_MS * 5;
/** How long then everything must stay as it is. */
const CALM_MS = 9_000;
const STEP_MS = 250;
/** A learner that is an epoch behind when the next one ends has to come again: that happens, where an epoch is a burst. */
const STEADY_EPOCH_TXNS = 20;
/** After the faults: how long connections that are broken may still be found out, and how long then nobody may lose one. */
const UNSTEADY_MS = 4_000;
const STEADY_MS = 3_000;

/**
 * One ensemble of production servers, with production clients, through faults, and then without. Everything random comes from
 * the seed, so the same options make the same run.
 */
export async function runEnsemble(options: EnsembleRunOptions): Promise<EnsembleRun> {
  const run = new Run(options);
  const unhooks = [
    hookPeers({ created: (peer) => run.peerCreated(peer) }),
    run.walks.hook(),
    options.bug?.patch?.() ?? (() => {}),
  ];
  try {
    return await run.toEnd();
  } finally {
    for (const unhook of unhooks) unhook();
  }
}

class Run {
  readonly #options: EnsembleRunOptions;
  readonly #clock = new VirtualClock();
  readonly #trace: Trace;
  readonly #world: World;
  readonly #network: VirtualNetwork;
  readonly #members: readonly VirtualMember[];
  readonly #clients: WorkloadClient[];
  readonly #idle: WorkloadClient;
  readonly #operator: WorkloadClient;
  readonly #memberOperator: MemberOperator | undefined;
  readonly #shape: Shape;
  readonly #nemesis: Nemesis;
  readonly #mode: Mode;
  readonly #modeFaults: ModeFaults;
  readonly #visitors: Visitors;
  readonly #modeCounts = new ModeCounts();
  readonly walks: SlowWalks;

  constructor(options: EnsembleRunOptions) {
    const { seed, write, bug, servers: count = 3 } = options;
    this.#options = options;
    this.walks = walksOf(seed);
    const clock = this.#clock;
    const nowMs = (): number => clock.now().elapsedMs;
    const mode = modeOf(seed, options.mode ?? (bug === undefined ? undefined : (bug.mode ?? "plain")));
    this.#mode = mode;
    const shape = { ...shapeOf(seed, count, options.shape), settings: modeSettings(mode) };
    const membership = membershipTextOf(shape);
    const servers = [...shape.voters, ...shape.observers, ...shape.spares];
    this.#trace = write === undefined ? new Trace(nowMs) : new Trace(nowMs, write);
    const checkers = [...allCheckers(), ...modeCheckers(mode)].filter(
      ({ name }) => options.checks?.(name) ?? true,
    );
    checkers.push(this.#modeCounts);
    const world = new World({ membership, checkers, trace: this.#trace, nowMs });
    const network = new VirtualNetwork({ clock, rng: createPrng(seed * 3 + 1), tap: world });
    this.#world = world;
    this.#network = network;
    this.#members = servers.map((sid) => {
      const wrapped = bug?.wrapDisk === undefined ? {} : { wrapDisk: bug.wrapDisk };
      const ended = (member: VirtualMember): void => this.#nemesis.restartLater(member);
      const config = shape.spares.includes(sid) ? undefined : zooCfgOf(sid, membership, shape);
      const mayBeStranger = shape.operator === "members";
      const process = { flags: modeFlags(mode), counterMax: mode.counterMax };
      const machine = { clock, network, world, walks: this.walks, ended, ...process, ...wrapped };
      return new VirtualMember({ sid, config, mayBeStranger, seed, ...machine });
    });
    // Where servers come and go, all but one begin with those that are there, and hear of the others.
    const isFollowing = shape.operator === "members";
    const begun = isFollowing ? shape.voters : servers;
    this.#clients = Array.from({ length: CLIENTS }, (_, i) =>
      i === 0 ? this.#client("c1", servers) : this.#client(`c${i + 1}`, begun, isFollowing),
    );
    this.#idle = this.#client("i1", servers);
    this.#operator = this.#client("o1", servers);
    if (shape.operator === "members") {
      const say = (text: string): void => this.#trace.say("OPERATOR", text);
      this.#memberOperator = new MemberOperator({ members: this.#members, shape, say });
    }
    this.#shape = shape;
    this.#nemesis = new Nemesis({
      rng: createPrng(seed * 3 + 2),
      clock,
      network,
      members: this.#members,
      clients: this.#clients,
      trace: this.#trace,
      pauseMs: FAULT_PAUSE_MS,
    });
    this.#visitors = new Visitors({
      rng: createPrng(seed * 7 + 4),
      clock,
      mode,
      aside: () => this.#modeFaults.aside,
      create: (name, host) => this.#client(name, host === undefined ? begun : [Number(host.slice(1))]),
    });
    this.#modeFaults = new ModeFaults({
      rng: createPrng(seed * 7 + 6),
      clock,
      network,
      hosts: this.#members.map(({ host }) => host),
      clients: [...this.#clients, this.#idle].map(({ name }) => name),
      trace: this.#trace,
      mode,
    });
  }

  peerCreated(peer: Peer): PeerMutation | undefined {
    const member = this.#members.find(({ sid }) => sid === peer.sid);
    if (member !== undefined) member.peer = peer;
    return this.#options.bug?.mutate?.(peer.sid);
  }

  async toEnd(): Promise<EnsembleRun> {
    for (const member of this.#members) if (member.isWanted) member.start();
    await this.#underFaults();
    if (this.#world.alarm === undefined) await this.#afterFaults();
    const { history, alarm } = this.#world;
    for (const member of this.#members) member.kill();
    for (const client of [...this.#clients, this.#idle, this.#operator]) client.kill();
    return {
      seed: this.#options.seed,
      shape: this.#shape.name,
      mode: this.#mode.name,
      alarm,
      hash: this.#trace.hash,
      simulatedMs: this.#clock.now().elapsedMs,
      events: this.#trace.events,
      acknowledged: this.#clients.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      committed: history.committed.length,
      epochs: history.epochs,
      faults: new Map([...this.#nemesis.counts, ...this.#modeFaults.counts]),
      syncs: this.#world.syncs,
      changes: this.#memberOperator?.counts ?? new Map(),
      modeCounts: this.#modeCounts.counts,
    };
  }

  /** Nothing may be wrong, whatever breaks. */
  async #underFaults(): Promise<void> {
    const preparing = this.#clients[0]!.prepare();
    let isPrepared = false;
    void preparing.then(() => {
      isPrepared = true;
    });
    const isReady = await this.#advanceUntil(
      RECOVERY_MS,
      () => isPrepared || this.#world.history.committed.length > 4,
    );
    if (!isReady) return void this.#world.ring("liveness", "a new ensemble does not begin to serve");
    void preparing.then(() => {
      for (const client of this.#clients) void client.run();
      void this.#idle.idle();
      void this.#operate();
    });
    this.#nemesis.start();
    this.#modeFaults.start();
    this.#visitors.start();
    await this.#advance(this.#options.faultsMs ?? FAULTS_MS);
  }

  async #operate(): Promise<void> {
    const servers = this.#members.map(({ sid }) => sid);
    switch (this.#shape.operator) {
      case "none":
        return;
      case "roles":
        return await this.#operator.repeat(4000, (client, rng) => changeRole(client, servers, rng));
      case "quorums":
        return await this.#operator.repeat(4000, (client, rng) => changeQuorums(client, rng));
      case "members":
        return await this.#operator.repeat(800, (client, rng) => this.#memberOperator!.step(client, rng));
    }
  }

  /** What an operator has begun comes to its end, and nothing is changed any more. False: it does not. */
  async #settleMembership(): Promise<boolean> {
    const operator = this.#memberOperator;
    operator?.finish();
    const isDone = await this.#advanceUntil(RECOVERY_MS, () => operator?.isDone ?? true);
    this.#operator.stop();
    return isDone;
  }

  /** Those that are members. */
  get #present(): readonly VirtualMember[] {
    const { lines } = this.#world.rule;
    return this.#members.filter(({ sid }) => lines.has(sid));
  }

  /** Everything works again: service, and every acknowledged write everywhere. */
  async #afterFaults(): Promise<void> {
    this.#trace.say("FAULT", "no more faults");
    this.#modeFaults.stop();
    this.#visitors.stop();
    this.#nemesis.stop();
    this.#slowDown(this.#clients);
    // One client is gone for good: its session has to end.
    const gone = this.#clients.at(-1)!;
    gone.kill();
    if (!(await this.#settleMembership())) {
      return void this.#world.ring("liveness", "what the operator has begun does not come to an end");
    }
    const probes = this.#present.map(({ sid }) => this.#client(`p${sid}`, [sid]));
    this.#clients.push(...probes);
    this.#slowDown(probes);
    for (const probe of probes) void probe.run();
    const isReconfigured = this.#shape.operator !== "none";
    const isSlow = this.#mode.counterMax !== undefined;
    const limitMs = RECOVERY_MS + (isSlow ? PROBE_WRITES * SLOW_THINK_MS : 0);
    const isServed = await this.#advanceUntil(limitMs, () =>
      [...probes, ...(isReconfigured ? [this.#operator] : [])].every(
        (client) => client.acknowledged >= PROBE_WRITES || client.isEnded,
      ),
    );
    if (!isServed) {
      const without = probes
        .filter(({ acknowledged }) => acknowledged < PROBE_WRITES)
        .map(({ name }) => name.slice(1));
      return void this.#world.ring(
        "liveness",
        `no service at ${without.map((sid) => `s${sid}`)} after the faults`,
      );
    }
    const { history } = this.#world;
    // A reconfig whose answer was lost may still be under way, and hand the leadership over.
    if (isReconfigured) await this.#advance(SYNC_LIMIT_MS * 2);
    const leaderships = this.#modeCounts.leaderships;
    if ((this.#mode.counterMax ?? 0) >= STEADY_EPOCH_TXNS) await this.#workInPeace();
    // Longer than a session lives, and but for pings nothing is heard of the clients.
    for (const client of this.#clients) client.stop();
    this.#world.see({ kind: "calm", sessions: this.#livingSessions() });
    await this.#advance(CALM_MS);
    const { session } = gone.client;
    const isSettled = await this.#advanceUntil(
      RECOVERY_MS,
      () =>
        this.#clients.every((client) => client.isEnded || client === gone) &&
        (session === undefined || !this.#isKnown(session)) &&
        this.#present.every(
          ({ database }) => database && history.resolve(database.lastProcessedZxid) === history.tip,
        ),
    );
    if (this.#world.alarm !== undefined) return;
    if (this.#modeCounts.leaderships !== leaderships)
      this.#world.ring("liveness", "the leader changed although nothing was wrong");
    this.#world.see({ kind: "rest", sessions: this.#knownSessions(gone) });
    if (!isSettled) this.#world.ring("liveness", this.#unsettled(session));
    for (const { sid, database } of this.#present) {
      this.#world.see({ kind: "settled", server: sid, database: database! });
    }
  }

  /** Where epochs are bursts, a server that comes back has to be able to join before the next one. */
  #slowDown(clients: readonly WorkloadClient[]): void {
    if (this.#mode.counterMax !== undefined) for (const client of clients) client.thinkMs = SLOW_THINK_MS;
  }

  /** Clients go on, epochs end, and nothing is wrong. */
  async #workInPeace(): Promise<void> {
    for (const client of this.#clients) client.thinkMs = THINK_MS;
    await this.#advance(UNSTEADY_MS);
    const connected = [...this.#clients, this.#idle].filter(
      ({ client, isGone }) => client.state === "connected" && !isGone,
    );
    this.#world.see({ kind: "steady", clients: connected.map(({ name }) => name) });
    await this.#advance(STEADY_MS);
  }

  #isKnown({ id }: Session): boolean {
    return (
      this.#world.expected.sessions.has(id.key) || this.#members.some((member) => member.knowsSession(id))
    );
  }

  #knownSessions(gone: WorkloadClient): string[] {
    return [...this.#clients, this.#idle, this.#operator].flatMap((each) =>
      each === gone || each.client.session === undefined ? [] : [each.client.session.id.key],
    );
  }

  #livingSessions(): string[] {
    return [...this.#clients, this.#idle].flatMap(({ client, isGone }) =>
      client.state === "connected" && !isGone && client.session !== undefined ? [client.session.id.key] : [],
    );
  }

  #unsettled(session: Session | undefined): string {
    const where = this.#present.map(
      ({ host, database }) => `${host} ${database && show(database.lastProcessedZxid)}`,
    );
    const old = session !== undefined && this.#isKnown(session);
    return `not at rest: decided ${show(this.#world.history.tip)}, ${where.join(", ")}${old ? ", a session does not expire" : ""}`;
  }

  #client(name: string, servers: readonly number[], followsEnsemble = false): WorkloadClient {
    return new WorkloadClient({
      name,
      servers,
      followsEnsemble,
      seed: this.#options.seed * 1024 + name.charCodeAt(0) * 16 + Number(name.slice(1)),
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      thinkMs: THINK_MS,
      takesReadOnly: takesReadOnly(this.#mode, name),
      acts: modeActs(this.#mode),
      clock: this.#clock,
      network: this.#network,
      world: this.#world,
    });
  }

  async #advance(ms: number): Promise<void> {
    await this.#advanceUntil(ms, () => false);
  }

  /** False when `ms` have passed, or a checker rang. */
  async #advanceUntil(ms: number, isDone: () => boolean): Promise<boolean> {
    for (let left = ms; left > 0 && this.#world.alarm === undefined; left -= STEP_MS) {
      if (isDone()) return true;
      await this.#clock.advance(Math.min(left, STEP_MS));
    }
    return isDone();
  }
}
