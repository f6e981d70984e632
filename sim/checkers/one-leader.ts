import { PacketType } from "../../src/core/zab/packets.ts";
import { epochOf } from "../../src/protocol/zxid.ts";
import type { Checker, Observation } from "../observation.ts";

/** S1: an epoch has one leader, and that one only until it ends. */
export class OneLeader implements Checker {
  readonly name = "one-leader";
  readonly #epochs = new Map<number, number>();
  readonly #lives = new Map<number, number>();
  readonly #leaders = new Map<number, string>();

  see(seen: Observation): string | undefined {
    if (seen.kind === "started") this.#lives.set(seen.server, (this.#lives.get(seen.server) ?? 0) + 1);
    if (seen.kind !== "sent" || !seen.isFromLeader || seen.link.isRelayed) return undefined;
    const { link, packet } = seen;
    if (packet.type === PacketType.NEWLEADER) this.#epochs.set(link.id, epochOf(packet.zxid));
    if (packet.type !== PacketType.UPTODATE) return undefined;
    const epoch = this.#epochs.get(link.id)!;
    const leader = `server ${link.leader} (life ${this.#lives.get(link.leader) ?? 0})`;
    const known = this.#leaders.get(epoch);
    if (known === undefined) this.#leaders.set(epoch, leader);
    if (known === undefined || known === leader) return undefined;
    return `epoch ${epoch} has two leaders: ${known} and ${leader}`;
  }
}
