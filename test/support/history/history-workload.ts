import type { Rng } from "../../../src/base/ports.ts";
import { createPrng } from "../../../src/base/prng.ts";
import { type Client, connect } from "../../../src/client/index.ts";
import { LoadSession } from "../load-session.ts";
import { COUNTERS, counterPath, History, LOAD_ROOT, QUEUE } from "./history.ts";

export interface WorkloadOptions {
  /** Client addresses of the servers; the sessions begin on them in turn. */
  readonly servers: readonly string[];
  /** Default: one per server. */
  readonly sessions?: number;
  /** Requests of a session at a time; default 4. */
  readonly depth?: number;
  /** Pause of each of these between two requests, ms; default 15. */
  readonly pauseMs?: number;
  /** Default 9 000: a third of it is what a client gives a server that does not answer. */
  readonly sessionTimeoutMs?: number;
  readonly seed?: number;
}

/** Clients that write and read without an end, and what they were told. */
export class Workload implements AsyncDisposable {
  readonly history = new History();
  readonly #options: WorkloadOptions;
  readonly #rng: Rng;
  readonly #sessions: LoadSession[] = [];

  private constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#rng = createPrng(options.seed ?? 1);
  }

  /** Connects and begins. */
  static async start(options: WorkloadOptions): Promise<Workload> {
    const workload = new Workload(options);
    const client = await workload.#connect(0);
    await client.ensurePath(QUEUE);
    for (let i = 0; i < COUNTERS; i++) await client.create(counterPath(i));
    await client.close();
    const count = options.sessions ?? options.servers.length;
    for (let index = 0; index < count; index++) await workload.addSession();
    return workload;
  }

  /** One more session; its timeout is that of the others unless it is given. */
  async addSession(sessionTimeoutMs?: number): Promise<LoadSession> {
    const { depth = 4, pauseMs = 15 } = this.#options;
    const client = await this.#connect(this.#sessions.length, sessionTimeoutMs);
    const home = `${LOAD_ROOT}/session-${this.#sessions.length}`;
    await client.createAll(home);
    await client.create(`${home}/state`);
    const session = new LoadSession(client, home, this.history, createPrng(this.#rng.uint32()));
    this.#sessions.push(session);
    session.begin(depth, pauseMs);
    return session;
  }

  #connect(index: number, sessionTimeoutMs = this.#options.sessionTimeoutMs ?? 9_000): Promise<Client> {
    const { servers } = this.#options;
    const first = index % servers.length;
    return connect([...servers.slice(first), ...servers.slice(0, first)].join(","), {
      serverOrder: "asListed",
      sessionTimeoutMs,
      afterExpiry: "end",
      connectDeadlineMs: 30_000,
      requestDeadlineMs: 60_000,
      backoff: { initialMs: 20, maxMs: 200 },
    });
  }

  get sessions(): readonly LoadSession[] {
    return this.#sessions;
  }

  /** Sessions that the servers have expired. */
  get expired(): readonly LoadSession[] {
    return this.#sessions.filter(({ isExpired }) => isExpired);
  }

  /** Resolves when so many further writes have been acknowledged. */
  async acknowledged(count: number, deadlineMs = 30_000): Promise<void> {
    const aim = this.history.totals.acknowledged + count;
    const deadline = performance.now() + deadlineMs;
    while (this.history.totals.acknowledged < aim) {
      if (performance.now() > deadline)
        throw new Error(`not ${count} writes acknowledged in ${deadlineMs} ms`);
      await new Promise((next) => setTimeout(next, 20));
    }
  }

  /** No new requests; resolves when the last one has its answer. The sessions stay. */
  async stop(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.stop()));
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.#sessions.map((session) => session.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
