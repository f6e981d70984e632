import type { NetLink, NetLinkHandler, Rng } from "../src/base/ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { VirtualPath } from "./virtual-path.ts";
import type { VirtualProcess } from "./virtual-process.ts";
import { type StreamEnd, VirtualStream } from "./virtual-stream.ts";

/** Who is connected with whom. */
export interface ConnectionInfo {
  /** In the order of dialing, from 1. */
  readonly id: number;
  /** Machine that dialed. */
  readonly from: string;
  /** Machine and port that were dialed. */
  readonly to: string;
  readonly port: number;
}

/** Sees what passes, without touching it. */
export interface NetworkTap {
  opened?(connection: ConnectionInfo): void;
  /** One write of a side. */
  wrote?(connection: ConnectionInfo, byDialer: boolean, bytes: Uint8Array): void;
  /** Bytes written by that side have reached the other process; valid during the call. */
  delivered?(connection: ConnectionInfo, byDialer: boolean, bytes: Uint8Array): void;
  /** That side has no such connection any more. */
  closed?(connection: ConnectionInfo, atDialer: boolean): void;
}

export interface ConnectionOptions {
  readonly info: ConnectionInfo;
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly tap: NetworkTap;
  readonly giveUpMs: number;
  /** From the dialer to the other side, and back. */
  readonly paths: readonly [VirtualPath, VirtualPath];
  readonly processes: readonly [VirtualProcess, VirtualProcess];
  readonly over: (connection: VirtualConnection) => void;
}

/** A connection between two machines: its two ends, each of which may know of the other's end late or never. */
export class VirtualConnection {
  readonly info: ConnectionInfo;
  readonly dialer: VirtualLink;
  readonly acceptor: VirtualLink;
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.info = options.info;
    this.#options = options;
    this.dialer = new VirtualLink(this, options, true);
    this.acceptor = new VirtualLink(this, options, false);
    this.dialer.attach(this.acceptor);
    this.acceptor.attach(this.dialer);
  }

  /** Both sides notice, soon, that it broke; what was under way is lost. */
  reset(): void {
    this.dialer.break("the connection was reset");
    this.acceptor.break("the connection was reset");
  }

  /** A side is gone: of its process, or of the connection. */
  sideGone(): void {
    if (this.dialer.isGone && this.acceptor.isGone) this.#options.over(this);
  }

  /** The path of the bytes that the dialer writes (or the other side) works again. */
  sendAgain(): void {
    this.dialer.out.sendAgain();
    this.acceptor.out.sendAgain();
  }
}

/** One end of a connection, as the process that holds it sees it. */
export class VirtualLink implements NetLink, StreamEnd {
  readonly remote: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly #connection: VirtualConnection;
  readonly #options: ConnectionOptions;
  readonly #isDialer: boolean;
  readonly #process: VirtualProcess;
  #handler: NetLinkHandler | undefined;
  #peer!: VirtualLink;
  #out!: VirtualStream;
  #state: "open" | "closing" | "gone" = "open";
  #isPaused = false;

  constructor(connection: VirtualConnection, options: ConnectionOptions, isDialer: boolean) {
    const { info } = options;
    this.#connection = connection;
    this.#options = options;
    this.#isDialer = isDialer;
    this.#process = options.processes[isDialer ? 0 : 1];
    this.remoteHost = isDialer ? info.to : info.from;
    this.remotePort = isDialer ? info.port : 32768 + (info.id % 28000);
    this.remote = `${this.remoteHost}:${this.remotePort}`;
  }

  attach(peer: VirtualLink): void {
    const { clock, rng, paths, giveUpMs } = this.#options;
    this.#peer = peer;
    this.#out = new VirtualStream({
      clock,
      rng,
      path: paths[this.#isDialer ? 0 : 1],
      to: peer,
      giveUpMs,
      gaveUp: () => this.break("the other side does not answer"),
      refused: () => this.#refusedByPeer(),
    });
  }

  /** The process takes the link. Called once, before anything arrives. */
  adopt(handler: NetLinkHandler): void {
    this.#handler = handler;
    // It may have been broken on its way to the process.
    if (this.#state !== "open") this.#tellClosed("the connection was reset");
    this.#peer.out.pump();
  }

  get out(): VirtualStream {
    return this.#out;
  }

  get isGone(): boolean {
    return this.#state === "gone";
  }

  get bufferedBytes(): number {
    return this.#out.bufferedBytes;
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== "open" || this.#process.isDead) return;
    this.#options.tap.wrote?.(this.#options.info, this.#isDialer, bytes);
    this.#out.write(bytes);
  }

  flush(): void {}

  whenDrained(callback: () => void): void {
    if (this.#state === "open") this.#out.whenDrained(() => this.#process.enter(callback));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#options.clock.soon(() => this.#peer.out.pump());
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#out.end();
    this.#tellClosed("closed here");
  }

  destroy(): void {
    if (this.#state === "gone") return;
    const isOpen = this.#state === "open";
    // A reset may overtake what was written, or not.
    if (isOpen && this.#options.rng.below(2) === 0) this.#out.drop();
    this.#tellClosed("closed here");
    this.#leave(isOpen);
  }

  /** The process has ended, and the system closes what it had. */
  processEnded(): void {
    if (this.#state !== "gone") this.#leave(this.#state === "open");
  }

  /** The machine has no power any more: nobody is told. */
  powerFailed(): void {
    if (this.#state === "gone") return;
    this.#out.kill();
    this.#leave(false);
  }

  /** The system notices that the connection is broken. */
  break(reason: string): void {
    if (this.#state === "gone") return;
    this.#out.kill();
    this.#tellClosed(reason);
    this.#leave(false);
  }

  // As the end of the other side's stream.

  get isTaking(): boolean {
    return this.isGone || (!this.#isPaused && (this.#handler !== undefined || this.#process.isDead));
  }

  received(bytes: Uint8Array): boolean {
    if (this.isGone || this.#process.isDead) return false;
    this.#process.enter(() => {
      if (this.#state !== "open") return;
      this.#options.tap.delivered?.(this.#options.info, !this.#isDialer, bytes);
      this.#handler?.received(bytes);
      // Whoever keeps bytes that were only lent is to see it.
      bytes.fill(0xdd);
    });
    return true;
  }

  ended(): void {
    this.#peer.#finished();
    if (this.#state === "gone") return;
    this.#out.kill();
    this.#tellClosed("closed by the other side");
    this.#leave(false);
  }

  /** The other side has heard of this one's close. */
  #finished(): void {
    if (this.#state === "closing") this.#leave(false);
  }

  /** `isHeardOf`: the other side is told behind what was written, as far as that arrives. */
  #leave(isHeardOf: boolean): void {
    this.#state = "gone";
    if (isHeardOf) this.#out.end();
    this.#options.tap.closed?.(this.#options.info, this.#isDialer);
    // A writer that was waiting for this side to take bytes hears that it is gone.
    this.#options.clock.soon(() => this.#peer.out.pump());
    this.#connection.sideGone();
  }

  #refusedByPeer(): void {
    const { clock, paths } = this.#options;
    const back = paths[this.#isDialer ? 1 : 0];
    clock.after(back.delayMs(0), () => {
      if (!back.isCut) this.break("the connection was reset");
    });
  }

  #tellClosed(reason: string): void {
    const handler = this.#handler;
    this.#handler = undefined;
    if (handler === undefined) return;
    this.#options.clock.soon(() => this.#process.enter(() => handler.closed(reason)));
  }
}
