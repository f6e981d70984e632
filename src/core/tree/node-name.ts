import { Buffer } from "node:buffer";

/**
 * Names of znodes live as UTF-8 in the payload arena, one to three bytes per UTF-16 unit, the way jute writes strings.
 * These functions compare and convert them without making strings of paths' segments.
 */

/** How many bytes `text[start … end)` takes. */
export function nameBytes(text: string, start: number, end: number): number {
  let bytes = end - start;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}

/** Writes `text[start … end)` to `bytes` from `at` on; returns where it ends. */
export function writeName(bytes: Uint8Array, at: number, text: string, start: number, end: number): number {
  let to = at;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[to++] = unit;
    } else if (unit < 0x800) {
      bytes[to++] = 0xc0 | (unit >>> 6);
      bytes[to++] = 0x80 | (unit & 0x3f);
    } else {
      bytes[to++] = 0xe0 | (unit >>> 12);
      bytes[to++] = 0x80 | ((unit >>> 6) & 0x3f);
      bytes[to++] = 0x80 | (unit & 0x3f);
    }
  }
  return to;
}

/** Whether `bytes[at … at+length)` is `text[start … end)`. */
export function nameEquals(
  bytes: Uint8Array,
  at: number,
  length: number,
  text: string,
  start: number,
  end: number,
): boolean {
  const units = end - start;
  if (units > length) return false;
  if (units < length) return nameEqualsWide(bytes, at, length, text, start, end);
  // As many bytes as units: equal only if all are ASCII, or "é" in two bytes would be the text "Ã©".
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(start + i);
    if (bytes[at + i] !== unit || unit >= 0x80) return false;
  }
  return true;
}

function nameEqualsWide(
  bytes: Uint8Array,
  at: number,
  length: number,
  text: string,
  start: number,
  end: number,
): boolean {
  let from = at;
  const bytesEnd = at + length;
  for (let i = start; i < end; i++) {
    if (from >= bytesEnd) return false;
    const width = widthOf(bytes[from]!);
    if (unitAt(bytes, from, width) !== text.charCodeAt(i)) return false;
    from += width;
  }
  return from === bytesEnd;
}

/** The name as a string of its own, which keeps no path alive. */
export function decodeName(bytes: Uint8Array, at: number, length: number): string {
  const end = at + length;
  for (let i = at; i < end; i++) {
    if (bytes[i]! >= 0x80) return decodeWide(bytes, at, end);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString("latin1");
}

function decodeWide(bytes: Uint8Array, at: number, end: number): string {
  let text = "";
  let from = at;
  while (from < end) {
    const width = widthOf(bytes[from]!);
    text += String.fromCharCode(unitAt(bytes, from, width));
    from += width;
  }
  return text;
}

function widthOf(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : 3;
}

function unitAt(bytes: Uint8Array, at: number, width: number): number {
  const first = bytes[at]!;
  if (width === 1) return first;
  const second = bytes[at + 1]! & 0x3f;
  if (width === 2) return ((first & 0x1f) << 6) | second;
  return ((first & 0x0f) << 12) | (second << 6) | (bytes[at + 2]! & 0x3f);
}
