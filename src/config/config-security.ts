/** Who is who, and who may do what. */
export interface AuthConfig {
  /** `skipACL=yes`: no ACL is ever checked. */
  readonly skipsAcl: boolean;
  /**
   * `authProvider.*` and the built-in ones, mapped to our own: the schemes a client may use, in the order of registration.
   * `ip`, `digest` (unless switched off) and `world` are always there.
   */
  readonly schemes: readonly AuthScheme[];
  /** `DigestAuthenticationProvider.superDigest`: `super:<base64>`; null means there is no super user. */
  readonly superDigest: string | null;
  /** `DigestAuthenticationProvider.digestAlg`: a Java digest name, e.g. `SHA1`, `SHA-256`. */
  readonly digestAlgorithm: string;
  /** `X509AuthenticationProvider.superUser`: an X.500 name. */
  readonly x509SuperUser: string | null;
  /** `superUser` and `superUser.<suffix>`: SASL principals. */
  readonly saslSuperUsers: readonly string[];
  /** `SASLAuthenticationProvider.superPassword`. */
  readonly saslSuperPassword: string | null;
  /** `allowSaslFailedClients`. */
  readonly keepsSaslFailedClients: boolean;
  /**
   * `enforce.auth.enabled` with `enforce.auth.schemes`, or `sessionRequireClientSASLAuth`: a session must have
   * authenticated with one of these before anything but auth; empty means no such rule.
   */
  readonly requiredSchemes: readonly string[];
  /** `ensembleAuthName`: names the scheme `ensemble` accepts; null means the scheme checks nothing. */
  readonly ensembleNames: readonly string[] | null;
  /** `IPAuthenticationProvider.usexforwardedfor`: admin requests only. */
  readonly trustsForwardedFor: boolean;
  /** `sasl.serverconfig`: section of the JAAS file. */
  readonly saslServerSection: string;
  /** `java.security.auth.login.config`: the JAAS file. */
  readonly jaasFile: string | null;
  readonly removesHostFromPrincipal: boolean;
  readonly removesRealmFromPrincipal: boolean;
  /** `security.auth_to_local`. */
  readonly principalRules: string;
  /** `server.realm`. */
  readonly realm: string | null;
}

/** A scheme with a built-in provider. */
export type AuthScheme = "world" | "ip" | "digest" | "x509" | "sasl" | "ensemble" | "key";

/** TLS for clients (`ssl.*`) and between servers (`ssl.quorum.*`, also the admin server). */
export interface TlsConfig {
  readonly client: TlsStoresConfig;
  readonly quorum: TlsStoresConfig;
  /** `ssl.authProvider`: the scheme that maps certificates to ids. */
  readonly authProvider: string;
  /** `fips-mode`. */
  readonly isFips: boolean;
}

export type TlsStoreType = "JKS" | "PEM" | "PKCS12" | "BCFKS";

export interface TlsStoresConfig {
  readonly keyStoreLocation: string | null;
  readonly keyStorePassword: string;
  readonly keyStorePasswordPath: string | null;
  /** null: told by the file's suffix. */
  readonly keyStoreType: TlsStoreType | null;
  /** null: the platform's own trust. */
  readonly trustStoreLocation: string | null;
  readonly trustStorePassword: string;
  readonly trustStorePasswordPath: string | null;
  readonly trustStoreType: TlsStoreType | null;
  /** A Java protocol name; null: TLSv1.3, or TLSv1.2 in FIPS mode. */
  readonly protocol: string | null;
  /** Empty: what belongs to `protocol`. */
  readonly enabledProtocols: readonly string[];
  /** Java's names; empty: the library's default. */
  readonly cipherSuites: readonly string[];
  readonly clientAuth: "none" | "want" | "need";
  readonly verifiesServerName: boolean;
  readonly verifiesClientName: boolean;
  readonly allowsReverseDns: boolean;
  readonly checksCrl: boolean;
  readonly checksOcsp: boolean;
  /** First bytes must have come by then, to tell TLS from plain text. */
  readonly handshakeDetectionTimeoutMs: number;
}
