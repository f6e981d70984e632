/**
 * A peer's address in the text form that Java prints, because it is compared with ACLs of scheme `ip` and shown by the
 * four-letter words: IPv4 dotted, also when it came in mapped (`::ffff:10.0.0.1`); IPv6 as eight groups without leading
 * zeros and without `::` (`0:0:0:0:0:0:0:1`), scope kept.
 */
export function peerAddressText(address: string): string {
  if (!address.includes(":")) return address;
  // What nearly all connections are: IPv4 on a listener for both families.
  const bare4 = address.slice(MAPPED.length);
  if (address.slice(0, MAPPED.length).toLowerCase() === MAPPED && bare4.includes(".")) return bare4;
  return fullIpv6(address);
}

const MAPPED = "::ffff:";

function fullIpv6(address: string): string {
  const [bare, scope] = address.split("%", 2) as [string, string | undefined];
  const [head, tail] = bare.split("::", 2) as [string, string | undefined];
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<string>(8 - before.length - after.length).fill("0");
  const groups = [...before, ...zeros, ...after].join(":");
  return scope === undefined ? groups : `${groups}%${scope}`;
}

/** The 16-bit groups of one side of `::`, without leading zeros; a dotted end counts as two groups. */
function groupsOf(text: string): string[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16).toString(16)];
    const [a, b, c, d] = group.split(".").map(Number) as [number, number, number, number];
    return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
  });
}
