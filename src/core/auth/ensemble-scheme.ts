import { Buffer } from "node:buffer";
import { type AuthId, type AuthResult, type AuthScheme, NO_IDS } from "./auth-scheme.ts";

/** How the name checks of scheme ensemble ended; three counters of `mntr`. */
export interface EnsembleAuthCounters {
  ensemble_auth_success: number;
  ensemble_auth_fail: number;
  ensemble_auth_skip: number;
}

/**
 * Scheme `ensemble`: the client says which ensemble it means to talk to, and a server of another one closes the
 * connection without an answer, so that the client tries elsewhere. It makes no identity.
 */
export class EnsembleScheme implements AuthScheme {
  readonly name = "ensemble";
  readonly isAuthenticated = false;
  readonly #names: readonly string[];
  readonly #counters: EnsembleAuthCounters;

  /** @param names accepted names; empty = every name */
  constructor(names: readonly string[], counters: EnsembleAuthCounters) {
    this.#names = names;
    this.#counters = counters;
  }

  isValid(): boolean {
    return false;
  }

  matches(): boolean {
    return false;
  }

  authenticate(auth: Uint8Array | null): AuthResult {
    if (auth === null || auth.length === 0 || this.#names.length === 0) {
      this.#counters.ensemble_auth_skip++;
      return { outcome: "accepted", ids: NO_IDS };
    }
    const name = Buffer.from(auth).toString("utf8");
    if (this.#names.includes(name)) {
      this.#counters.ensemble_auth_success++;
      return { outcome: "accepted", ids: NO_IDS };
    }
    this.#counters.ensemble_auth_fail++;
    return { outcome: "closed", reason: `the client expects an ensemble named ${JSON.stringify(name)}` };
  }

  idsAtAccept(): readonly AuthId[] {
    return NO_IDS;
  }

  userName(id: string): string {
    return id;
  }
}
