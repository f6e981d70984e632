import { type AuthId, type AuthResult, type AuthScheme, NO_IDS, SUPER_SCHEME } from "./auth-scheme.ts";

const SUPER_USER = "super";
const KERBEROS_NAME = /^[^/@]*(?:\/[^/@]*)?@[^/@]*$/;

/** What scheme sasl is told. */
export interface SaslSchemeOptions {
  /** Names that become super users. */
  readonly superUsers: readonly string[];
  /** An ACL id that every SASL user matches (a test hook of Apache's); undefined = none. */
  readonly letAnySaslUserDoX: string | undefined;
}

/** Scheme `sasl`: the name that a SASL exchange (opcode 102) has proven. */
export class SaslScheme implements AuthScheme {
  readonly name = "sasl";
  readonly isAuthenticated = true;
  readonly #options: SaslSchemeOptions;

  constructor(options: SaslSchemeOptions) {
    this.#options = options;
  }

  /** A name without `@`, or a Kerberos principal. */
  isValid(id: string): boolean {
    return !id.includes("@") || KERBEROS_NAME.test(id);
  }

  matches(id: string, aclId: string): boolean {
    return id === aclId || id === SUPER_USER || aclId === this.#options.letAnySaslUserDoX;
  }

  authenticate(): AuthResult {
    return {
      outcome: "failed",
      reason: "scheme sasl takes part in SASL exchanges only, not in auth packets",
    };
  }

  idsAtAccept(): readonly AuthId[] {
    return NO_IDS;
  }

  /** The identities of a connection whose SASL exchange has ended with this canonical name. */
  idsOfUser(name: string): readonly AuthId[] {
    const own: AuthId = { scheme: this.name, id: name };
    return this.#options.superUsers.includes(name) ? [{ scheme: SUPER_SCHEME, id: "" }, own] : [own];
  }

  userName(id: string): string {
    return id;
  }
}
