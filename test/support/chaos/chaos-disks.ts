import type { Database } from "../../../src/core/tree/database.ts";
import type { LinkSend, PeerInput, PeerReady, StorageJob } from "../../../src/core/zab/peer-face.ts";
import { ZXID_ZERO, type Zxid } from "../../../src/protocol/zxid.ts";
import { follows } from "../peers/peer-node.ts";
import { loadStream, streamOf } from "../snapshot-stream.ts";
import type { ChaosNode, ChaosStore, ChaosWorld, Process, Thing, Work } from "./chaos-node.ts";

/** The disks: each does what it was asked for in order, some of the log at a time and one file at a time. */
export class ChaosDisks {
  readonly #world: ChaosWorld;
  readonly #send: (sid: number, send: LinkSend) => void;

  constructor(world: ChaosWorld, send: (sid: number, send: LinkSend) => void) {
    this.#world = world;
    this.#send = send;
  }

  /** What a start finds. */
  recover({ snapshots, log }: ChaosStore): { database: Database; lastZxid: Zxid } {
    const database = this.#world.createDatabase();
    const { zxid, bytes } = snapshots.at(-1)!;
    if (bytes !== null) loadStream(bytes, database, zxid);
    for (const entry of log) if (entry.zxid > zxid) database.replay(entry.bytes);
    return { database, lastZxid: database.lastProcessedZxid };
  }

  /** A snapshot of what is durable; the log in front of it goes. */
  snapshot({ store }: ChaosNode, purges: boolean): void {
    const { database, lastZxid } = this.recover(store);
    if (lastZxid <= store.snapshots.at(-1)!.zxid) return;
    store.snapshots.push({ zxid: lastZxid, bytes: streamOf(database.snapshotSource()) });
    if (!purges) return;
    store.snapshots = store.snapshots.slice(-1);
    store.log = store.log.filter(({ zxid }) => zxid > lastZxid - 2);
  }

  /** The process wants this done. */
  take(process: Process, ready: PeerReady): void {
    const { sendAfterPersist, epochs, memberships, jobs } = ready;
    if (sendAfterPersist.length > 0 || epochs !== undefined || memberships !== undefined || jobs.length > 0) {
      process.queue.push({
        barrier: process.appended,
        work: { sendAfterPersist, epochs, memberships, jobs },
      });
      if (jobs.length > 0) process.appended = 0;
    }
  }

  survey(
    { store: { log } }: ChaosNode,
    process: Process,
    { link, zxid }: PeerReady["surveys"][number],
  ): void {
    const atOrBelow = log.findLast((entry) => entry.zxid <= zxid)?.zxid;
    const above = log.find((entry) => entry.zxid > zxid)?.zxid;
    const sizes = { bytes: 1, snapshotBytes: 1_000_000 };
    this.#world.soon(process, { kind: "logSurveyed", link, zxid, atOrBelow, above, ...sizes });
  }

  /** What the server's disk can do next. */
  things(node: ChaosNode): Thing[] {
    const process = node.process!;
    if (node.isDiskFrozen) return [];
    const things: Thing[] = [];
    if (process.toLog.length > 0) things.push(() => this.#write(node, process));
    const [head] = process.queue;
    if (head !== undefined && this.#isDue(node, process, head)) things.push(() => this.#work(node, process));
    return things;
  }

  #write(node: ChaosNode, process: Process): void {
    const count = 1 + this.#world.rng.below(process.toLog.length);
    const entries = process.toLog.splice(0, count);
    const { log } = node.store;
    for (const entry of entries) {
      const before = log.at(-1)?.zxid ?? ZXID_ZERO;
      const snapshot = node.store.snapshots.at(-1)!.zxid;
      if (
        !follows(Math.max(before, snapshot) as Zxid, entry.zxid) &&
        !(before < snapshot && entry.zxid === snapshot + 1)
      )
        throw new Error(
          `the log of ${node.sid} gets ${entry.zxid.toString(16)} behind ${before.toString(16)}`,
        );
      log.push({ zxid: entry.zxid, bytes: Uint8Array.from(entry.bytes) });
    }
    this.#world.step(node, { kind: "persisted", zxid: log.at(-1)!.zxid });
  }

  #isDue(node: ChaosNode, process: Process, { barrier, work }: Process["queue"][number]): boolean {
    if (work.jobs.length > 0 && process.toLog.length > 0) return false;
    return (
      barrier === 0 ||
      barrier <= Math.max(node.store.log.at(-1)?.zxid ?? 0, node.store.snapshots.at(-1)!.zxid)
    );
  }

  #work(node: ChaosNode, process: Process): void {
    const [item] = process.queue;
    const { epochs, memberships, sendAfterPersist, jobs } = item!.work;
    if (this.#storeFile(node, item!.work)) return;
    process.queue.shift();
    // The host tells the machine and sends before anything else of the disk is done.
    for (const { link, bytes } of sendAfterPersist)
      this.#send(node.sid, { kind: "packet", link, bytes: bytes as never });
    const inputs: PeerInput[] = jobs.map((job) => this.#job(node, job));
    if (memberships !== undefined || epochs !== undefined)
      inputs.unshift({ kind: "epochsStored", accepted: epochs?.accepted, current: epochs?.current });
    for (const input of inputs) if (node.process === process) this.#world.step(node, input);
  }

  /** One file at a time: a crash may come in between. False: the last one is stored. */
  #storeFile({ sid, store }: ChaosNode, { memberships, epochs }: Work): boolean {
    if (
      memberships !== undefined &&
      (store.membership !== memberships.committed || store.lastSeen !== memberships.lastSeen)
    ) {
      store.membership = memberships.committed;
      store.lastSeen = memberships.lastSeen;
      return true;
    }
    if (epochs?.accepted !== undefined && store.accepted !== epochs.accepted) {
      if (epochs.accepted < store.accepted) throw new Error(`acceptedEpoch of ${sid} falls`);
      store.accepted = epochs.accepted;
      return true;
    }
    if (epochs?.current !== undefined) {
      if (epochs.current < store.current) throw new Error(`currentEpoch of ${sid} falls`);
      if (epochs.current > store.accepted) throw new Error(`currentEpoch of ${sid} is above acceptedEpoch`);
      store.current = epochs.current;
    }
    return false;
  }

  #job({ store }: ChaosNode, job: StorageJob): PeerInput {
    switch (job.kind) {
      case "installSnapshot":
        store.log = [];
        store.snapshots = [{ zxid: job.zxid, bytes: streamOf(job.database.snapshotSource()) }];
        return { kind: "snapshotInstalled", zxid: job.zxid };
      case "truncate": {
        const snapshots = store.snapshots.filter(({ zxid }) => zxid <= job.zxid);
        if (snapshots.length === 0) return { kind: "truncateRefused", reason: "no snapshot below" };
        store.snapshots = snapshots;
        store.log = store.log.filter(({ zxid }) => zxid <= job.zxid);
        return { kind: "recovered", ...this.recover(store) };
      }
      case "reload":
        return { kind: "recovered", ...this.recover(store) };
    }
  }
}
