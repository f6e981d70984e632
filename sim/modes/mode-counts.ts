import { PacketType } from "../../src/core/zab/packets.ts";
import { epochOf } from "../../src/protocol/zxid.ts";
import type { Greeting } from "../client-exchange.ts";
import type { Checker, Observation } from "../observation.ts";

const LOOKING = 0;

/** Counts what makes a run one of its mode; finds nothing wrong. */
export class ModeCounts implements Checker {
  readonly name = "mode-counts";
  readonly counts = new Map<string, number>();
  /** The last epoch of each server that leads, as long as it does not look for another leader. */
  readonly #led = new Map<number, number>();
  readonly #epochs = new Set<number>();
  readonly #changed = new Set<number>();

  /** Epochs that an election led to, as far as anybody was told of them. */
  get leaderships(): number {
    return this.#epochs.size - this.#changed.size;
  }

  see(seen: Observation): undefined {
    if (seen.kind === "ended") this.#led.delete(seen.server);
    else if (seen.kind === "voted" && seen.notification.state === LOOKING) this.#led.delete(seen.from);
    else if (seen.kind === "greeted") this.#greeted(seen.greeting);
    else if (seen.kind === "state" && seen.state === "connectedReadOnly")
      this.#count("clients gone read-only");
    else if (seen.kind === "sent" && seen.isFromLeader && !seen.link.isRelayed) {
      if (seen.packet.type === PacketType.NEWLEADER)
        this.#newLeader(seen.link.leader, epochOf(seen.packet.zxid));
    }
  }

  #greeted({ session, isReadOnly, asked }: Greeting): void {
    if (session === undefined) this.#count("sessions refused");
    else if (isReadOnly) this.#count("connections read-only");
    else if (asked.session !== undefined) this.#count("sessions continued");
  }

  #newLeader(leader: number, epoch: number): void {
    const before = this.#led.get(leader);
    this.#led.set(leader, epoch);
    if (this.#epochs.has(epoch)) return;
    this.#epochs.add(epoch);
    if (before === undefined) return;
    this.#changed.add(epoch);
    this.#count("epochs changed without an election");
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
