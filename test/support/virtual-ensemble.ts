import type { VirtualClient, VirtualLink } from "../../sim/virtual-client.ts";
import type { VirtualClock } from "../../sim/virtual-clock.ts";
import { VirtualDisk } from "../../sim/virtual-disk.ts";
import { VirtualServer } from "../../sim/virtual-server.ts";
import type { Rng } from "../../src/base/ports.ts";
import { Client } from "../../src/client/client.ts";
import type { ClientLink, ClientLinkHandler } from "../../src/client/client-ports.ts";
import { type ConnectOptions, resolveOptions } from "../../src/client/options.ts";
import { FrameReader } from "../../src/protocol/frame.ts";
import { SILENT_LOG } from "../../src/server/start-server.ts";

/** How long a byte may be under way, in ms. */
const DELAY_MS_MAX = 20;

/**
 * One server on a virtual disk, clients of the production kind, and a network between them that delays, cuts and loses what
 * was under way. Everything random comes from the seed.
 */
export class VirtualEnsemble {
  readonly clock: VirtualClock;
  readonly #rng: Rng;
  readonly #links = new Set<VirtualSocket>();
  #disk: VirtualDisk;
  #server: VirtualServer | undefined;

  constructor(clock: VirtualClock, rng: Rng) {
    this.clock = clock;
    this.#rng = rng;
    this.#disk = new VirtualDisk({
      rng,
      delay: () => new Promise((done) => clock.after(rng.below(8), done)),
    });
  }

  async start(): Promise<void> {
    const { clock } = this;
    this.#server = await clock.runUntil(
      VirtualServer.boot({ disk: this.#disk, clock, rng: this.#rng, snapCount: 12 }),
    );
  }

  /** Breaks every connection; what was under way is lost. */
  cut(): void {
    for (const link of [...this.#links]) link.break();
  }

  /** The power fails; what was not synced may be torn. The server is back after a while. */
  async crash(): Promise<void> {
    this.#server?.kill();
    this.#server = undefined;
    this.cut();
    this.#disk = this.#disk.reboot("torn", this.#rng);
    await this.clock.advance(this.#rng.below(400));
    await this.start();
  }

  client(options: ConnectOptions = {}): Client {
    const rng = this.#rng;
    return new Client({ servers: [{ host: "virtual", port: 1 }], chroot: "" }, resolveOptions(options), {
      clock: this.clock,
      timer: this.clock,
      rng,
      log: SILENT_LOG,
      dial: (_server, handler) => this.#dial(handler),
      md5: () => {
        throw new Error("no SASL here");
      },
    });
  }

  #dial(handler: ClientLinkHandler): ClientLink {
    const link = new VirtualSocket(this.clock, this.#rng, handler, () => this.#links.delete(link));
    this.#links.add(link);
    link.later(() => {
      if (this.#server === undefined) link.fail("refused");
      else link.open(this.#server);
    });
    return link;
  }
}

/** Both ends of one connection; each direction keeps its order and takes its time. */
class VirtualSocket implements ClientLink {
  readonly #clock: VirtualClock;
  readonly #rng: Rng;
  readonly #handler: ClientLinkHandler;
  readonly #gone: () => void;
  readonly #frames = new FrameReader();
  #upstream: VirtualLink | undefined;
  #lastAtMs = 0;
  #isOver = false;

  constructor(clock: VirtualClock, rng: Rng, handler: ClientLinkHandler, gone: () => void) {
    this.#clock = clock;
    this.#rng = rng;
    this.#handler = handler;
    this.#gone = gone;
  }

  /** After a delay, and never before what was asked for earlier. */
  later(callback: () => void): void {
    const nowMs = this.#clock.now().elapsedMs;
    this.#lastAtMs = Math.max(this.#lastAtMs, nowMs + this.#rng.below(DELAY_MS_MAX));
    this.#clock.after(this.#lastAtMs - nowMs, () => {
      if (!this.#isOver) callback();
    });
  }

  open(server: VirtualServer): void {
    const end = {
      connect: (link: VirtualLink): void => {
        this.#upstream = link;
      },
      receive: (bytes: Uint8Array, isClosing: boolean): void => {
        const copy = Uint8Array.from(bytes);
        this.later(() => this.#handler.received(copy));
        if (isClosing) this.later(() => this.fail("lost"));
      },
    };
    server.connect(end as unknown as VirtualClient, 0);
    this.#handler.opened();
  }

  write(bytes: Uint8Array): void {
    const copy = Uint8Array.from(bytes);
    this.later(() => {
      this.#frames.push(copy);
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next())
        this.#upstream?.frame(frame);
    });
  }

  close(): void {
    const upstream = this.#upstream;
    this.#end();
    this.#clock.after(this.#rng.below(DELAY_MS_MAX), () => upstream?.close());
  }

  break(): void {
    const upstream = this.#upstream;
    this.fail("lost");
    upstream?.close();
  }

  fail(kind: "lost" | "refused"): void {
    if (this.#isOver) return;
    this.#end();
    this.#handler.closed({ kind, message: kind === "lost" ? "broke" : "refuses connections" });
  }

  #end(): void {
    this.#isOver = true;
    this.#gone();
  }
}
