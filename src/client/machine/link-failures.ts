import type { LinkFailure } from "./ready.ts";

/** The other side closed before it answered the ConnectRequest: servers do that without a word (client-protocol 2.2). */
export const REJECTED: LinkFailure = {
  kind: "rejected",
  message:
    "closed the connection before it answered the handshake: it may have no quorum, be read-only (then allow it with " +
    'readOnly: "allowed"), be behind what this client has seen, have too many connections, or expect TLS',
};

/** First byte of a TLS record that carries an alert. */
const TLS_ALERT = 0x15;
const TLS_HANDSHAKE = 0x16;

/** A frame of impossible length: tells what the bytes of the length look like instead. */
export function garbageFailure(length: number, limitBytes: number): LinkFailure {
  const bytes = [length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
  if ((bytes[0] === TLS_ALERT || bytes[0] === TLS_HANDSHAKE) && bytes[1] === 3) {
    return {
      kind: "protocol",
      message: "speaks TLS on this port: pass the option `tls`, or use the plain port",
    };
  }
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (isText) {
    const text = String.fromCharCode(...bytes);
    return {
      kind: "protocol",
      message: `does not speak ZooKeeper's protocol: its answer begins with "${text}". Is it the right port?`,
    };
  }
  return {
    kind: "protocol",
    message:
      `announced a frame of ${length} bytes; the limit replyBytesMax is ${limitBytes} bytes. ` +
      "Raise it, or check that this is a ZooKeeper server",
  };
}

/** Something arrived that is not the record that must stand there. */
export function undecodableFailure(detail: string): LinkFailure {
  return {
    kind: "protocol",
    message: `sent something that is not ZooKeeper's protocol (${detail}). Is it the right port?`,
  };
}
