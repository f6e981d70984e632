import { allCheckers } from "../../sim/checkers/all-checkers.ts";
import { WorkloadClient } from "../../sim/ensemble-workload.ts";
import { hookPeers } from "../../sim/peer-hooks.ts";
import { Trace } from "../../sim/trace.ts";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import { VirtualMember } from "../../sim/virtual-member.ts";
import { VirtualNetwork } from "../../sim/virtual-network.ts";
import { memberAddress, World } from "../../sim/world.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { Client } from "../../src/client/client.ts";

const TICK_MS = 200;

function membershipOf(sids: readonly number[]): string {
  return sids.map((sid) => `server.${sid}=${memberAddress(sid, "participant")}`).join("\n");
}

function configOf(sids: readonly number[]): string {
  return [
    "dataDir=/data",
    `tickTime=${TICK_MS}`,
    "initLimit=10",
    "syncLimit=5",
    "preAllocSize=16",
    "admin.enableServer=false",
    "standaloneEnabled=false",
    membershipOf(sids),
  ].join("\n");
}

/**
 * Three production servers of the simulator, with all its checkers, to which what a test says happens, and nothing else. To be
 * ended: the machines of its servers are hooked while it lives.
 */
export class ScriptedEnsemble {
  readonly clock = new VirtualClock();
  readonly network: VirtualNetwork;
  readonly world: World;
  readonly members: ReadonlyMap<number, VirtualMember>;
  readonly #trace: Trace;
  readonly #clients: WorkloadClient[] = [];
  readonly #unhook: () => void;

  constructor() {
    const { clock } = this;
    const nowMs = (): number => clock.now().elapsedMs;
    const sids = [1, 2, 3];
    this.#trace = new Trace(nowMs);
    const world = new World({
      membership: membershipOf(sids),
      checkers: allCheckers(),
      trace: this.#trace,
      nowMs,
    });
    const network = new VirtualNetwork({ clock, rng: createPrng(1), tap: world });
    const config = configOf(sids);
    this.world = world;
    this.network = network;
    this.members = new Map(
      sids.map((sid) => {
        const machine = { clock, network, world, ended: () => undefined };
        return [sid, new VirtualMember({ sid, config, mayBeStranger: false, seed: 1, ...machine })];
      }),
    );
    this.#unhook = hookPeers({
      created: (peer) => {
        this.member(peer.sid).peer = peer;
        return undefined;
      },
    });
  }

  member(sid: number): VirtualMember {
    return this.members.get(sid)!;
  }

  get leader(): number | undefined {
    const leading = [...this.members.values()].filter(
      ({ peer }) => peer?.state === "leading" && peer.isServing,
    );
    return leading.length === 1 ? leading[0]!.sid : undefined;
  }

  start(...sids: number[]): void {
    for (const sid of sids) this.member(sid).start();
  }

  /** A client of this server alone. */
  client(sid: number): Client {
    const { clock, network, world } = this;
    const name = `c${this.#clients.length + 1}`;
    const own = { name, servers: [sid], seed: this.#clients.length, sessionTimeoutMs: 4000, thinkMs: 100 };
    const client = new WorkloadClient({ ...own, clock, network, world });
    this.#clients.push(client);
    return client.client;
  }

  /** Lets time pass until `condition`; an error when it does not come, or when a checker rings. */
  async until(what: string, condition: () => boolean, limitMs = 30_000): Promise<void> {
    const endMs = this.clock.now().elapsedMs + limitMs;
    for (;;) {
      const { alarm } = this.world;
      if (alarm !== undefined) throw new Error(`${alarm.checker} rang: ${alarm.message}`);
      if (condition()) return;
      if (this.clock.now().elapsedMs >= endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      await this.clock.advance(10);
    }
  }

  /** Until these serve, with one of them as their leader. */
  async untilServing(...sids: number[]): Promise<void> {
    await this.until(
      `servers ${sids} serve`,
      () => this.leader !== undefined && sids.every((sid) => this.member(sid).peer?.isServing === true),
    );
  }

  /** Until these have the same tree at the same zxid. */
  async untilEqual(...sids: number[]): Promise<void> {
    const zxids = (): Set<number | undefined> =>
      new Set(sids.map((sid) => this.member(sid).database?.lastProcessedZxid));
    await this.until(`servers ${sids} have the same`, () => zxids().size === 1 && !zxids().has(undefined));
  }

  end(): void {
    for (const client of this.#clients) client.kill();
    for (const member of this.members.values()) member.kill();
    this.#unhook();
  }
}
