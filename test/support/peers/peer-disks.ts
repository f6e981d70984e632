import type { Membership } from "../../../src/core/quorum/membership.ts";
import type { Database } from "../../../src/core/tree/database.ts";
import type { PeerReady } from "../../../src/core/zab/peer-face.ts";
import { ZXID_NONE, type Zxid } from "../../../src/protocol/zxid.ts";
import { loadStream, streamOf } from "../snapshot-stream.ts";
import type { PeerNetwork } from "./peer-network.ts";
import { emptyStore, type PeerNode, type PeerWorld, packetOf, type ServerStep } from "./peer-node.ts";

/** Does what servers want of their disks: as fast as nothing, and yet everything in its order, unless a test makes one slow. */
export class PeerDisks {
  /** Servers whose disks keep what they were given to themselves until {@link persist}. */
  readonly slow = new Set<number>();
  /** Servers that hear only by {@link tellStored} that their epochs are stored. */
  readonly slowEpochs = new Set<number>();
  /** Configurations on the disks of those that have stored one. */
  readonly memberships = new Map<number, Membership>();
  readonly #world: PeerWorld;
  readonly #network: PeerNetwork;
  readonly #unpersisted = new Map<number, Zxid>();
  /** What servers with slow disks will say once those have it. */
  readonly #unsaid = new Map<number, PeerReady["sendAfterPersist"][number][]>();
  #untold: (() => void)[] = [];

  constructor(world: PeerWorld, network: PeerNetwork) {
    this.#world = world;
    this.#network = network;
  }

  /** What a start finds. */
  recover({ sid, store: { snapshot, log } }: PeerNode): { database: Database; lastZxid: Zxid } {
    const database = this.#world.createDatabase(sid);
    if (snapshot !== undefined) loadStream(snapshot.bytes, database, snapshot.zxid);
    for (const { zxid, bytes } of log) if (zxid > (snapshot?.zxid ?? ZXID_NONE)) database.replay(bytes);
    return { database, lastZxid: database.lastProcessedZxid };
  }

  /** `ends` is called in front of each step; true: the process is gone. */
  perform(node: PeerNode, ready: PeerReady, ends: (step: ServerStep) => boolean): void {
    const { sid, peer } = node;
    if (!this.#append(node, ready, ends) || !this.#storeEpochs(node, ready, ends)) return;
    if (!this.slow.has(sid))
      for (const { link, bytes } of ready.sendAfterPersist) {
        if (ends({ kind: "claim", packet: packetOf(bytes) })) return;
        this.#network.sendBytes(node, link, bytes);
      }
    else this.#unsaid.set(sid, [...(this.#unsaid.get(sid) ?? []), ...ready.sendAfterPersist]);
    for (const job of ready.jobs)
      this.#world.later(() => {
        if (node.peer === peer && !ends({ kind: "job", job: job.kind })) this.#doJob(node, job);
      });
    for (const survey of ready.surveys) this.#survey(node, survey);
  }

  /** What the server's slow disk has been given is durable. */
  persist(node: PeerNode): void {
    const { sid } = node;
    const zxid = this.#unpersisted.get(sid);
    this.#unpersisted.delete(sid);
    for (const { link, bytes } of this.#unsaid.get(sid) ?? []) this.#network.sendBytes(node, link, bytes);
    this.#unsaid.delete(sid);
    if (zxid !== undefined) this.#world.input(node, { kind: "persisted", zxid });
  }

  /** Everybody hears what epochs are stored, at once from now on. */
  tellStored(): void {
    this.slowEpochs.clear();
    for (const tell of this.#untold.splice(0)) this.#world.later(tell);
  }

  /** The process is gone, and with it what its disk had not done. */
  forget(sid: number): void {
    this.#unpersisted.delete(sid);
    this.#unsaid.delete(sid);
  }

  /** The disk is replaced by an empty one. */
  wipe({ store }: PeerNode): void {
    Object.assign(store, emptyStore());
  }

  #append(node: PeerNode, { append }: PeerReady, ends: (step: ServerStep) => boolean): boolean {
    for (const entry of append) {
      if (ends({ kind: "log", zxid: entry.zxid })) return false;
      node.store.log.push(entry);
    }
    const last = append.at(-1);
    if (last === undefined) return true;
    if (this.slow.has(node.sid)) this.#unpersisted.set(node.sid, last.zxid);
    else this.#world.later(() => this.#world.input(node, { kind: "persisted", zxid: last.zxid }));
    return true;
  }

  #storeEpochs(
    node: PeerNode,
    { epochs, memberships }: PeerReady,
    ends: (step: ServerStep) => boolean,
  ): boolean {
    if (epochs === undefined && memberships === undefined) return true;
    const { sid, store } = node;
    if (memberships !== undefined) this.memberships.set(sid, memberships.committed);
    for (const name of ["accepted", "current"] as const) {
      const epoch = epochs?.[name];
      if (epoch === undefined) continue;
      if (ends({ kind: name, epoch })) return false;
      store[name] = epoch;
    }
    const stored = { accepted: epochs?.accepted, current: epochs?.current };
    const tell = (): void => this.#world.input(node, { kind: "epochsStored", ...stored });
    if (this.slowEpochs.has(sid)) this.#untold.push(tell);
    else this.#world.later(tell);
    return true;
  }

  #survey(node: PeerNode, { link, zxid }: PeerReady["surveys"][number]): void {
    const { log } = node.store;
    const atOrBelow = log.findLast((entry) => entry.zxid <= zxid)?.zxid;
    const above = log.find((entry) => entry.zxid > zxid)?.zxid;
    const sizes = { bytes: 1, snapshotBytes: 1_000_000 };
    this.#world.later(() =>
      this.#world.input(node, { kind: "logSurveyed", link, zxid, atOrBelow, above, ...sizes }),
    );
  }

  #doJob(node: PeerNode, job: PeerReady["jobs"][number]): void {
    const { store } = node;
    switch (job.kind) {
      case "installSnapshot":
        store.log = [];
        store.snapshot = { zxid: job.zxid, bytes: streamOf(job.database.snapshotSource()) };
        this.#world.input(node, { kind: "snapshotInstalled", zxid: job.zxid });
        return;
      case "truncate":
        if (store.snapshot !== undefined && store.snapshot.zxid > job.zxid) {
          this.#world.input(node, { kind: "truncateRefused", reason: "no snapshot below" });
          return;
        }
        store.log = store.log.filter((entry) => entry.zxid <= job.zxid);
        this.#world.input(node, { kind: "recovered", ...this.recover(node) });
        return;
      case "reload":
        this.#world.input(node, { kind: "recovered", ...this.recover(node) });
    }
  }
}
