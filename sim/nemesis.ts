import type { Rng } from "../src/base/ports.ts";
import type { WorkloadClient } from "./ensemble-workload.ts";
import type { Trace } from "./trace.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { CrashKind } from "./virtual-disk.ts";
import type { VirtualMember } from "./virtual-member.ts";
import type { VirtualNetwork } from "./virtual-network.ts";

export interface NemesisOptions {
  readonly rng: Rng;
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly members: readonly VirtualMember[];
  readonly clients: readonly WorkloadClient[];
  readonly trace: Trace;
  /** Mean pause between two faults, ms. */
  readonly pauseMs: number;
}

const CRASHES: readonly CrashKind[] = ["lost", "kept", "torn", "reordered"];

/** Faults of one kind; `weight`: how often, compared with the others. */
interface FaultKind {
  readonly name: string;
  readonly weight: number;
  readonly strike: (nemesis: Nemesis) => void;
}

const KINDS: readonly FaultKind[] = [
  { name: "kill", weight: 4, strike: (n) => n.kill() },
  { name: "power failure", weight: 4, strike: (n) => n.powerFailure() },
  { name: "power failure at a write", weight: 5, strike: (n) => n.powerFailureAtWrite() },
  { name: "power failure of all", weight: 1, strike: (n) => n.powerFailureOfAll() },
  { name: "pause", weight: 4, strike: (n) => n.pause() },
  { name: "partition", weight: 5, strike: (n) => n.partition() },
  { name: "one-way cut", weight: 3, strike: (n) => n.cutOneWay() },
  { name: "reset", weight: 5, strike: (n) => n.reset() },
  { name: "slow link", weight: 2, strike: (n) => n.slowLink() },
  { name: "client cut off", weight: 2, strike: (n) => n.cutClient() },
  { name: "drift", weight: 2, strike: (n) => n.drift() },
  { name: "wall clock jump", weight: 1, strike: (n) => n.jump() },
  { name: "slow disk", weight: 2, strike: (n) => n.slowDisk() },
  { name: "full disk", weight: 1, strike: (n) => n.fullDisk() },
  { name: "write error", weight: 1, strike: (n) => n.diskError("sync") },
  { name: "read error", weight: 1, strike: (n) => n.diskError("read") },
];

const WEIGHT = KINDS.reduce((sum, { weight }) => sum + weight, 0);

/**
 * Does harm: one thing after the other, several at a time, each for a while. It knows nothing of roles, so the leader is hit
 * as often as the others, and nothing keeps it from hitting a majority: that costs service, and must not cost safety.
 */
export class Nemesis {
  readonly #options: NemesisOptions;
  /** How often each kind was done. */
  readonly counts = new Map<string, number>();
  #isOver = false;

  constructor(options: NemesisOptions) {
    this.#options = options;
  }

  /** Strikes until {@link stop}. */
  start(): void {
    this.#later(this.#below(this.#options.pauseMs * 2), () => {
      this.#strike();
      this.start();
    });
  }

  /** Ends the harm and repairs everything. */
  stop(): void {
    const { members, network } = this.#options;
    this.#isOver = true;
    network.healAll();
    for (const member of members) {
      member.disk.cutPowerAt(Number.POSITIVE_INFINITY);
      member.repairDisk();
      member.diskSlowerByMs = 0;
      member.resume();
      member.clocks.drift(1);
      if (!member.isOn && member.isWanted) member.start();
    }
  }

  /** Somebody starts the server again after a while, also when no more faults come: this one may be of the last. */
  restartLater(member: VirtualMember): void {
    this.#options.clock.after(this.#below(4000), () => {
      member.repairDisk();
      if (!member.isOn && member.isWanted) member.start();
    });
  }

  #strike(): void {
    let at = this.#below(WEIGHT);
    for (const { name, weight, strike } of KINDS) {
      at -= weight;
      if (at >= 0) continue;
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      strike(this);
      return;
    }
  }

  kill(): void {
    const member = this.#running();
    if (member === undefined) return;
    this.#say(`kill ${member.host}`);
    member.kill();
    this.restartLater(member);
  }

  powerFailure(): void {
    const member = this.#running();
    if (member === undefined) return;
    const crash = this.#pick(CRASHES);
    this.#say(`power failure of ${member.host}, what was not synced is ${crash}`);
    member.powerFailed(crash);
    this.restartLater(member);
  }

  powerFailureAtWrite(): void {
    const member = this.#running();
    if (member === undefined) return;
    const change = this.#below(20);
    const crash = this.#pick(CRASHES);
    this.#say(
      `power failure of ${member.host} at its write ${change} from now, what was not synced is ${crash}`,
    );
    member.powerFailsAt(change, crash);
  }

  powerFailureOfAll(): void {
    const crash = this.#pick(CRASHES);
    this.#say(`power failure of all, what was not synced is ${crash}`);
    for (const member of this.#present) {
      member.powerFailed(crash);
      this.restartLater(member);
    }
  }

  pause(): void {
    const member = this.#running();
    if (member === undefined || member.isPaused) return;
    const ms = this.#below(4000);
    this.#say(`pause ${member.host} for ${ms} ms`);
    member.pause();
    this.#later(ms, () => member.resume());
  }

  partition(): void {
    const { network } = this.#options;
    const members = this.#present;
    const isAside = members.map(() => this.#below(2) === 0);
    const pairs: [string, string][] = [];
    members.forEach((a, i) => {
      members.forEach((b, j) => {
        if (isAside[i] && !isAside[j]) pairs.push([a.host, b.host]);
      });
    });
    if (pairs.length === 0) return;
    this.#say(`partition: ${members.filter((_, i) => isAside[i]).map(({ host }) => host)} aside`);
    for (const [a, b] of pairs) {
      network.cut(a, b);
      network.cut(b, a);
    }
    this.#later(this.#below(6000), () => {
      this.#say("partition is over");
      for (const [a, b] of pairs) network.heal(a, b);
    });
  }

  cutOneWay(): void {
    const [a, b] = this.#two();
    this.#say(`nothing of ${a} reaches ${b}`);
    this.#options.network.cut(a, b);
    this.#later(this.#below(6000), () => this.#options.network.heal(a, b));
  }

  reset(): void {
    const [a, b] = this.#two();
    this.#say(`connections between ${a} and ${b} are reset`);
    this.#options.network.reset(a, b);
  }

  slowLink(): void {
    const { network } = this.#options;
    const [a, b] = this.#two();
    const path = network.path(a, b);
    path.slowerByMs = this.#below(300);
    path.bytesPerMs = 1 + this.#below(200);
    this.#say(`${a} to ${b}: ${path.slowerByMs} ms slower, ${path.bytesPerMs} bytes per ms`);
    this.#later(this.#below(8000), () => network.heal(a, b));
  }

  cutClient(): void {
    const { clients, network } = this.#options;
    const client = this.#pick(clients).name;
    const { host } = this.#pick(this.#present);
    this.#say(`${client} and ${host} are cut off from each other`);
    network.cut(client, host);
    network.cut(host, client);
    this.#later(this.#below(8000), () => network.heal(client, host));
  }

  drift(): void {
    const member = this.#pick(this.#present);
    const rate = 1 + (this.#below(2001) - 1000) / 20_000;
    this.#say(`the clock of ${member.host} runs at ${rate}`);
    member.clocks.drift(rate);
  }

  jump(): void {
    const member = this.#pick(this.#present);
    const byMs = this.#below(7_200_000) - 3_600_000;
    this.#say(`the wall clock of ${member.host} is set by ${byMs} ms`);
    member.clocks.jump(byMs);
  }

  slowDisk(): void {
    const member = this.#pick(this.#present);
    member.diskSlowerByMs = this.#below(200);
    this.#say(`the disk of ${member.host} is ${member.diskSlowerByMs} ms slower`);
    this.#later(this.#below(6000), () => {
      member.diskSlowerByMs = 0;
    });
  }

  fullDisk(): void {
    const member = this.#running();
    if (member === undefined) return;
    this.#say(`the disk of ${member.host} is full`);
    member.excuse();
    member.disk.capacityBytes = member.disk.usedBytes + this.#below(4096);
    this.#later(this.#below(4000), () => member.repairDisk());
  }

  diskError(operation: "sync" | "read"): void {
    const member = this.#running();
    if (member === undefined) return;
    this.#say(`the disk of ${member.host} fails to ${operation === "sync" ? "write" : "read"}`);
    member.excuse();
    const times = 1 + this.#below(2);
    // The log is written by durable writes, everything else by writes and syncs.
    for (const each of operation === "sync" ? (["write", "sync"] as const) : (["read"] as const)) {
      member.disk.inject({ operation: each, code: "EIO", times });
    }
    this.#later(this.#below(4000), () => member.repairDisk());
  }

  /** Machines that have a server, be it one that is no member any more. */
  get #present(): readonly VirtualMember[] {
    return this.#options.members.filter(({ isWanted, isOn }) => isWanted || isOn);
  }

  #running(): VirtualMember | undefined {
    const running = this.#present.filter(({ isOn }) => isOn);
    return running.length === 0 ? undefined : this.#pick(running);
  }

  /** Two different machines. */
  #two(): [string, string] {
    const members = this.#present;
    const first = this.#below(members.length);
    const second = (first + 1 + this.#below(members.length - 1)) % members.length;
    return [members[first]!.host, members[second]!.host];
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  #below(bound: number): number {
    return this.#options.rng.below(bound);
  }

  /** Never after {@link stop}, which repairs everything by itself. */
  #later(ms: number, then: () => void): void {
    this.#options.clock.after(ms, () => {
      if (!this.#isOver) then();
    });
  }

  #say(text: string): void {
    this.#options.trace.say("FAULT", text);
  }
}
