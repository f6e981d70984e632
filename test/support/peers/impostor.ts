import type { QuorumPacket } from "../../../src/protocol/records/quorum.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";

/** Stands in {@link Impostor.received} for the bytes of a snapshot, which are no packet. */
export const STREAM = 0;

/** A peer that a test speaks for. */
export class Impostor {
  readonly received: QuorumPacket[] = [];
  isClosed = false;
  readonly #deliver: (packet: QuorumPacket) => void;
  readonly #cluster: { settle(): void };

  constructor(deliver: (packet: QuorumPacket) => void, cluster: { settle(): void }) {
    this.#deliver = deliver;
    this.#cluster = cluster;
  }

  say(type: number, zxid: number, data: Uint8Array | null = null): this {
    this.#deliver({ type, zxid: zxid as Zxid, data, authinfo: null });
    this.#cluster.settle();
    return this;
  }

  /** As {@link say}, but all of it comes before the other side's disk or anybody else does anything. */
  sayAtOnce(...packets: readonly (readonly [type: number, zxid: number, data?: Uint8Array])[]): this {
    for (const [type, zxid, data = null] of packets)
      this.#deliver({ type, zxid: zxid as Zxid, data, authinfo: null });
    this.#cluster.settle();
    return this;
  }

  /** Types of what has come. */
  get types(): number[] {
    return this.received.map(({ type }) => type);
  }
}
