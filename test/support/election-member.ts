import type { Log } from "../../src/base/ports.ts";
import type { ElectionSelf } from "../../src/core/election/election-round.ts";
import { FastLeaderElection } from "../../src/core/election/fast-leader-election.ts";
import type { PeerState, Vote } from "../../src/core/election/vote.ts";
import type { Membership } from "../../src/core/quorum/membership.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import { ElectionNetwork } from "../../src/server/ensemble/election-network.ts";
import { nodeClock, nodeTimer } from "../../src/server/node-ports.ts";
import { createNodeNetwork } from "../../src/transport/node-network.ts";
import { Changes } from "./changes.ts";

/** A server that takes part in elections over real sockets, and does nothing else. */
export class ElectionMember {
  readonly sid: number;
  readonly #links: ElectionNetwork;
  readonly #machine: FastLeaderElection;
  readonly #self: ElectionSelf;
  readonly #changes = new Changes();
  /** Whose notifications have come since the election began. */
  readonly #heard = new Set<number>();
  #cancelTick: (() => void) | undefined;
  decided: { state: PeerState; vote: Vote } | undefined;
  readonly lines: string[] = [];

  constructor(sid: number, committed: Membership, has: { lastZxid?: number; currentEpoch?: number } = {}) {
    this.sid = sid;
    const view = { committed, lastSeen: null };
    const { lastZxid = 0, currentEpoch = 0 } = has;
    this.#self = {
      sid,
      view,
      learnerType: "participant",
      lastZxid: lastZxid as Zxid,
      currentEpoch,
      isReconfigEnabled: false,
    };
    this.#machine = new FastLeaderElection({
      sid,
      minIntervalMs: 200,
      maxIntervalMs: 60_000,
      finalizeWaitMs: 200,
    });
    const note = (_: object, message: string) => void this.lines.push(message);
    const log: Log = { debug: note, info: note, warn: note, error: note, fatal: note };
    this.#links = new ElectionNetwork({
      sid,
      network: createNodeNetwork(),
      timer: nodeTimer,
      log,
      connectTimeoutMs: 5000,
      readTimeoutMs: 5000,
      bindRetries: 3,
      listensOnAllAddresses: false,
      sendsV2: false,
      received: (from, payload) => {
        this.#machine.receive(from, payload, now());
        this.#heard.add(from);
        this.#perform();
      },
      unreachable: (peer) => {
        this.#machine.unreachable(peer, now());
        this.#perform();
      },
      failed: (error) => void this.lines.push(`failed: ${error.message}`),
    });
    this.#links.setView(view);
  }

  get linkedPeers(): readonly number[] {
    return this.#links.linkedPeers;
  }

  async listen(): Promise<void> {
    await this.#links.listen();
  }

  /** Begins an election; resolves with its result. */
  async elect(): Promise<{ state: PeerState; vote: Vote }> {
    this.decided = undefined;
    this.#heard.clear();
    this.#links.forget();
    this.#machine.start(this.#self, now());
    this.#perform();
    await this.#changes.until(() => this.decided !== undefined);
    return this.decided!;
  }

  /** Resolves when it knows, since its election began, whom `sid` wants. */
  async hears(sid: number): Promise<void> {
    await this.#changes.until(() => this.#heard.has(sid));
  }

  /** Goes on as after a sync: peers that look are told of `epoch`. */
  serve(epoch: number): void {
    const { state, vote } = this.decided!;
    this.#links.forget();
    this.#machine.setServing(state, { ...vote, peerEpoch: epoch });
  }

  async close(): Promise<void> {
    this.#cancelTick?.();
    await this.#links.close();
  }

  #perform(): void {
    const { send, decided, malformed, nonsense } = this.#machine.take();
    for (const { to, payload } of send) this.#links.send(to, payload);
    this.lines.push(...malformed);
    for (const { from, reason } of nonsense) this.#links.endLink(from, reason);
    this.#cancelTick?.();
    const waitMs = this.#machine.nextDeadline - now();
    if (Number.isFinite(waitMs)) {
      this.#cancelTick = nodeTimer.after(Math.max(0, waitMs), () => {
        this.#machine.tick(now());
        this.#perform();
      });
    }
    if (decided !== undefined) this.decided = decided;
    this.#changes.note();
  }
}

function now(): number {
  return nodeClock.now().elapsedMs;
}
