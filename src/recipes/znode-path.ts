/** `/a/b` → `/a`, `/a` → `/`. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** `/a/b` → `b`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A child's path; the parent may be the root. */
export function childPath(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** The counter that the server put behind a sequential name; undefined for another name. */
export function sequenceOf(name: string): number | undefined {
  const match = /([-_]-)?(\d{10})$/.exec(name);
  if (match === null) return undefined;
  // A dash of its own behind the marker's last character is a sign: the counter has overflowed.
  return match[1] === undefined ? Number(match[2]) : -Number(match[2]);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A znode's data as text; null is the empty text. */
export function textOf(data: Uint8Array | null): string {
  return data === null ? "" : decoder.decode(data);
}

/** A random UUID without its dashes, as kazoo names things. */
export function hexGuid(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
