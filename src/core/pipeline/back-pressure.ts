import type { Connection, Request } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import type { LimitOptions } from "./server-options.ts";

/**
 * Counts the requests in process. Above `globalOutstandingLimit` a connection that has unanswered requests is not read until
 * it has none or the server is below the limit again (client-protocol 7.7). Also keeps the sum of large requests.
 */
export class BackPressure {
  readonly #limits: LimitOptions;
  readonly #outbox: Outbox;
  #inProcess = 0;
  #largeBytes = 0;

  constructor(limits: LimitOptions, outbox: Outbox) {
    this.#limits = limits;
    this.#outbox = outbox;
  }

  /** Requests accepted and not answered. */
  get inProcess(): number {
    return this.#inProcess;
  }

  /** Why a frame of this size cannot be taken now, or undefined. */
  refusalOf(frameBytes: number): string | undefined {
    const { largeRequestBytes, largeRequestsBytesMax } = this.#limits;
    if (largeRequestBytes < 0 || frameBytes <= largeRequestBytes) return undefined;
    if (this.#largeBytes + frameBytes <= largeRequestsBytesMax) return undefined;
    return (
      `a request of ${frameBytes} bytes is above largeRequestThreshold, and with ${this.#largeBytes} bytes of such requests ` +
      `in process it would pass largeRequestMaxBytes = ${largeRequestsBytesMax}`
    );
  }

  /** `request` will be answered later. */
  accepted(request: Request): void {
    this.#inProcess++;
    if (this.#isLarge(request)) this.#largeBytes += request.frame.length;
    const { connection } = request;
    if (connection === null) return;
    if (request.xid > 0) connection.outstanding++;
    if (this.#inProcess > this.#limits.outstandingRequestsMax && connection.outstanding > 0) {
      this.#outbox.setReading(connection, true);
    }
  }

  /** An accepted request is done with, answered or not. */
  finished(request: Request): void {
    this.#inProcess--;
    if (this.#isLarge(request)) this.#largeBytes -= request.frame.length;
    const { connection } = request;
    if (connection === null) return;
    if (request.xid > 0) connection.outstanding--;
    this.recheck(connection);
  }

  /** Reads the connection again if nothing speaks against it. */
  recheck(connection: Connection): void {
    const isBelow = connection.outstanding < 1 || this.#inProcess <= this.#limits.outstandingRequestsMax;
    if (isBelow && !connection.isOutputFull && connection.phase === "open") {
      this.#outbox.setReading(connection, false);
    }
  }

  #isLarge(request: Request): boolean {
    const { largeRequestBytes } = this.#limits;
    return largeRequestBytes >= 0 && request.frame.length > largeRequestBytes;
  }
}
