import type { ConnectionOptions } from "node:tls";

/** Java's stores, as bytes: JKS, or PKCS#12, which keytool writes since Java 9 whatever the file is called. */
export interface JavaStores {
  /** Our key and its certificates; of several keys the first one. Opened by `passphrase`. */
  readonly keyStore?: Uint8Array | undefined;
  /** Certificates to trust, beside those of `ca`. */
  readonly trustStore?: Uint8Array | undefined;
  readonly trustStorePassphrase?: string | undefined;
}

/**
 * TLS options with the contents of the stores in their place. The package that reads them is loaded here and nowhere else.
 * @throws Error that names the store: a wrong password, no such store, or nothing in it that fits
 */
export async function withJavaStores({
  keyStore,
  trustStore,
  trustStorePassphrase,
  ...tls
}: ConnectionOptions & JavaStores): Promise<ConnectionOptions> {
  const { default: stores } = await import("jks-js");
  const read = (name: string, bytes: Uint8Array, password: string | undefined) => {
    try {
      return Object.values(stores.toPem(Buffer.from(bytes), password));
    } catch (cause) {
      const reason = cause instanceof RangeError ? "it is neither JKS nor PKCS#12" : (cause as Error).message;
      throw new Error(`the ${name} cannot be read: ${reason}`, { cause });
    }
  };
  const out: ConnectionOptions = { ...tls };
  if (keyStore !== undefined) {
    const own = read("key store", keyStore, tls.passphrase).find(({ key }) => key !== undefined);
    if (own === undefined) throw new Error("the key store has no private key in it");
    Object.assign(out, { key: own.key, cert: own.cert, passphrase: undefined });
  }
  if (trustStore !== undefined) {
    const trusted = read("trust store", trustStore, trustStorePassphrase).flatMap(({ ca }) => ca ?? []);
    if (trusted.length === 0) throw new Error("the trust store has no certificate in it");
    out.ca = [tls.ca ?? [], trusted].flat();
  }
  return out;
}
