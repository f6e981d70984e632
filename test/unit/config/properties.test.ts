import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PropertiesSyntaxError, parseProperties } from "../../../src/config/properties.ts";

interface Vector {
  readonly document: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly error?: true;
}

/** What java.util.Properties (Java 17) made of four hundred documents, most of them hostile. */
const VECTORS = JSON.parse(
  readFileSync(new URL("../../golden/vectors/java-properties.json", import.meta.url), "utf8"),
) as Vector[];

function read(document: string): Record<string, string> {
  const properties = parseProperties(Buffer.from(document, "latin1"));
  return Object.fromEntries(properties.map(({ key, value }) => [key, value]));
}

test("reads every document as Java does", () => {
  expect(VECTORS.length).toBe(400);
  for (const { document, properties, error } of VECTORS) {
    if (error) expect(() => read(document), JSON.stringify(document)).toThrow(PropertiesSyntaxError);
    else expect(read(document), JSON.stringify(document)).toEqual(properties);
  }
});

test("passes over a byte order mark, in front of a setting and of a comment", () => {
  const mark = "\u00ef\u00bb\u00bf";
  expect(read(`${mark}tickTime=500\na=1`)).toEqual({ tickTime: "500", a: "1" });
  expect(read(`${mark}# a comment\r\na=1`)).toEqual({ a: "1" });
  expect(read(`a=${mark}`)).toEqual({ a: mark });
});

test("tells the line each property begins on, counting joined lines and all three line ends", () => {
  const lines = parseProperties(Buffer.from("# c\na=1\r\n\r\nb=2\\\n  3\rc=4"));
  expect(lines).toEqual([
    { key: "a", value: "1", line: 2 },
    { key: "b", value: "23", line: 4 },
    { key: "c", value: "4", line: 6 },
  ]);
});

test("keeps duplicates in file order", () => {
  expect(parseProperties(Buffer.from("a=1\na=2")).map(({ value }) => value)).toEqual(["1", "2"]);
});

test("tells the line of a broken escape", () => {
  const attempt = () => parseProperties(Buffer.from("a=1\nb=\\u00g0"));
  expect(attempt).toThrow(expect.objectContaining({ line: 2, message: "Malformed \\uxxxx encoding." }));
});

test("a lone backslash at the end of the file is nothing", () => {
  expect(parseProperties(Buffer.from("a=1\n\\"))).toEqual([{ key: "a", value: "1", line: 1 }]);
});
