import type { Rng } from "../src/base/ports.ts";
import { createPrng } from "../src/base/prng.ts";
import { Client } from "../src/client/client.ts";
import { followEnsemble } from "../src/client/ensemble-follower.ts";
import { ZooKeeperError } from "../src/client/errors.ts";
import { op } from "../src/client/multi-op.ts";
import { resolveOptions } from "../src/client/options.ts";
import type { Stat } from "../src/protocol/records/data.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import type { Observation } from "./observation.ts";
import { dialOn } from "./virtual-client-port.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { VirtualNetwork } from "./virtual-network.ts";
import { VirtualClocks, VirtualProcess } from "./virtual-process.ts";
import { CLIENT_PORT, hostOf, type World } from "./world.ts";

export interface WorkloadClientOptions {
  readonly name: string;
  /** Servers that it may connect to. */
  readonly servers: readonly number[];
  /** Whether it learns of others from the configuration. */
  readonly followsEnsemble?: boolean;
  readonly seed: number;
  readonly sessionTimeoutMs: number;
  /** Upper end of the pause between two calls, ms. */
  readonly thinkMs: number;
  /** Whether a server without a quorum will do. */
  readonly takesReadOnly?: boolean;
  /** What it does beside the usual. */
  readonly acts?: readonly Act[];
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly world: World;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
const SHARED = "/shared";
const PARENTS = ["/w", "/q", "/e", SHARED];
/** Sets that a burst sends without waiting for answers. */
const BURST_MAX = 6;
const DEADLINE_MS = 8_000;

/** One thing that a client does. */
export type Act = (self: WorkloadClient) => Promise<void>;

/** What clients do; what appears twice is done twice as often. */
const ACTS: readonly Act[] = [
  (self) => self.set(),
  (self) => self.set(),
  (self) => self.burst(),
  (self) => self.create("persistent-sequential"),
  (self) => self.create("ephemeral-sequential"),
  (self) => self.remove(),
  (self) => self.multi(),
  (self) => self.getOwn(),
  (self) => self.setShared(),
  (self) => self.watchShared(),
  (self) => self.getShared(),
  (self) => self.client.sync("/"),
];

/**
 * A client of the production kind on a machine of its own, that writes, reads and watches, one thing after the other, and
 * tells what it was told.
 */
export class WorkloadClient {
  readonly name: string;
  readonly client: Client;
  readonly #options: WorkloadClientOptions;
  readonly #rng: Rng;
  readonly #process: VirtualProcess;
  readonly #path: string;
  readonly #acts: readonly Act[];
  /** Upper end of the pause between two calls, ms. */
  thinkMs: number;
  #sequence = 0;
  #created: string[] = [];
  #isStopped = false;
  #isEnded = false;
  acknowledged = 0;
  failed = 0;

  constructor(options: WorkloadClientOptions) {
    const { name, servers, seed, clock, network, world, sessionTimeoutMs } = options;
    const { followsEnsemble, takesReadOnly } = options;
    this.#options = options;
    this.thinkMs = options.thinkMs;
    this.#acts = [...ACTS, ...(options.acts ?? [])];
    this.name = name;
    this.#path = `/w/${name}`;
    this.#rng = createPrng(seed);
    const clocks = new VirtualClocks(clock, { rate: 1 + (this.#rng.below(2001) - 1000) / 100_000 });
    this.#process = new VirtualProcess(clock, clocks);
    this.client = new Client(
      { servers: servers.map((server) => ({ host: hostOf(server), port: CLIENT_PORT })), chroot: "" },
      resolveOptions({
        sessionTimeoutMs,
        requestDeadlineMs: DEADLINE_MS,
        readOnly: takesReadOnly === true ? "allowed" : "refused",
        backoff: { initialMs: 50, maxMs: 400 },
      }),
      {
        clock: this.#process,
        timer: this.#process,
        rng: createPrng(this.#rng.uint32()),
        log: SILENT,
        dial: dialOn(network.attach(name, this.#process)),
        md5: () => new Uint8Array(16),
      },
    );
    if (followsEnsemble === true) followEnsemble(this.client, SILENT);
    this.client.on("state", (state) => world.see({ kind: "state", client: name, state }));
    this.client.on("session", ({ id }) => {
      world.see({ kind: "session", client: name, session: id.key });
    });
  }

  /** Works until {@link stop}. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#process.wait(1 + this.#rng.below(this.thinkMs));
      if (this.#isStopped) break;
      await this.#attempt(this.#acts[this.#rng.below(this.#acts.length)]!);
    }
    this.#isEnded = true;
  }

  /** Keeps a session and an ephemeral, and lets it lie: pings are all that is heard of this client. */
  async idle(): Promise<void> {
    let session: string | undefined;
    while (!this.#isStopped) {
      const current = this.client.session?.id.key;
      if (current !== session && this.client.state === "connected") {
        await this.#attempt((self) => self.create("ephemeral-sequential"));
        session = current;
      }
      await this.#process.wait(500);
    }
    this.#isEnded = true;
  }

  /** Does this again and again, with pauses of up to `pauseMs`, until {@link stop}. */
  async repeat(pauseMs: number, act: (client: Client, rng: Rng) => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      await this.#process.wait(this.#rng.below(pauseMs));
      await this.#attempt(({ client }) => act(client, this.#rng));
    }
    this.#isEnded = true;
  }

  /** Makes the znodes that everybody needs; until that has worked. */
  async prepare(): Promise<void> {
    for (const path of PARENTS) {
      while (!this.#isStopped) {
        try {
          await this.client.ensurePath(path);
          break;
        } catch (error) {
          this.#judge(error);
          await this.#process.wait(100);
        }
      }
    }
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  get isGone(): boolean {
    return this.#process.isDead;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The machine is gone: the session is left to expire. */
  kill(): void {
    this.stop();
    this.#process.kill();
    this.#options.network.powerFailed(this.name);
  }

  async #attempt(act: Act): Promise<void> {
    try {
      await act(this);
    } catch (error) {
      this.failed++;
      this.#judge(error);
    }
  }

  /** A call may fail in many ways, all of which have a name. */
  #judge(error: unknown): void {
    if (error instanceof ZooKeeperError) return;
    this.#options.world.ring(
      "client",
      `${this.name}: ${error instanceof Error ? error.stack : String(error)}`,
    );
  }

  #see(seen: Observation): void {
    this.#options.world.see(seen);
  }

  #acknowledge(zxid: Zxid, path: string, data: string | null): void {
    this.acknowledged++;
    this.#see({ kind: "acknowledged", client: this.name, zxid, path, data });
  }

  #nextData(): string {
    return `${this.name}:${++this.#sequence}`;
  }

  async set(): Promise<void> {
    const data = this.#nextData();
    try {
      this.#acknowledge((await this.client.set(this.#path, data)).mzxid, this.#path, data);
    } catch (error) {
      if ((error as { code?: string }).code !== "NONODE") throw error;
      const { zxid } = await this.client.create(this.#path, { data });
      this.#acknowledge(zxid, this.#path, data);
    }
  }

  async burst(): Promise<void> {
    const calls: Promise<void>[] = [];
    for (let left = 1 + this.#rng.below(BURST_MAX); left > 0; left--) {
      const data = this.#nextData();
      calls.push(
        this.client.set(this.#path, data).then((stat) => this.#acknowledge(stat.mzxid, this.#path, data)),
      );
    }
    for (const result of await Promise.allSettled(calls)) {
      if (result.status === "rejected") throw result.reason;
    }
  }

  async create(mode: "persistent-sequential" | "ephemeral-sequential"): Promise<void> {
    const data = this.#nextData();
    const parent = mode === "persistent-sequential" ? "/q" : "/e";
    const { zxid, path } = await this.client.create(`${parent}/${this.name}-`, { data, mode });
    this.#created.push(path);
    this.#acknowledge(zxid, path, data);
  }

  async remove(): Promise<void> {
    const path = this.#created.shift();
    if (path !== undefined) await this.client.delete(path);
  }

  async multi(): Promise<void> {
    const data = this.#nextData();
    const [set] = await this.client.multi([
      op.set(this.#path, data),
      op.create(`/q/${this.name}-m-`, { data, mode: "persistent-sequential" }),
    ]);
    this.#acknowledge(set.stat.mzxid, this.#path, data);
  }

  async getOwn(): Promise<void> {
    const { stat } = await this.client.get(this.#path);
    this.#read("read", this.#path, stat);
  }

  async setShared(): Promise<void> {
    const data = this.#nextData();
    this.#acknowledge((await this.client.set(SHARED, data)).mzxid, SHARED, data);
  }

  async watchShared(): Promise<void> {
    let hasCome = false;
    const watch = (): void => {
      hasCome = true;
      this.#see({ kind: "notified", client: this.name, path: SHARED });
    };
    const { stat } = await this.client.get(SHARED, { watch });
    // The event may have come right behind the answer, before this goes on.
    this.#read(hasCome ? "read" : "watched", SHARED, stat);
  }

  async getShared(): Promise<void> {
    const { stat } = await this.client.get(SHARED);
    this.#read("read", SHARED, stat);
  }

  #read(kind: "read" | "watched", path: string, { mzxid }: Stat): void {
    this.#see({ kind, client: this.name, path, mzxid });
  }
}
