import type { DurableSend, EpochsStored, JobDone, PeerReady, StorageJob } from "../../core/zab/peer-face.ts";
import type { Zxid } from "../../protocol/zxid.ts";

/** What of a Ready has to wait for the disk, or is the disk's work. */
export type DurableWork = Pick<PeerReady, "append" | "sendAfterPersist" | "epochs" | "memberships" | "jobs">;

export interface DurableQueueOptions {
  readonly send: (sends: readonly DurableSend[]) => void;
  readonly storeMemberships: (memberships: NonNullable<PeerReady["memberships"]>) => Promise<void>;
  readonly storeEpochs: (epochs: NonNullable<PeerReady["epochs"]>) => Promise<void>;
  readonly perform: (job: StorageJob) => Promise<JobDone>;
  /** Tells the machine. */
  readonly step: (input: EpochsStored | JobDone) => void;
  /** The disk has failed: this server cannot go on. */
  readonly failed: (error: unknown) => void;
}

interface Item {
  readonly barrier: Zxid;
  readonly generation: number;
  readonly work: DurableWork;
}

const NOTHING = 0 as Zxid;
/** Entries that are done and still in memory, while others wait. */
const DONE_MAX = 1024;

/**
 * The barrier between what a server says and what is on its disk: one entry for each Ready, strictly in order. An entry's
 * turn comes when the log is durable up to the last append of its Ready; then its configurations are stored, its epochs,
 * its packets leave, and its jobs are done.
 *
 * An entry with nothing but packets, which is every ACK of a follower, costs no promise, and all that one write of the log
 * releases leave together.
 */
export class DurableQueue {
  readonly #options: DurableQueueOptions;
  #items: Item[] = [];
  #head = 0;
  #isBusy = false;
  #isStopped = false;
  /** A job gives the log a new beginning, and zxids may go back: they are compared within a generation only. */
  #generation = 0;
  #appended: Zxid = NOTHING;
  #durable: Zxid = NOTHING;
  #durableGeneration = 0;

  constructor(options: DurableQueueOptions) {
    this.#options = options;
  }

  /** Entries that wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Call once for every Ready, in order; its `append` is on its way to the log. */
  add(work: DurableWork): void {
    const last = work.append.at(-1);
    if (last !== undefined) this.#appended = last.zxid;
    if (isNothing(work) || this.#isStopped) return;
    this.#items.push({ barrier: this.#appended, generation: this.#generation, work });
    if (work.jobs.length > 0) {
      this.#generation++;
      this.#appended = NOTHING;
    }
    this.#run();
  }

  /** The log is durable up to `zxid`. */
  persisted(zxid: Zxid): void {
    this.#durable = zxid;
    this.#run();
  }

  /** Nothing is stored or sent any more, but for what is under way. */
  stop(): void {
    this.#isStopped = true;
    this.#items = [];
    this.#head = 0;
  }

  #run(): void {
    while (!this.#isBusy && this.#head < this.#items.length) {
      const { barrier, generation, work } = this.#items[this.#head]!;
      if (generation === this.#durableGeneration && barrier > this.#durable) return;
      this.#head++;
      if (work.epochs === undefined && work.memberships === undefined && work.jobs.length === 0) {
        this.#options.send(work.sendAfterPersist);
      } else {
        this.#isBusy = true;
        void this.#perform(work);
      }
    }
    if (this.#head === this.#items.length || this.#head > DONE_MAX) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  async #perform({ epochs, memberships, sendAfterPersist, jobs }: DurableWork): Promise<void> {
    const { send, storeMemberships, storeEpochs, perform, step, failed } = this.#options;
    try {
      if (memberships !== undefined) await storeMemberships(memberships);
      if (epochs !== undefined) await storeEpochs(epochs);
      if (this.#isStopped) return;
      if (memberships !== undefined || epochs !== undefined) {
        step({ kind: "epochsStored", accepted: epochs?.accepted, current: epochs?.current });
      }
      send(sendAfterPersist);
      for (const job of jobs) {
        const done = await perform(job);
        if (this.#isStopped) return;
        step(done);
      }
    } catch (error) {
      this.stop();
      failed(error);
      return;
    }
    if (jobs.length > 0) {
      this.#durableGeneration++;
      this.#durable = NOTHING;
    }
    this.#isBusy = false;
    this.#run();
  }
}

function isNothing({ sendAfterPersist, epochs, memberships, jobs }: DurableWork): boolean {
  return (
    sendAfterPersist.length === 0 && epochs === undefined && memberships === undefined && jobs.length === 0
  );
}
