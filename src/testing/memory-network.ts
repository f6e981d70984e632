import { Buffer } from "node:buffer";
import type { DialOptions, NetLink, NetLinkHandler, NetListener, Network, Timer } from "../base/ports.ts";

type Accept = (link: NetLink) => NetLinkHandler;

/** A dial that has not been answered. */
interface PendingDial {
  readonly from: string;
  readonly to: string;
  answer(): void;
}

/**
 * Streams in memory between the servers of one process, which have names instead of addresses. What is cut is cut as by a
 * broken switch: nothing passes, nobody is told, and what was under way arrives when it is mended, if anybody still waits.
 */
export class MemoryNetwork {
  readonly #timer: Timer;
  readonly #listeners = new Map<string, Accept>();
  readonly #links = new Set<MemoryLink>();
  readonly #pendingDials = new Set<PendingDial>();
  #group: (host: string) => unknown = () => 0;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** The network as `host` sees it; "every address" is its own. */
  at(host: string): Network {
    return {
      listen: async (at, accepted) => this.#listen(`${at.host ?? host}:${at.port}`, accepted),
      dial: (options, opened, failed) => this.#dial(host, options, opened, failed),
    };
  }

  /** Hosts of different groups cannot reach each other from now on. */
  split(group: (host: string) => unknown): void {
    this.#group = group;
    for (const link of this.#links) link.pump();
    for (const dial of [...this.#pendingDials]) dial.answer();
  }

  heal(): void {
    this.split(() => 0);
  }

  reaches(a: string, b: string): boolean {
    return this.#group(a) === this.#group(b);
  }

  /** The machine of `host` is gone: its ports are closed, and its links are reset for the others. */
  crash(host: string): void {
    for (const where of [...this.#listeners.keys()])
      if (where.startsWith(`${host}:`)) this.#listeners.delete(where);
    for (const link of [...this.#links]) if (link.host === host) link.destroy();
  }

  #listen(where: string, accepted: Accept): NetListener {
    if (this.#listeners.has(where)) throw new Error(`cannot listen on ${where}: the port is in use`);
    this.#listeners.set(where, accepted);
    return {
      port: Number(where.slice(where.lastIndexOf(":") + 1)),
      close: async () => {
        if (this.#listeners.get(where) === accepted) this.#listeners.delete(where);
      },
    };
  }

  #dial(
    from: string,
    { to, timeoutMs }: DialOptions,
    opened: (link: NetLink) => NetLinkHandler,
    failed: (reason: string) => void,
  ): () => void {
    const where = `${to.host}:${to.port}`;
    const end = (): void => {
      stop();
      this.#pendingDials.delete(dial);
    };
    const dial: PendingDial = {
      from,
      to: to.host,
      answer: () => {
        if (!this.#pendingDials.has(dial) || !this.reaches(from, to.host)) return;
        end();
        const accepted = this.#listeners.get(where);
        if (accepted === undefined) failed(`${where} refuses connections`);
        else this.#connect(from, to.host, where, accepted, opened);
      },
    };
    const stop = this.#timer.after(timeoutMs, () => {
      end();
      failed(`${where} did not answer within ${timeoutMs} ms`);
    });
    this.#pendingDials.add(dial);
    this.#timer.soon(dial.answer);
    return end;
  }

  #connect(
    from: string,
    to: string,
    where: string,
    accepted: Accept,
    opened: (link: NetLink) => NetLinkHandler,
  ): void {
    const make = (host: string, remote: string): MemoryLink =>
      new MemoryLink(host, remote, this.#timer, {
        reaches: (other) => this.reaches(host, other),
        ended: (link) => this.#links.delete(link),
      });
    const near = make(from, where);
    const far = make(to, `${from}:0`);
    near.join(far);
    this.#links.add(near).add(far);
    far.serve(accepted(far));
    near.serve(opened(near));
  }
}

/** What a link knows of its network. */
interface LinkContext {
  readonly reaches: (host: string) => boolean;
  readonly ended: (link: MemoryLink) => void;
}

/** As much may be under way before {@link NetLink.whenDrained} waits. */
const DRAINED_BYTES = 16 * 1024;
/** Behind the last bytes of a stream. */
type End = string;

/** One end of a stream; what it sends is in its own queue until the other end takes it. */
class MemoryLink implements NetLink {
  readonly host: string;
  readonly remote: string;
  readonly #timer: Timer;
  readonly #context: LinkContext;
  #other: MemoryLink | undefined;
  #handler: NetLinkHandler | undefined;
  #sent: (Uint8Array | End)[] = [];
  #bufferedBytes = 0;
  #whenDrained: (() => void)[] = [];
  #isPaused = false;
  #isOpen = true;
  #isPumping = false;

  constructor(host: string, remote: string, timer: Timer, context: LinkContext) {
    this.host = host;
    this.remote = remote;
    this.#timer = timer;
    this.#context = context;
  }

  join(other: MemoryLink): void {
    this.#other = other;
    other.#other = this;
  }

  serve(handler: NetLinkHandler): void {
    this.#handler = handler;
    this.#other?.pump();
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#sent.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.pump();
  }

  flush(): void {}

  whenDrained(callback: () => void): void {
    if (!this.#isOpen) return;
    this.#whenDrained.push(callback);
    this.pump();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#other?.pump();
  }

  close(): void {
    this.#end("the other side has closed it");
  }

  destroy(): void {
    this.#sent = [];
    this.#bufferedBytes = 0;
    this.#end("the other side has reset it");
  }

  /** Delivers, in a later turn, what may be delivered. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#timer.soon(() => {
      this.#isPumping = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const other = this.#other!;
    const isHeldBack = (): boolean =>
      other.#isPaused || other.#handler === undefined || !this.#context.reaches(other.host);
    for (let next = this.#sent[0]; next !== undefined && !isHeldBack(); next = this.#sent[0]) {
      this.#sent.shift();
      if (typeof next === "string") {
        this.#context.ended(this);
        other.#over(next);
        this.#context.ended(other);
        return;
      }
      this.#bufferedBytes -= next.length;
      // The reader may look at it only now: a copy finds whoever keeps a part of it.
      if (other.#isOpen) other.#handler?.received(Buffer.from(next));
    }
    if (this.#bufferedBytes > DRAINED_BYTES || !this.#isOpen) return;
    for (const callback of this.#whenDrained.splice(0)) callback();
  }

  #end(told: End): void {
    if (!this.#isOpen) return;
    this.#sent.push(told);
    this.pump();
    this.#over("closed here");
  }

  #over(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#whenDrained = [];
    this.#timer.soon(() => this.#handler?.closed(reason));
  }
}
