import { PacketType } from "../../src/core/zab/packets.ts";
import { epochOf } from "../../src/protocol/zxid.ts";
import type { Checker, Observation } from "../observation.ts";

/** Counts what makes a run one of its mode; finds nothing wrong. */
export class ModeCounts implements Checker {
  readonly name = "mode-counts";
  readonly counts = new Map<string, number>();
  readonly #ledOn = new Map<number, number>();
  readonly #epochs = new Set<number>();
  readonly #changed = new Set<number>();

  /** Epochs that an election led to, as far as anybody was told of them. */
  get leaderships(): number {
    return this.#epochs.size - this.#changed.size;
  }

  see(seen: Observation): undefined {
    if (seen.kind === "greeted") {
      const { session, isReadOnly, asked } = seen.greeting;
      if (session === undefined) this.#count("sessions refused");
      else if (isReadOnly) this.#count("connections read-only");
      else if (asked.session !== undefined) this.#count("sessions continued");
    } else if (seen.kind === "sent" && seen.isFromLeader && seen.packet.type === PacketType.NEWLEADER) {
      if (seen.link.isRelayed) return;
      const epoch = epochOf(seen.packet.zxid);
      this.#epochs.add(epoch);
      const before = this.#ledOn.get(seen.link.id);
      this.#ledOn.set(seen.link.id, epoch);
      if (before === undefined || before === epoch || this.#changed.has(epoch)) return;
      this.#changed.add(epoch);
      this.#count("epochs changed without an election");
    } else if (seen.kind === "state" && seen.state === "connectedReadOnly")
      this.#count("clients gone read-only");
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
