import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { configFromEntries } from "../../src/config/load.ts";
import { PropertiesSyntaxError, parseProperties } from "../../src/config/properties.ts";
import { allOptions } from "../../src/config/schema.ts";
import { MembershipError, type ServerSpec } from "../../src/core/quorum/membership.ts";
import { formatServerLine, parseServerLine } from "../../src/core/quorum/server-line.ts";

/** As `Properties.store` writes: everything that could be taken for syntax gets a backslash. */
function withEscapes(text: string, isKey: boolean): string {
  const escaped = text.split("").map((character, index) => {
    const code = character.charCodeAt(0);
    if (character === "\\") return "\\\\";
    if (code > 0xff || code < 0x20) return `\\u${code.toString(16).padStart(4, "0")}`;
    if (character === " ") return isKey || index === 0 ? "\\ " : " ";
    return "=:#!".includes(character) ? `\\${character}` : character;
  });
  return escaped.join("");
}

const utf16 = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
});
const key = utf16.filter((text) => text !== "");

test("what is escaped comes back, with any separator, indentation, comment and line end", () => {
  const separator = fc.constantFrom("=", ":", " ", "\t=  ", " : ");
  const lineEnd = fc.constantFrom("\n", "\r", "\r\n", "\n# comment\n", "\r\n   \r\n! comment \\\n");
  const line = fc.tuple(key, utf16, separator, lineEnd, fc.constantFrom("", "  ", "\t\f"));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const document = lines
        .map(
          ([k, v, sep, end, indent]) =>
            `${indent}${withEscapes(k, true)}${sep}${withEscapes(v, false)}${end}`,
        )
        .join("");
      const read = parseProperties(Buffer.from(document, "latin1")).map((p) => [p.key, p.value]);
      expect(read).toEqual(lines.map(([k, v]) => [k, v]));
    }),
  );
});

test("any bytes are read or refused with a line, nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        for (const { line } of parseProperties(bytes)) expect(line).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(PropertiesSyntaxError);
      }
    }),
  );
});

const host = fc.oneof(fc.constantFrom("zk1", "zk-2.example.org", "10.0.0.1", "::1", "2001:db8::7"));
const port = fc.integer({ min: 0, max: 65_535 });
const address = fc
  .record({ host, quorumPort: port, electionPort: port })
  .filter(({ quorumPort, electionPort }) => quorumPort !== electionPort);
const hostPort = fc.option(fc.record({ host, port }));
const serverSpec: fc.Arbitrary<ServerSpec> = fc.record({
  id: fc.integer({ min: 0, max: 255 }),
  addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 3, selector: (a) => a.host }),
  peerType: fc.constantFrom("participant", "observer"),
  client: hostPort,
  secureClient: hostPort,
});

test("a server line survives printing and reading", () => {
  fc.assert(
    fc.property(serverSpec, (server) => {
      const sorted = [...server.addresses].sort((a, b) => (a.host < b.host ? -1 : 1));
      const read = parseServerLine(server.id, formatServerLine(server), true);
      expect(read).toEqual({ ...server, addresses: sorted });
    }),
  );
});

test("any text is a server line or refused", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "1", ":", ";", "|", "[", "]", "-", " ", "observer", "2181"),
  });
  fc.assert(
    fc.property(text, (line) => {
      try {
        expect(parseServerLine(1, line, true).addresses.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(MembershipError);
      }
    }),
  );
});

test("any value of any option gives a frozen configuration or a ConfigError", () => {
  const keys = allOptions().map((option) => option.key);
  const value = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.constantFrom("true", "no", "0x10", "-1", ""),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 6 }), (entries) => {
      try {
        const config = configFromEntries({ dataDir: "/nonexistent", ...entries });
        expect(Object.isFrozen(config) && Object.isFrozen(config.clients.throttle)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    { numRuns: 500 },
  );
});
