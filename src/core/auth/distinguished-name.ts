/** `name` or a dotted number, `=`, and a value: quoted, hexadecimal, or plain with backslash escapes. */
const ATTRIBUTE =
  /^\s*(?:[A-Za-z][A-Za-z0-9-]*|(?:OID\.)?\d+(?:\.\d+)*)\s*=\s*(?:"(?:[^"\\]|\\.)*"|#(?:[0-9A-Fa-f]{2})+|(?:[^,;+"\\<>#=]|\\.)(?:[^,;+"\\<>]|\\.)*)?\s*$/i;

/** Cuts at separators that are neither quoted nor escaped. */
function splitUnquoted(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") i++;
    else if (c === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (c === "," || c === ";" || c === "+")) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Whether `text` is an X.500 name as RFC 2253 writes it (`CN=a,OU=b`); the empty name is one. */
export function isDistinguishedName(text: string): boolean {
  if (text.trim() === "") return true;
  return splitUnquoted(text).every((part) => ATTRIBUTE.test(part));
}
