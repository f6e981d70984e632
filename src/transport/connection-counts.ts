/** How many connections a listener may hold; 0 means no limit. */
export interface ConnectionLimits {
  /** `maxClientCnxns`: connections of one client address. */
  readonly perAddressMax: number;
  /** `maxCnxns`: connections altogether. */
  readonly totalMax: number;
}

/** The connections of one listener, counted by client address. */
export class ConnectionCounts {
  readonly #limits: ConnectionLimits;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts one more connection of `address`, or says why there must not be one. */
  admit(address: string): string | undefined {
    const { perAddressMax, totalMax } = this.#limits;
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (totalMax > 0 && this.#total >= totalMax) {
      return `too many connections: maxCnxns = ${totalMax}`;
    }
    if (perAddressMax > 0 && ofAddress >= perAddressMax) {
      return `too many connections from ${address}: maxClientCnxns = ${perAddressMax}`;
    }
    this.#byAddress.set(address, ofAddress + 1);
    this.#total++;
    return undefined;
  }

  /** One admitted connection of `address` is gone. */
  release(address: string): void {
    const ofAddress = this.#byAddress.get(address)! - 1;
    if (ofAddress === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, ofAddress);
    this.#total--;
  }
}
