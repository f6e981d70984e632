/** The first four bytes of a SASL exchange between servers (quorum-protocol 1.8). */
const SASL_MAGIC = 0x5f24_3501;
/** A TLS record of type handshake, of any version. */
const TLS_HANDSHAKE = 0x1603;

/**
 * What a peer wants whose first bytes on a plain quorum or election port are those of TLS or SASL (quorum-protocol 1.7, 1.8): both
 * wait for an answer that never comes, so the link is to be closed at once, with a line that says which setting differs.
 *
 * @param start the first four bytes as a big-endian int
 */
export function foreignHello(start: number): string | undefined {
  if (start >>> 16 === TLS_HANDSHAKE)
    return "it speaks TLS (sslQuorum=true there), and this server speaks plain";
  if (start === SASL_MAGIC)
    return "it authenticates by SASL (quorum.auth.learnerRequireSasl=true there), and this server does not";
  return undefined;
}
