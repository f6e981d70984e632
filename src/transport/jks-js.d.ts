/** What we use of the package, which has no types of its own. */
declare module "jks-js" {
  /** PEM texts of one entry: a key with its chain, or a certificate that is trusted. */
  interface Entry {
    readonly cert?: string;
    readonly key?: string;
    readonly ca?: string;
  }

  const stores: {
    /** Entries by alias, of a JKS or PKCS#12 store. Without a password, a JKS store of certificates is read unchecked. */
    toPem(store: Buffer, password?: string): Readonly<Record<string, Entry>>;
  };
  export default stores;
}
