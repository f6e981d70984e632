import { OWNER_THIS_SERVER } from "../session/session-tracker.ts";
import type { Connection, Request } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import type { LimitOptions } from "./server-options.ts";

/**
 * Bytes of requests in process above which a connection that has some of them is not read. `globalOutstandingLimit` alone
 * would let a thousand writes of a megabyte wait for the disk, and each of them is there three times on its way.
 */
export const REQUEST_BYTES_MAX: number = 64 * 1024 * 1024;

/**
 * Counts the requests in process. Above `globalOutstandingLimit` a connection that has unanswered requests is not read until
 * it has none or the server is below the limit again (client-protocol 7.7). The same above {@link REQUEST_BYTES_MAX}, where
 * requests with special xids count too. Also keeps the sum of large requests.
 */
export class BackPressure {
  readonly #limits: LimitOptions;
  readonly #outbox: Outbox;
  #inProcess = 0;
  #foreign = 0;
  #requestBytes = 0;
  #largeBytes = 0;

  constructor(limits: LimitOptions, outbox: Outbox) {
    this.#limits = limits;
    this.#outbox = outbox;
  }

  /** Requests of this server's clients, accepted and not answered. */
  get inProcess(): number {
    return this.#inProcess;
  }

  /** With those of other servers' clients, which are limited there. */
  get total(): number {
    return this.#inProcess + this.#foreign;
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
    if (request.owner !== OWNER_THIS_SERVER) {
      this.#foreign++;
      return;
    }
    this.#inProcess++;
    this.#requestBytes += request.frame.length;
    if (this.#isLarge(request)) this.#largeBytes += request.frame.length;
    const { connection } = request;
    if (connection === null) return;
    connection.requestBytes += request.frame.length;
    if (request.xid > 0) connection.outstanding++;
    if (this.#isTooMuch(connection)) this.#outbox.setReading(connection, true);
  }

  /** An accepted request is done with, answered or not. */
  finished(request: Request): void {
    if (request.owner !== OWNER_THIS_SERVER) {
      this.#foreign--;
      return;
    }
    this.#inProcess--;
    this.#requestBytes -= request.frame.length;
    if (this.#isLarge(request)) this.#largeBytes -= request.frame.length;
    const { connection } = request;
    if (connection === null) return;
    connection.requestBytes -= request.frame.length;
    if (request.xid > 0) connection.outstanding--;
    this.recheck(connection);
  }

  /** Reads the connection again if nothing speaks against it. */
  recheck(connection: Connection): void {
    if (connection.phase !== "open" || connection.isOutputFull || this.#isTooMuch(connection)) return;
    this.#outbox.setReading(connection, false);
  }

  /** Never for a connection without requests in process: the end of the last one is what makes it be read again. */
  #isTooMuch(connection: Connection): boolean {
    if (this.#inProcess > this.#limits.outstandingRequestsMax && connection.outstanding > 0) return true;
    return this.#requestBytes > REQUEST_BYTES_MAX && connection.requestBytes > 0;
  }

  #isLarge(request: Request): boolean {
    const { largeRequestBytes } = this.#limits;
    return largeRequestBytes >= 0 && request.frame.length > largeRequestBytes;
  }
}
