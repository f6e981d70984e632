import type { Disk, Rng } from "../src/base/ports.ts";
import { createPrng } from "../src/base/prng.ts";
import type { Config } from "../src/config/config.ts";
import type { Database } from "../src/core/tree/database.ts";
import type { Peer } from "../src/core/zab/peer.ts";
import type { SessionId } from "../src/protocol/session-id.ts";
import { RunningServer } from "../src/server/running-server.ts";
import { quorumRuleOf } from "./quorum-rule.ts";
import type { SlowWalks } from "./slow-walks.ts";
import { listenOn } from "./virtual-client-port.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import { CONFIG_FILE, configOn } from "./virtual-config.ts";
import { type CrashKind, VirtualDisk } from "./virtual-disk.ts";
import type { VirtualNetwork } from "./virtual-network.ts";
import { VirtualClocks, VirtualProcess } from "./virtual-process.ts";
import { hostOf, type World } from "./world.ts";

export interface VirtualMemberOptions {
  readonly sid: number;
  /** The file that it starts with, zoo.cfg; undefined: it has no server yet, see {@link VirtualMember.configure}. */
  readonly config: string | undefined;
  /** Whether it may find that it is no member any more, and then refuse to start. */
  readonly mayBeStranger: boolean;
  /** What its processes are started with: `-D…`. */
  readonly flags?: readonly string[];
  /** The last counter of an epoch, where that is not the usual one. */
  readonly counterMax?: number | undefined;
  readonly seed: number;
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly world: World;
  /** How it writes snapshots; default: as fast as it can. */
  readonly walks?: SlowWalks;
  /** Between the server and its disk: a planted bug. */
  readonly wrapDisk?: (disk: Disk) => Disk;
  /** The process has ended by itself or could not begin. */
  readonly ended: (member: VirtualMember) => void;
}

/**
 * A machine of the ensemble: clocks, a disk, a place on the network, and the production server that runs on it, with
 * everything that can befall it.
 */
export class VirtualMember {
  readonly sid: number;
  readonly host: string;
  readonly clocks: VirtualClocks;
  /** Added to each write and sync, ms of the world. */
  diskSlowerByMs = 0;
  #disk: VirtualDisk;
  #process: VirtualProcess | undefined;
  /** Whether its operator would start it again. */
  isWanted: boolean;
  /** The machine of the process that runs; {@link hookPeers} finds it. */
  peer: Peer | undefined;
  #isExcused = false;
  #crash: CrashKind = "torn";
  #lives = 0;
  readonly #rng: Rng;
  readonly #options: VirtualMemberOptions;

  constructor(options: VirtualMemberOptions) {
    const { sid, seed, clock, world } = options;
    this.#options = options;
    this.sid = sid;
    this.host = hostOf(sid);
    this.#rng = createPrng(seed * 64 + sid);
    this.clocks = new VirtualClocks(clock, {
      rate: 1 + (this.#rng.below(2001) - 1000) / 100_000,
      elapsedMs: this.#rng.below(1_000_000_000),
      wallOffsetMs: this.#rng.below(20_000) - 10_000,
    });
    this.#disk = new VirtualDisk({
      rng: this.#rng,
      delay: (operation) => this.#diskDelay(operation === "write" || operation === "sync"),
      onDurable: () => world.becameDurable(sid),
      onPowerOff: () => {
        this.powerFailed(this.#crash);
        options.ended(this);
      },
    });
    this.isWanted = options.config !== undefined;
    if (options.config !== undefined) this.#write(options.config);
    world.useDisk(sid, this.#disk);
  }

  get isOn(): boolean {
    return this.#process !== undefined;
  }

  get isPaused(): boolean {
    return this.#process?.isPaused ?? false;
  }

  get disk(): VirtualDisk {
    return this.#disk;
  }

  get lives(): number {
    return this.#lives;
  }

  /** Sids of the configuration that the server would start with. */
  get storedMembers(): readonly number[] {
    const text = (path: string): string => Buffer.from(this.#disk.get(path) ?? []).toString("latin1");
    const config = text(CONFIG_FILE);
    const dynamic = /^dynamicConfigFile=(.*)$/m.exec(config)?.[1];
    const { lines } = quorumRuleOf(dynamic === undefined ? config : text(dynamic));
    return [...lines.keys()];
  }

  /** Whether that has a line for this server; without one it refuses to start. */
  get listsItself(): boolean {
    return this.storedMembers.includes(this.sid);
  }

  /** Somebody writes its zoo.cfg while it is off. */
  configure(config: string): void {
    this.#write(config);
    this.#options.world.see({ kind: "configured", server: this.sid });
  }

  #write(config: string): void {
    this.#disk.put(CONFIG_FILE, new TextEncoder().encode(config));
  }

  /** What the server has in memory and serves; undefined while it serves nobody. */
  get database(): Database | undefined {
    return this.peer?.server?.database;
  }

  /** Whether the server that runs here watches over the session, global or local. */
  knowsSession(id: SessionId): boolean {
    return this.peer?.server?.sessions.get(id) !== undefined;
  }

  /** Starts the server, once the one before has ended. */
  start(): void {
    const { clock, network, world, walks, sid } = this.#options;
    const process = new VirtualProcess(clock, this.clocks);
    this.#process = process;
    // A disk that is still full or broken goes on to be its excuse.
    this.#isExcused = this.#disk.isFailing;
    this.#lives++;
    world.see({ kind: "started", server: sid });
    const attached = network.attach(this.host, process);
    const { wrapDisk = (disk: Disk): Disk => disk } = this.#options;
    const log = world.log(sid);
    void (async () => {
      try {
        const server = await RunningServer.recover(this.#config(), {
          disk: wrapDisk(this.#disk),
          clock: process,
          timer: walks?.timer(process) ?? process,
          rng: createPrng(this.#rng.uint32()),
          log: { ...log, debug: () => {} },
          network: attached,
          listen: listenOn(attached),
          fileDescriptors: () => null,
        });
        if (process.isDead) return;
        await server.listen();
        const failure = await server.ended;
        if (!process.isDead) this.#endedByItself(failure?.message ?? "it was closed");
      } catch (error) {
        if (process.isDead) return;
        const reason = error instanceof Error ? error.message : String(error);
        const isExcused = this.#isExcused || (this.#options.mayBeStranger && !this.listsItself);
        world.see({ kind: "refused", server: sid, reason, isExcused });
        this.#endedByItself(undefined);
      }
    })();
  }

  /** The process is killed; the machine goes on. */
  kill(): void {
    if (!this.#end()) return;
    this.#options.network.processEnded(this.host);
    this.#disk.processEnded();
  }

  /** The machine loses power, and what was not synced goes as `kind` says. */
  powerFailed(kind: CrashKind): void {
    this.#end();
    this.#options.network.powerFailed(this.host);
    this.#disk = this.#disk.reboot(kind, this.#rng);
    this.#options.world.useDisk(this.sid, this.#disk);
  }

  /** The power fails just before the `change`th change of the disk from now is acknowledged. */
  powerFailsAt(change: number, kind: CrashKind): void {
    this.#crash = kind;
    this.#disk.cutPowerAt(this.#disk.changes + change);
  }

  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  /** From now on this server may fail, or refuse to start: its disk does. */
  excuse(): void {
    this.#isExcused = true;
  }

  /** Its disk has room again, and what it is told to do it does. */
  repairDisk(): void {
    this.#disk.capacityBytes = Number.POSITIVE_INFINITY;
    this.#disk.clearFaults();
  }

  #end(): boolean {
    if (this.#process === undefined) return false;
    this.#process.kill();
    this.#process = undefined;
    this.peer = undefined;
    this.#options.world.see({ kind: "ended", server: this.sid });
    return true;
  }

  #endedByItself(failure: string | undefined): void {
    const { world, ended, sid } = this.#options;
    if (failure !== undefined) {
      world.see({ kind: "failed", server: sid, reason: failure, isExcused: this.#isExcused });
    }
    this.kill();
    ended(this);
  }

  #config(): Config {
    const { sid, flags, counterMax } = this.#options;
    const config = configOn(this.#disk, sid, flags);
    return counterMax === undefined ? config : { ...config, ensemble: { ...config.ensemble, counterMax } };
  }

  #diskDelay(isSlow: boolean): Promise<void> {
    const ms = isSlow ? this.#rng.below(3) + this.diskSlowerByMs : 0;
    return ms === 0 ? Promise.resolve() : (this.#process?.wait(ms) ?? new Promise(() => {}));
  }
}
