import type { AuthConfig } from "../config-security.ts";
import { NOW, type Option, type OptionsOf, passThrough, SASL, TLS } from "../option.ts";
import { list, orNull, secret, text } from "../text-type.ts";
import { bool, offUnlessYes } from "../value-type.ts";

/** The fields that one key decides; `schemes`, `requiredSchemes` and `saslSuperUsers` are put together in `resolve-auth.ts`. */
type SingleKeyAuth = Omit<AuthConfig, "schemes" | "requiredSchemes" | "saslSuperUsers">;

/** Who is who, and who may do what. */
export const authOptions: OptionsOf<SingleKeyAuth> = {
  skipsAcl: passThrough({
    key: "skipACL",
    type: offUnlessYes(),
    default: false,
    importance: "should",
    since: "3.0",
    meaning: "`yes`: no ACL is ever checked; everybody may do everything.",
  }),
  superDigest: passThrough({
    key: "DigestAuthenticationProvider.superDigest",
    type: orNull(secret()),
    default: null,
    defaultText: "no super user",
    importance: "must",
    since: "3.2",
    meaning: "`super:<base64>`: whoever authenticates with scheme digest as this user may do everything.",
  }),
  digestAlgorithm: passThrough({
    key: "DigestAuthenticationProvider.digestAlg",
    type: text("name"),
    default: "SHA1",
    importance: "should",
    since: "3.7",
    meaning: "The hash of digest ids; the same on all servers.",
  }),
  x509SuperUser: passThrough({
    key: "X509AuthenticationProvider.superUser",
    type: orNull(text("name")),
    default: null,
    defaultText: "no super user",
    importance: "should",
    since: "3.5",
    meaning: "The subject of the certificate that may do everything.",
    effect: TLS,
  }),
  saslSuperPassword: passThrough({
    key: "SASLAuthenticationProvider.superPassword",
    type: orNull(secret()),
    default: null,
    defaultText: "off",
    importance: "should",
    since: "3.4",
    meaning: "Password of the DIGEST-MD5 user `super`.",
    effect: SASL,
  }),
  keepsSaslFailedClients: passThrough({
    key: "allowSaslFailedClients",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.4",
    meaning: "Clients may go on after SASL has failed.",
    effect: SASL,
  }),
  ensembleNames: passThrough<readonly string[] | null>({
    key: "ensembleAuthName",
    type: list(),
    default: null,
    defaultText: "anything",
    importance: "rarely",
    since: "3.6",
    meaning: "Names that the scheme `ensemble` accepts.",
  }),
  trustsForwardedFor: passThrough({
    key: "IPAuthenticationProvider.usexforwardedfor",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.9.3",
    meaning: "Admin requests: take the client's address from X-Forwarded-For.",
  }),
  saslServerSection: passThrough({
    key: "sasl.serverconfig",
    type: text("name"),
    default: "Server",
    importance: "should",
    since: "3.4",
    meaning: "The section of the JAAS file for clients that log in.",
    effect: SASL,
  }),
  jaasFile: passThrough({
    key: "java.security.auth.login.config",
    properties: ["java.security.auth.login.config"],
    type: orNull(text("path")),
    default: null,
    defaultText: "unset",
    importance: "should",
    since: "3.4",
    meaning: "The JAAS file with the login sections.",
    effect: SASL,
  }),
  removesHostFromPrincipal: passThrough({
    key: "kerberos.removeHostFromPrincipal",
    type: bool(),
    default: false,
    importance: "rarely",
    since: "3.4",
    meaning: "Drop the host part of a Kerberos principal.",
    effect: SASL,
  }),
  removesRealmFromPrincipal: passThrough({
    key: "kerberos.removeRealmFromPrincipal",
    type: bool(),
    default: false,
    importance: "rarely",
    since: "3.4",
    meaning: "Drop the realm of a Kerberos principal.",
    effect: SASL,
  }),
  principalRules: passThrough({
    key: "security.auth_to_local",
    type: text("rules"),
    default: "DEFAULT",
    importance: "rarely",
    since: "3.4",
    meaning: "How Kerberos principals become short names.",
    effect: SASL,
  }),
  realm: passThrough({
    key: "server.realm",
    properties: ["zookeeper.server.realm"],
    type: orNull(text("realm")),
    default: null,
    defaultText: "the client's",
    importance: "rarely",
    since: "3.5",
    meaning:
      "The server's Kerberos realm. As system property only: in the file it would be an ensemble line.",
    effect: SASL,
  }),
};

/** Keys that `resolve-auth.ts` reads beside the single ones. */
export const authSwitches = {
  digestEnabled: passThrough({
    key: "DigestAuthenticationProvider.enabled",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.7",
    meaning: "`false` switches the scheme digest off.",
  }),
  superUser: passThrough({
    key: "superUser",
    type: orNull(text("principal")),
    default: null,
    defaultText: "off",
    importance: "should",
    since: "3.4.14",
    meaning: "A SASL principal that may do everything; further ones as `superUser.<suffix>`.",
    effect: SASL,
  }),
  enforced: passThrough({
    key: "enforce.auth.enabled",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.7",
    meaning:
      "A session must have authenticated with one of `enforce.auth.schemes` before it may do anything.",
  }),
  enforcedSchemes: passThrough({
    key: "enforce.auth.schemes",
    type: list(),
    default: [],
    defaultText: "required when `enforce.auth.enabled` is true",
    importance: "should",
    since: "3.7",
    meaning: "The schemes that count for `enforce.auth.enabled`.",
  }),
  requiresSasl: passThrough({
    key: "sessionRequireClientSASLAuth",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.6",
    meaning: "The same as `enforce.auth.enabled` with the scheme sasl.",
  }),
} satisfies Record<string, Option<unknown>>;

/** `authProvider.<any>`: every key with this prefix names a provider class. */
export const AUTH_PROVIDER_PREFIX = "authProvider.";

/** Rows for keys of which there can be many; for the documentation. */
export const authFamilies = [
  {
    key: `${AUTH_PROVIDER_PREFIX}<any>`,
    importance: "must",
    since: "3.0",
    meaning:
      "Another authentication scheme, by the class name of Apache's provider; the suffix says nothing.",
    effect: NOW,
  },
  {
    key: "superUser.<any>",
    importance: "should",
    since: "3.6",
    meaning: "Further SASL principals that may do everything.",
    effect: SASL,
  },
] as const;
