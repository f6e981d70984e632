import type { NetLink, NetLinkHandler } from "../../src/base/ports.ts";

/** One side of a link whose network takes bytes when the test says so. */
export class FakeNetLink implements NetLink {
  readonly remote = "10.0.0.7:2888";
  /** What was written and taken. */
  sent = Buffer.alloc(0);
  isClosed = false;
  isDestroyed = false;
  /** False: what is written waits until {@link take}. */
  takesAtOnce = true;
  handler!: NetLinkHandler;
  #waiting: Uint8Array[] = [];
  #drained: (() => void)[] = [];

  get bufferedBytes(): number {
    return this.#waiting.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed) return;
    if (this.takesAtOnce) this.sent = Buffer.concat([this.sent, bytes]);
    else this.#waiting.push(bytes);
  }

  flush(): void {}

  whenDrained(callback: () => void): void {
    if (!this.isClosed) this.#drained.push(callback);
  }

  /** The network takes what waits. */
  take(): void {
    this.sent = Buffer.concat([this.sent, ...this.#waiting.splice(0)]);
    for (const callback of this.#drained.splice(0)) callback();
  }

  pause(): void {}
  resume(): void {}

  close(): void {
    this.isClosed = true;
  }

  destroy(): void {
    this.isClosed = this.isDestroyed = true;
  }
}
