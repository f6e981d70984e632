import { Buffer } from "node:buffer";
import type { Clock, Log, NetLink, NetLinkHandler, Timer } from "../../base/ports.ts";
import type { Database } from "../../core/tree/database.ts";
import { PacketType } from "../../core/zab/packets.ts";
import type { LinkId, LinkSend, PacketReceived, PeerInput } from "../../core/zab/peer-face.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import { packetDataBytesMax, QuorumStream, SNAPSHOT_END } from "../../protocol/quorum-stream.ts";
import type { QuorumPacket } from "../../protocol/records/quorum.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { SnapshotDecoder } from "../../storage/snapshot/snapshot-decoder.ts";
import { LinkOutbox, type LinkOutboxOptions, type LinkTraffic } from "./link-outbox.ts";

/** What a link shares with the others. */
export interface LinkContext extends Pick<LinkOutboxOptions, "readLog" | "logFailed" | "bytesMax"> {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
  /** Tells the machine. */
  readonly step: (input: PeerInput) => void;
  /** A fresh one for a snapshot that comes from the leader. */
  readonly createDatabase: () => Database;
  /** Longest string or buffer of a request (`jute.maxbuffer` and extra), in bytes. */
  readonly fieldBytesMax: number;
  /** The link is over: nothing is told of it any more. */
  readonly ended: (link: LinkId) => void;
}

/**
 * Longest data of the first packet of a learner, which says who it is in 20 bytes. Whoever has not said that much costs no more
 * memory: the connections that wait for it are many.
 */
const INTRODUCTION_BYTES_MAX = 1024;

/** How often the machine is told that a long stream goes on. */
const PROGRESS_MS = 1_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One link between a learner and its leader: makes inputs of what comes in on it, and sends. */
export class LearnerLink implements NetLinkHandler {
  readonly id: LinkId;
  readonly #net: NetLink;
  readonly #context: LinkContext;
  readonly #stream: QuorumStream;
  readonly #outbox: LinkOutbox;
  /** The machine looks at a packet only during the step, so one object does for all. */
  readonly #input: Mutable<PacketReceived>;
  /** What a SNAP is being read into, and the zxid that it is said to have. */
  #snapshot: { readonly database: Database; readonly zxid: Zxid } | undefined;
  #progressToldMs: number;
  #hasSpoken = false;
  #isOver = false;

  constructor(id: LinkId, net: NetLink, context: LinkContext) {
    this.id = id;
    this.#net = net;
    this.#context = context;
    this.#progressToldMs = context.clock.now().elapsedMs;
    const dataBytesMax = packetDataBytesMax(context.fieldBytesMax);
    this.#stream = new QuorumStream(dataBytesMax, id > 0 ? INTRODUCTION_BYTES_MAX : dataBytesMax);
    this.#input = { kind: "packet", link: id, packet: NO_PACKET };
    const { timer, readLog, logFailed, bytesMax } = context;
    this.#outbox = new LinkOutbox({
      net,
      timer,
      readLog,
      logFailed,
      bytesMax,
      progress: () => this.#progress(),
      snapshotSent: () => this.#tellSoon({ kind: "snapshotSent", link: id }),
      failed: (reason) => this.giveUp(reason),
    });
  }

  /** `address:port` of the other side. */
  get remote(): string {
    return this.#net.remote;
  }

  /** A packet has come on it. */
  get hasSpoken(): boolean {
    return this.#hasSpoken;
  }

  get traffic(): LinkTraffic {
    return this.#outbox.traffic;
  }

  send(item: LinkSend): void {
    if (item.kind === "packet") this.#outbox.send(item.bytes);
    else this.#outbox.stream(item);
  }

  sendBytes(bytes: Uint8Array): void {
    this.#outbox.send(bytes);
  }

  /** What was sent leaves now. */
  flush(): void {
    this.#net.flush();
  }

  /** The machine wants it closed, behind what was sent; nothing more is told of it. */
  close(): void {
    if (this.#isOver) return;
    this.#end();
    this.#net.close();
  }

  received(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#snapshot !== undefined) this.#progress();
    try {
      this.#stream.push(bytes);
      for (let next = this.#stream.next(); next !== undefined; next = this.#stream.next()) {
        if (next === SNAPSHOT_END) this.#giveSnapshot();
        else this.#givePacket(next);
        if (this.#isOver) return;
      }
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.giveUp(error.message);
    }
  }

  closed(reason: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#context.step({ kind: "linkDown", link: this.id, reason });
  }

  #givePacket(packet: QuorumPacket): void {
    this.#hasSpoken = true;
    this.#input.packet = packet;
    this.#context.step(this.#input);
    // Only a leader is dialed, and only a leader sends snapshots.
    if (packet.type === PacketType.SNAP && this.id < 0 && !this.#isOver) this.#expectSnapshot(packet.zxid);
  }

  #expectSnapshot(zxid: Zxid): void {
    const { createDatabase, fieldBytesMax } = this.#context;
    const database = createDatabase();
    const decoder = new SnapshotDecoder(database, { isBare: true, fieldBytesMax });
    this.#snapshot = { database, zxid };
    this.#stream.expectSnapshot({
      take(bytes) {
        try {
          return decoder.take(bytes);
        } catch (error) {
          // Whatever a malformed tree makes the database say, it is the other side's fault.
          throw new JuteError(`its snapshot cannot be read: ${(error as Error).message}`);
        }
      },
    });
  }

  #giveSnapshot(): void {
    const { database, zxid } = this.#snapshot!;
    this.#snapshot = undefined;
    database.snapshotLoaded(zxid);
    this.#context.step({ kind: "snapshotReceived", link: this.id, database });
  }

  /** Bytes of a stream move. */
  #progress(): void {
    const { clock } = this.#context;
    const { elapsedMs } = clock.now();
    if (elapsedMs - this.#progressToldMs < PROGRESS_MS) return;
    this.#progressToldMs = elapsedMs;
    this.#tellSoon({ kind: "linkProgress", link: this.id });
  }

  /** This may be in the middle of performing what the machine wants done: it is told when that is over. */
  #tellSoon(input: PeerInput): void {
    const { timer, step } = this.#context;
    timer.soon(() => {
      if (!this.#isOver) step(input);
    });
  }

  /** What the other side does cannot be gone on with. */
  giveUp(reason: string): void {
    if (this.#isOver) return;
    const { log, timer, step } = this.#context;
    const { id, remote } = this;
    log.warn({ link: id, remote }, `closing the link to ${remote}: ${reason}`);
    this.#end();
    this.#net.destroy();
    // As with progress, this may be in the middle of performing.
    timer.soon(() => step({ kind: "linkDown", link: id, reason }));
  }

  #end(): void {
    this.#isOver = true;
    this.#snapshot = undefined;
    this.#outbox.close();
    this.#context.ended(this.id);
  }
}

const NO_PACKET: QuorumPacket = { type: 0, zxid: 0 as Zxid, data: Buffer.alloc(0), authinfo: null };
