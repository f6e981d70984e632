import { describe, expect, it } from "vitest";
import { decodeName, nameBytes, nameEquals, writeName } from "../../../../src/core/tree/node-name.ts";

const NAMES = [
  "",
  "a",
  "abc",
  "é",
  "éa",
  "aé",
  "中",
  "é中",
  "\u007f",
  "\u0080",
  "\u07ff",
  "\u0800",
  "\uffee",
  "Ã©",
];

function encode(name: string): Uint8Array {
  const bytes = new Uint8Array(nameBytes(name, 0, name.length));
  expect(writeName(bytes, 0, name, 0, name.length)).toBe(bytes.length);
  return bytes;
}

describe("names in bytes", () => {
  it.each(NAMES.slice(1))("%j are UTF-8 and come back", (name) => {
    const bytes = encode(name);
    expect(Buffer.from(bytes).toString("utf8")).toBe(name);
    expect(decodeName(bytes, 0, bytes.length)).toBe(name);
  });

  it("are equal to themselves only", () => {
    for (const stored of NAMES) {
      const bytes = encode(stored);
      for (const asked of NAMES) {
        expect(nameEquals(bytes, 0, bytes.length, asked, 0, asked.length), `${stored} = ${asked}`).toBe(
          stored === asked,
        );
      }
    }
  });

  it("are taken from the middle of texts and of memory", () => {
    const memory = new Uint8Array(20);
    const end = writeName(memory, 5, "/ab/é中/c", 4, 6);
    expect(end).toBe(10);
    expect(nameEquals(memory, 5, 5, "xé中x", 1, 3)).toBe(true);
    expect(nameEquals(memory, 5, 5, "xé中x", 1, 4)).toBe(false);
    expect(nameEquals(memory, 5, 5, "xé中x", 1, 2)).toBe(false);
    expect(decodeName(memory, 5, 5)).toBe("é中");
  });

  it("keep surrogates, which no valid path has, as jute writes them", () => {
    const bytes = encode("\ud83d\ude00");
    expect(bytes.length).toBe(6);
    expect(decodeName(bytes, 0, 6)).toBe("\ud83d\ude00");
  });
});
