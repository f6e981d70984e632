import { Int64 } from "../../protocol/int64.ts";
import type { SessionId } from "../../protocol/session-id.ts";

const TWO_16 = 0x1_0000;
const TWO_40 = 0x100_0000_0000;

/** Owner of container znodes: no session may have this id. */
const CONTAINER_OWNER = new Int64(-0x8000_0000, 0);

/**
 * Makes session ids (client-protocol 2.3): the server's id in the top byte, the low 40 bits of a millisecond clock below
 * it, then 16 bits that start at 0; each further id is one higher.
 */
export class SessionIds {
  #hi: number;
  #lo: number;

  /** @param serverId 0 … 255; @param elapsedMs any monotonic clock: it only has to differ from run to run */
  constructor(serverId: number, elapsedMs: number) {
    const clock = Math.floor(elapsedMs) % TWO_40;
    this.#hi = (serverId << 24) | Math.floor(clock / TWO_16);
    this.#lo = (clock % TWO_16) * TWO_16;
    if (new Int64(this.#hi, this.#lo).equals(CONTAINER_OWNER)) this.#lo = 1;
  }

  next(): SessionId {
    const id = new Int64(this.#hi, this.#lo);
    this.#lo = (this.#lo + 1) | 0;
    if (this.#lo === 0) this.#hi = (this.#hi + 1) | 0;
    return id;
  }
}
