/** Permission bits of an ACL entry (client-protocol 6.1). Other bits are stored and returned unchanged. */
export const Perms = { READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16, ALL: 31 } as const;

/** `31` → `cdrwa`, in the order of zkCli and the audit log. */
export function permsToText(perms: number): string {
  let text = "";
  if (perms & Perms.CREATE) text += "c";
  if (perms & Perms.DELETE) text += "d";
  if (perms & Perms.READ) text += "r";
  if (perms & Perms.WRITE) text += "w";
  if (perms & Perms.ADMIN) text += "a";
  return text;
}
