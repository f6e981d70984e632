import type { TlsConfig, TlsStoresConfig, TlsStoreType } from "../config-security.ts";
import { type Option, type OptionSpec, type OptionsOf, passThrough, TLS } from "../option.ts";
import { choice, list, orNull, secret, text } from "../text-type.ts";
import { bool, integer } from "../value-type.ts";

const STORE_TYPES = { jks: "JKS", pem: "PEM", pkcs12: "PKCS12", bcfks: "BCFKS" } as const satisfies Record<
  string,
  TlsStoreType
>;

const STORE_META = { importance: "must", since: "3.5.5" } as const;
const PASSWORD_PATH = "A file with that password: UTF-8, one line end dropped; wins over the text.";

/** The keys that begin with `ssl.` (clients) or `ssl.quorum.` (between servers, and the admin server). */
function tlsStoresOptions(prefix: string, verifiesClientName: boolean): OptionsOf<TlsStoresConfig> {
  const row = <T>(spec: OptionSpec<T>): Option<T> =>
    passThrough({ effect: TLS, ...spec, key: `${prefix}${spec.key}` } as OptionSpec<T>);
  const path = (key: string, meaning: string) =>
    row({ key, type: orNull(text("path")), default: null, defaultText: "unset", ...STORE_META, meaning });
  const password = (key: string, meaning: string) =>
    row({ key, type: secret(), default: "", defaultText: '""', ...STORE_META, meaning });
  const storeType = (key: string) =>
    row<TlsStoreType | null>({
      key,
      type: choice(STORE_TYPES),
      default: null,
      defaultText: "by file suffix",
      ...STORE_META,
      meaning: "Format of the store: suffix .jks, .pem, .p12 or .bcfks, when not given.",
    });
  const flag = (
    key: string,
    value: boolean,
    since: string,
    importance: "must" | "should" | "rarely",
    meaning: string,
  ) => row({ key, type: bool(), default: value, since, importance, meaning });
  return {
    keyStoreLocation: path("keyStore.location", "The key and its certificate."),
    keyStorePassword: password("keyStore.password", "Password of the key store."),
    keyStorePasswordPath: {
      ...path("keyStore.passwordPath", PASSWORD_PATH),
      importance: "should",
      since: "3.8",
    },
    keyStoreType: storeType("keyStore.type"),
    trustStoreLocation: path("trustStore.location", "The issuers that are accepted; unset: the platform's."),
    trustStorePassword: password("trustStore.password", "Password of the trust store."),
    trustStorePasswordPath: {
      ...path("trustStore.passwordPath", PASSWORD_PATH),
      importance: "should",
      since: "3.8",
    },
    trustStoreType: storeType("trustStore.type"),
    protocol: row({
      key: "protocol",
      type: orNull(text("name")),
      default: null,
      defaultText: "TLSv1.3, TLSv1.2 in FIPS mode",
      importance: "should",
      since: "3.5.5",
      meaning: "The protocol of the context, by Java's name.",
    }),
    enabledProtocols: row({
      key: "enabledProtocols",
      type: list(),
      default: [],
      defaultText: "those of the protocol",
      ...STORE_META,
      meaning: "The protocols that may be negotiated.",
    }),
    cipherSuites: row({
      key: "ciphersuites",
      type: list(),
      default: [],
      defaultText: "the library's",
      importance: "should",
      since: "3.5.5",
      meaning: "The cipher suites, by Java's names.",
    }),
    clientAuth: row<"none" | "want" | "need">({
      key: "clientAuth",
      type: choice({ none: "none", want: "want", need: "need" }),
      default: "need",
      importance: "must",
      since: "3.5.7",
      meaning: "Whether the connecting side must show a certificate.",
    }),
    verifiesServerName: flag(
      "hostnameVerification",
      true,
      "3.5.5",
      "must",
      "Compare the server's name with its certificate.",
    ),
    verifiesClientName: flag(
      "clientHostnameVerification",
      verifiesClientName,
      "3.9.4",
      "should",
      "Compare the client's name with its certificate.",
    ),
    allowsReverseDns: flag(
      "allowReverseDnsLookup",
      false,
      "3.9.5",
      "should",
      "Find that name by reverse DNS.",
    ),
    checksCrl: flag("crl", false, "3.5.5", "rarely", "Check revocation lists."),
    checksOcsp: flag("ocsp", false, "3.5.5", "rarely", "Ask for revocation online."),
    handshakeDetectionTimeoutMs: row({
      key: "handshakeDetectionTimeoutMillis",
      type: integer("ms", { floor: 1 }),
      default: 5000,
      importance: "should",
      since: "3.5.5",
      meaning: "On a unified port, the first bytes must have come by then.",
    }),
  };
}

export const clientTlsOptions = tlsStoresOptions("ssl.", false);
export const quorumTlsOptions = tlsStoresOptions("ssl.quorum.", true);

/** What both kinds of TLS share. */
export const tlsOptions: OptionsOf<Omit<TlsConfig, "client" | "quorum">> = {
  authProvider: passThrough({
    key: "ssl.authProvider",
    type: text("scheme"),
    default: "x509",
    importance: "rarely",
    since: "3.5",
    meaning: "The scheme that maps certificates to ids.",
    effect: TLS,
  }),
  isFips: passThrough({
    key: "fips-mode",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.8.2",
    meaning: "No DIGEST-MD5, no trust managers of our own, TLSv1.2 by default.",
    effect: TLS,
  }),
};
