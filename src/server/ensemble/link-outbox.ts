import type { NetLink, Timer } from "../../base/ports.ts";
import { PacketType, SNAPSHOT_SIGNATURE } from "../../core/zab/packets.ts";
import type { LinkSend } from "../../core/zab/peer-face.ts";
import type { SnapshotWalk } from "../../core/zab/snapshot-walk.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { QuorumPacket } from "../../protocol/records/quorum.ts";
import { follows, type Zxid, zxidText } from "../../protocol/zxid.ts";
import type { LogRecord } from "../../storage/log/log-format.ts";

/** What is made of a tree or a log in one turn: a fraction of a millisecond of work. */
const SLICE_BYTES = 64 * 1024;
/** While more than this waits for the network, nothing more is made. */
const AHEAD_BYTES_MAX = 256 * 1024;

/**
 * Bytes that may wait for one learner. What gathers is what is written while it takes a snapshot or does not read: at 10 MB
 * of writes a second this is enough for the 25 s that a tree of a gigabyte takes over a fast network, and it bounds what a
 * learner that hangs costs until the leader gives it up by its own clock (`syncLimit`).
 */
export const LEARNER_BYTES_MAX = 256 * 1024 * 1024;

/** What a link has sent, and what waits to be sent on it. */
export interface LinkTraffic {
  /** What is streamed (a snapshot, a part of the log) counts as one. */
  readonly packetsSent: number;
  readonly queuedPackets: number;
  readonly queuedBytes: number;
}

export interface LinkOutboxOptions {
  readonly net: NetLink;
  readonly timer: Timer;
  /** Records of the own log above `after` up to `through`, as far as they are durable; valid until the next portion. */
  readonly readLog: (after: Zxid, through: Zxid) => AsyncIterable<readonly LogRecord[]>;
  /** See {@link LEARNER_BYTES_MAX}. */
  readonly bytesMax: number;
  /** Nothing more can be sent; the reason is a sentence. */
  readonly failed: (reason: string) => void;
  /** A part of a stream was made. */
  readonly progress: () => void;
  /** A snapshot was made to its end. */
  readonly snapshotSent: () => void;
  /** The log did not have what it was asked for. */
  readonly logFailed: (through: Zxid) => void;
}

type Stream = Exclude<LinkSend, { readonly kind: "packet" }>;

/**
 * What is to be sent on one link, in order. Packets go to the network at once; a snapshot or a part of the log is made as
 * the network takes it, one slice a turn, and everything given behind it waits.
 */
export class LinkOutbox {
  readonly #options: LinkOutboxOptions;
  /** Behind a stream that is being sent. */
  #queue: (Uint8Array | Stream)[] = [];
  #queuedBytes = 0;
  #packetsSent = 0;
  #isStreaming = false;
  #isClosed = false;
  #walk: SnapshotWalk | undefined;
  #wake: (() => void) | undefined;

  constructor(options: LinkOutboxOptions) {
    this.#options = options;
  }

  get traffic(): LinkTraffic {
    return {
      packetsSent: this.#packetsSent,
      queuedPackets: this.#queue.length,
      queuedBytes: this.#queuedBytes + this.#options.net.bufferedBytes,
    };
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#packetsSent++;
    const { net, bytesMax, failed } = this.#options;
    if (this.#isStreaming) {
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
    } else {
      net.write(bytes);
    }
    const waiting = this.#queuedBytes + net.bufferedBytes;
    if (waiting > bytesMax) {
      this.close();
      failed(`${waiting} bytes wait for it to read (limit ${bytesMax} bytes)`);
    }
  }

  stream(stream: Stream): void {
    if (this.#isClosed) {
      if (stream.kind === "snapshot") stream.walk.abandon();
      return;
    }
    this.#packetsSent++;
    this.#queue.push(stream);
    if (!this.#isStreaming) this.#sendQueued();
  }

  /** Sends nothing more, and lets go of what was to be streamed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#walk?.abandon();
    this.#walk = undefined;
    for (const item of this.#queue) {
      if (!(item instanceof Uint8Array) && item.kind === "snapshot") item.walk.abandon();
    }
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#wake?.();
  }

  /** Up to and into the next stream, or to the end. */
  #sendQueued(): void {
    const queue = this.#queue;
    for (let at = 0; at < queue.length; at++) {
      const item = queue[at]!;
      if (item instanceof Uint8Array) {
        this.#queuedBytes -= item.length;
        this.#options.net.write(item);
        continue;
      }
      this.#queue = queue.slice(at + 1);
      this.#isStreaming = true;
      if (item.kind === "log") void this.#sendLog(item.after, item.through);
      else this.#sendSnapshot(item.walk);
      return;
    }
    this.#queue = [];
    this.#isStreaming = false;
  }

  #sendSnapshot(walk: SnapshotWalk): void {
    const { net, timer, progress, snapshotSent } = this.#options;
    this.#walk = walk;
    const step = (): void => {
      if (this.#isClosed) return;
      const writer = new JuteWriter(SLICE_BYTES + 4096);
      const isDone = walk.writeNext(writer, SLICE_BYTES);
      if (isDone) writer.writeString(SNAPSHOT_SIGNATURE);
      net.write(writer.take(0));
      progress();
      if (isDone) {
        this.#walk = undefined;
        this.#sendQueued();
        snapshotSent();
      } else if (net.bufferedBytes <= AHEAD_BYTES_MAX) {
        timer.soon(step);
      } else {
        net.whenDrained(step);
      }
    };
    step();
  }

  async #sendLog(after: Zxid, through: Zxid): Promise<void> {
    const { net, readLog, progress, failed, logFailed } = this.#options;
    try {
      let last = after;
      const writer = new JuteWriter(SLICE_BYTES + 4096);
      for await (const records of readLog(after, through)) {
        for (const { zxid, bytes } of records) {
          // A proposal may stand in the log twice (storage-formats 2.5).
          if (zxid <= last) continue;
          if (!follows(last, zxid)) throw new Error(`${zxidText(zxid)} follows ${zxidText(last)}`);
          writeCommitted(writer, zxid, bytes);
          last = zxid;
          if (writer.length < SLICE_BYTES) continue;
          net.write(writer.take(SLICE_BYTES + 4096));
          progress();
          await this.#room();
          if (this.#isClosed) return;
        }
      }
      if (last !== through) throw new Error(`it ends at ${zxidText(last)}`);
      if (this.#isClosed) return;
      net.write(writer.take(0));
    } catch (error) {
      if (this.#isClosed) return;
      this.close();
      logFailed(through);
      failed(
        `the own log does not reach from ${zxidText(after)} to ${zxidText(through)}: ${(error as Error).message}`,
      );
      return;
    }
    this.#sendQueued();
  }

  /** Resolves in a later turn, when the network can take more, or the link is closed. */
  #room(): Promise<void> {
    const { net, timer } = this.#options;
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (net.bufferedBytes <= AHEAD_BYTES_MAX) timer.soon(resolve);
      else net.whenDrained(resolve);
    });
  }
}

/** What brings a learner one txn that is committed already. */
function writeCommitted(writer: JuteWriter, zxid: Zxid, txn: Uint8Array): void {
  QuorumPacket.write(writer, { type: PacketType.PROPOSAL, zxid, data: txn, authinfo: null });
  QuorumPacket.write(writer, { type: PacketType.COMMIT, zxid, data: null, authinfo: null });
}
