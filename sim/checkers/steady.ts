import type { Checker, Observation } from "../observation.ts";

/**
 * 3.14: while nothing is wrong nobody loses a connection, whatever the servers do among themselves: an epoch whose zxids are used
 * up is followed by the next, and clients do not notice.
 */
export class Steady implements Checker {
  readonly name = "steady";
  #clients: ReadonlySet<string> = new Set();

  see(seen: Observation): string | undefined {
    if (seen.kind === "steady") this.#clients = new Set(seen.clients);
    if (seen.kind !== "state" || !this.#clients.has(seen.client)) return undefined;
    return seen.state === "connected" ? undefined : `${seen.client} is ${seen.state}, and nothing is wrong`;
  }
}
