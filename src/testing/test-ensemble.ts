// By name, not as globals: a test that fakes the global timers must not stop what waits here.
import { setTimeout } from "node:timers/promises";
import { type Client, type ConnectOptions, connect } from "../client/index.ts";
import type { Int64 } from "../protocol/int64.ts";
import { nodeClock } from "../server/node-ports.ts";
import { type Duration, durationMs } from "./duration.ts";
import { endSession } from "./end-session.ts";
import { freePorts } from "./free-ports.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { sessionIdOf } from "./session-id-of.ts";
import { settle } from "./settle.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { checkEnsembleOptions, hostOf, type TestEnsembleOptions } from "./test-ensemble-options.ts";
import { type MemberSurroundings, TestMember } from "./test-member.ts";
import { TestTime } from "./test-time.ts";

const HOST = "127.0.0.1";
/** What one step of {@link TestEnsemble.advanceClock} gives servers that are never idle; see {@link settle}. */
const ROUNDS_MAX = 200;
/** Less than syncLimit: within a step, servers that hear of each other stay together. */
const STEP_MS = 200;
const POLL_MS = 5;
/** How long is waited for what must come: a test should fail with what there is instead of its own timeout. */
const WAIT_MAX_MS = 20_000;

/**
 * Several ZooKeeper servers that are one ensemble, in this process: real client ports, and between the servers a network that a
 * test can cut. Made by {@link startTestEnsemble}.
 */
export class TestEnsemble implements AsyncDisposable {
  readonly #options: TestEnsembleOptions;
  readonly #time = new TestTime(nodeClock);
  readonly #network = new MemoryNetwork(this.#time);
  readonly #members = new Map<number, TestMember>();
  readonly #clients = new Set<Client>();
  readonly #removeData: () => Promise<void>;
  #groups: readonly (readonly number[])[] = [];

  /** @internal */
  constructor(
    options: TestEnsembleOptions,
    ports: ReadonlyMap<number, number>,
    root: string,
    removeData: () => Promise<void>,
  ) {
    this.#options = options;
    this.#removeData = removeData;
    const surroundings: MemberSurroundings = {
      options,
      time: this.#time,
      network: this.#network,
      ports,
      opened: (client) => void this.#clients.add(client),
    };
    for (const sid of ports.keys())
      this.#members.set(sid, new TestMember(sid, `${root}/${sid}`, surroundings));
  }

  /** Ids of all servers, voters first. */
  get sids(): readonly number[] {
    return [...this.#members.keys()];
  }

  /** What clients connect to: all servers, also those that do not run. */
  get connectString(): string {
    return [...this.#members.values()].map(({ connectString }) => connectString).join(",");
  }

  /** The servers' wall clock, ms since 1970, with what {@link advanceClock} has added. */
  get wallMs(): number {
    return this.#time.now().wallMs;
  }

  /** @throws RangeError when there is no server `sid` */
  server(sid: number): TestMember {
    const member = this.#members.get(sid);
    if (member === undefined)
      throw new RangeError(`there is no server ${sid}; there are ${this.sids.join(", ")}`);
    return member;
  }

  /** A client of all servers, connected to one of them; closed with the ensemble unless it is closed before. */
  async connect(options?: ConnectOptions): Promise<Client> {
    const client = await connect(this.connectString, options);
    this.#clients.add(client);
    return client;
  }

  /**
   * The id of the leader, as soon as there is one that serves and that a quorum follows.
   *
   * @throws Error after 20 s, with what the servers are doing
   */
  async leader(): Promise<number> {
    return this.#until("there is no leader", () => this.#leader()?.sid);
  }

  /**
   * Resolves when there is a leader, and every running server that can reach it serves and has what it has.
   *
   * @throws Error after 20 s, with what the servers are doing
   */
  async ready(): Promise<void> {
    await this.#until("not every server serves", () => {
      const leader = this.#leader();
      if (leader === undefined) return undefined;
      return this.#reachableFrom(leader).every((member) => this.#follows(member, leader)) || undefined;
    });
  }

  /**
   * From now on servers of different groups hear nothing of each other, and are told nothing: they find out by silence
   * (syncLimit, 500 ms). A server in no group is alone. Clients reach all servers.
   *
   * @throws Error when there is no such server, or one is in two groups
   */
  partition(...groups: readonly (readonly number[])[]): void {
    for (const [at, sid] of groups.flat().entries()) {
      this.server(sid);
      if (groups.flat().indexOf(sid) < at) throw new Error(`server ${sid} is in the partition twice`);
    }
    this.#groups = groups;
    const byHost = new Map(groups.flatMap((sids, group) => sids.map((sid) => [hostOf(sid), group] as const)));
    this.#network.split((host) => byHost.get(host) ?? host);
  }

  /** All servers reach all others again. */
  heal(): void {
    this.#groups = [];
    this.#network.heal();
  }

  /** Ends server `sid` as a kill does: connections break, and nothing that it has not written to its disk is there afterwards. */
  async kill(sid: number): Promise<void> {
    await this.server(sid).kill();
  }

  /** Ends server `sid` in order: what it has accepted is finished. */
  async stop(sid: number): Promise<void> {
    await this.server(sid).stop();
  }

  /** Starts server `sid` on its data, on its port; one that runs is stopped before. See {@link ready}. */
  async restart(sid: number): Promise<void> {
    await this.stop(sid);
    await this.server(sid).start();
  }

  /**
   * Lets time pass for all servers, in steps in which they hear of each other; nothing is heard of clients meanwhile: sessions
   * whose timeout is not longer expire. TTL znodes that have run out and containers that are empty go; what a partition
   * leads to happens. When it resolves, all that has happened.
   *
   * @param duration ms, or `"30s"`, `"5m"`, …; an hour takes half a minute
   */
  async advanceClock(duration: Duration): Promise<void> {
    for (let leftMs = durationMs(duration); leftMs > 0; leftMs -= STEP_MS) {
      this.#time.advance(Math.min(STEP_MS, leftMs));
      await this.#settle();
    }
  }

  /**
   * Ends a session, as if its client had not been heard of for too long: when it resolves, the session's ephemeral znodes are gone
   * on every server that can be reached.
   *
   * @param id of a client of ours `client.session.id`; of another one as number or bytes
   * @throws Error when there is no such session
   */
  async expireSession(id: Int64 | bigint | Uint8Array): Promise<void> {
    const leader = this.server(await this.leader());
    await endSession(HOST, leader.port, sessionIdOf(id));
    await this.ready();
  }

  /** Ends the clients of {@link connect}, the servers, and their data. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close()));
    // In order a server without a quorum could finish nothing.
    await Promise.all([...this.#members.values()].map((member) => member.kill()));
    await this.#removeData();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  async start(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => member.start()));
    // Nobody else is here yet, whose time this could be: the first election takes as long as it must.
    for (let step = 0; step < 1000 && this.#leader() === undefined; step++) {
      this.#time.advance(10);
      await this.#settle();
    }
    await this.ready();
  }

  #running(): TestMember[] {
    return [...this.#members.values()].filter(({ isRunning }) => isRunning);
  }

  #leader(): TestMember | undefined {
    const { size = 3 } = this.#options;
    return this.#running().find((leader) => {
      if (leader.role !== "leader") return false;
      const voters = this.#reachableFrom(leader).filter(({ sid }) => sid <= size);
      const following = voters.filter((voter) => voter.role !== null && voter.leaderSid === leader.sid);
      return following.length > size / 2;
    });
  }

  #follows(member: TestMember, leader: TestMember): boolean {
    const serves = member.role !== null && member.role !== "read-only";
    return serves && member.leaderSid === leader.sid && member.lastZxid >= leader.lastZxid;
  }

  #reachableFrom({ sid }: TestMember): TestMember[] {
    return this.#running().filter((member) => this.#network.reaches(hostOf(sid), hostOf(member.sid)));
  }

  #settle(): Promise<void> {
    const disks = this.#running().map(({ disk }) => disk);
    return settle(this.#time, disks, ROUNDS_MAX);
  }

  async #until<T>(complaint: string, look: () => T | undefined): Promise<T> {
    const endMs = nodeClock.now().elapsedMs + WAIT_MAX_MS;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (nodeClock.now().elapsedMs > endMs)
        throw new Error(`within ${WAIT_MAX_MS} ms ${complaint}: ${this.#describe()}`);
      await setTimeout(POLL_MS);
    }
  }

  #describe(): string {
    const roles = [...this.#members.values()].map(({ sid, isRunning, role }) => {
      return `server ${sid} ${isRunning ? (role ?? "serves nobody") : "does not run"}`;
    });
    const groups = this.#groups.map((sids) => `[${sids.join(", ")}]`).join(" and ");
    return `${roles.join(", ")}${groups === "" ? "" : `; the network is cut between ${groups}`}`;
  }
}

/**
 * Starts an ensemble for a test: all servers in this process, on ports of their own, empty, with a leader.
 *
 * ```ts
 * await using zk = await startTestEnsemble({ size: 3 });
 * const client = await zk.connect();
 * await zk.kill(await zk.leader());
 * await zk.ready();
 * await client.create("/still-there");
 * ```
 *
 * @throws TypeError for options that are unknown or do not fit; ConfigError for wrong settings; ServerFailure
 */
export async function startTestEnsemble(options: TestEnsembleOptions = {}): Promise<TestEnsemble> {
  checkEnsembleOptions(options);
  const { size = 3, observers = 0 } = options;
  const ports = await freePorts(size + observers);
  const bySid = new Map(ports.map((port, at) => [at + 1, port]));
  const { path, remove } =
    options.storage === "disk" ? await temporaryDirectory() : { path: "/data", remove: async () => {} };
  const ensemble = new TestEnsemble(options, bySid, path, remove);
  try {
    await ensemble.start();
  } catch (error) {
    await ensemble.close();
    throw error;
  }
  return ensemble;
}
