import { isIP } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { DialOptions, SocketLink, TlsConnectionOptions } from "./dialer.ts";
import { withJavaStores } from "./java-key-store.ts";

/** Opening a store takes a while (its password is stretched), and a client dials again and again with the same one. */
const opened = new WeakMap<TlsConnectionOptions, Promise<ConnectionOptions>>();

/** What node:tls takes. @throws Error when a store cannot be read */
export async function nodeTlsOptions(tls: TlsConnectionOptions): Promise<ConnectionOptions> {
  if (tls.keyStore === undefined && tls.trustStore === undefined) return tls;
  let options = opened.get(tls);
  if (options === undefined) {
    options = withJavaStores(tls);
    opened.set(tls, options);
  }
  return options;
}

/** Opens a TLS connection. @throws the error of node:tls when the options (certificates, key, passphrase) are unusable */
export function connectTls(options: DialOptions, tls: ConnectionOptions, link: SocketLink): TLSSocket {
  const { host, port } = options;
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connect({ ...servername, ...tls, host, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  socket.once("secureConnect", () => link.opened());
  socket.on("data", (bytes: Uint8Array) => link.received(bytes));
  return socket;
}
