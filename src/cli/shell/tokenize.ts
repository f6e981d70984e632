/** A word is a run of non-blanks that does not begin with a quote, or what stands between two quotes of one kind. */
const WORD = /[ \t\n\v\f\r]*([^"'][^ \t\n\v\f\r]*|"[^"]*"|'[^']*')[ \t\n\v\f\r]*/g;
const QUOTED = /^(["'])(.*)\1$/;

/**
 * Splits a typed line into words as zkCli does (command-line 2.2): quotes count only at the start of a word and are taken
 * off; there are no escapes; an opening quote that is never closed is dropped. A line of blanks is one word, a blank.
 */
export function tokenize(line: string): string[] {
  return Array.from(line.matchAll(WORD), ([, word = ""]) => (QUOTED.test(word) ? word.slice(1, -1) : word));
}
