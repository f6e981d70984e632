import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenize } from "../../../../src/cli/shell/tokenize.ts";

describe("tokenize", () => {
  it.each([
    ["ls /", ["ls", "/"]],
    ["  ls   /  ", ["ls", "/"]],
    ['create /a "hello world"', ["create", "/a", "hello world"]],
    ["create /a 'single quoted'", ["create", "/a", "single quoted"]],
    ['create /a a"b', ["create", "/a", 'a"b']],
    ['create /a ""', ["create", "/a", ""]],
    ['create /a "abc', ["create", "/a", "abc"]],
    ['"a b"c', ["a b", "c"]],
    [`"it's"`, ["it's"]],
    [`'say "x"'`, ['say "x"']],
    ["   ", [" "]],
    ["a\tb", ["a", "b"]],
    ["čšž", ["čšž"]],
    ["a\u00a0b", ["a\u00a0b"]],
  ])("%j", (line, words) => {
    expect(tokenize(line)).toEqual(words);
  });

  it("gives back any words that were quoted with a quote they do not hold", () => {
    const word = fc.string({ unit: fc.constantFrom("a", " ", "'", "/", "-") });
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(tokenize(words.map((each) => `"${each}"`).join(" "))).toEqual(words);
      }),
    );
  });
});
