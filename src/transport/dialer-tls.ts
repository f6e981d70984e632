import { isIP } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { DialOptions, SocketLink } from "./dialer.ts";

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
