/** The bytes of an IPv4 (4) or IPv6 (16) address in text form, without brackets; undefined when it is neither. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** As Java's Integer.parseInt: a sign and leading zeros are fine. Undefined when outside 0 … `max`. */
function parseDecimal(text: string, max: number): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= 0 && value <= max ? value : undefined;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parseDecimal(parts[i]!, 255);
    if (part === undefined) return undefined;
    bytes[i] = part;
  }
  return bytes;
}

/** Groups of 16 bits. At the end of an address the last one may be an IPv4 address, which makes two. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (isEnd && i === parts.length - 1 && part.includes(".")) {
      const v4 = parseIpv4(part);
      if (v4 === undefined) return undefined;
      groups.push((v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const scope = text.indexOf("%");
  const address = scope < 0 ? text : text.slice(0, scope);
  const gap = address.indexOf("::");
  const head = parseGroups(gap < 0 ? address : address.slice(0, gap), gap < 0);
  const tail = gap < 0 ? [] : parseGroups(address.slice(gap + 2), true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 8; i++) {
    bytes[2 * i] = groups[i]! >>> 8;
    bytes[2 * i + 1] = groups[i]!;
  }
  return bytes;
}

/** An address and how many of its leading bits count. */
export interface IpPrefix {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/**
 * `addr` or `addr/bits` with 0 ≤ bits ≤ 32 or 128; undefined when it is not that. As with Apache 3.9.5, an IPv6 address
 * has neither a scope nor an IPv4 tail here.
 */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  if (address.includes(":") && /[.%]/.test(address)) return undefined;
  const bytes = parseIpAddress(address);
  if (bytes === undefined) return undefined;
  const all = bytes.length * 8;
  const bits = slash < 0 ? all : parseDecimal(text.slice(slash + 1), all);
  return bits === undefined ? undefined : { bytes, bits };
}

/** Whether `address` begins with the bits of `prefix`; never across families. */
export function isInPrefix(address: Uint8Array, prefix: IpPrefix): boolean {
  if (address.length !== prefix.bytes.length) return false;
  const whole = prefix.bits >>> 3;
  for (let i = 0; i < whole; i++) {
    if (address[i] !== prefix.bytes[i]) return false;
  }
  const rest = prefix.bits & 7;
  if (rest === 0) return true;
  const mask = (0xff00 >>> rest) & 0xff;
  return (address[whole]! & mask) === (prefix.bytes[whole]! & mask);
}
