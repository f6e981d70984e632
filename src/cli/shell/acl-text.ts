import { formatPerms, Perms } from "../../client/acl.ts";
import type { ACL } from "../../protocol/records/data.ts";

const BITS: Readonly<Record<string, number>> = {
  r: Perms.read,
  w: Perms.write,
  c: Perms.create,
  d: Perms.delete,
  a: Perms.admin,
};

/**
 * Reads `scheme:id:perms,…` as the shell does (command-line 2.10): the first and the last colon split, a malformed entry and
 * an unknown letter are complained about and left out. The result may be empty, which no server accepts.
 */
export function readAcl(text: string, complain: (line: string) => void): ACL[] {
  const acl: ACL[] = [];
  for (const entry of dropTrailingEmpty(text.split(","))) {
    const first = entry.indexOf(":");
    const last = entry.lastIndexOf(":");
    if (first === last) {
      complain(`${entry} does not have the form scheme:id:perm`);
      continue;
    }
    let perms = 0;
    for (const letter of entry.slice(last + 1)) {
      const bit = Object.hasOwn(BITS, letter) ? BITS[letter]! : 0;
      if (bit === 0) complain(`Unknown perm type: ${letter}`);
      perms |= bit;
    }
    acl.push({ perms, id: { scheme: entry.slice(0, first), id: entry.slice(first + 1, last) } });
  }
  return acl;
}

/** What is behind the last comma does not count when it is empty, as in Java. */
function dropTrailingEmpty(parts: string[]): string[] {
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts;
}

/** Two lines per entry, as `getAcl` prints them. */
export function aclLines(acl: readonly ACL[]): string[] {
  return acl.flatMap(({ perms, id }) => [`'${id.scheme},'${id.id}`, `: ${formatPerms(perms)}`]);
}
