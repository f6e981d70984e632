/** One `key = value` of a properties file, escapes resolved, nothing trimmed. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Where its first character stands, counted from 1. */
  readonly line: number;
}

/** The file is not a properties file: the only way that can happen is a broken `\uXXXX`. */
export class PropertiesSyntaxError extends Error {
  override readonly name = "PropertiesSyntaxError";
  readonly line: number;
  constructor(line: number) {
    super("Malformed \\uxxxx encoding.");
    this.line = line;
  }
}

/**
 * Reads what `java.util.Properties.load` reads, in file order, duplicates included (configuration 1.1). The bytes are
 * ISO-8859-1; other characters come as `\uXXXX`. A byte order mark, which some editors put in front, is passed over: to
 * Java it belongs to the first key, and that setting is silently another one.
 */
export function parseProperties(bytes: Uint8Array): Property[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const source = text.startsWith(UTF8_MARK) ? text.slice(UTF8_MARK.length) : text;
  return logicalLines(source).map(splitLine);
}

/** The UTF-8 byte order mark, read as ISO-8859-1. */
const UTF8_MARK = "\u00ef\u00bb\u00bf";

/** A line after continuation: comments and blank lines are gone, leading blanks too, escapes are still there. */
interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

/** `Properties.LineReader`: joins lines that end in an odd number of backslashes. */
function logicalLines(source: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let text = "";
  let firstLine = 0;
  for (const [index, natural] of source.split(/\r\n|\r|\n/).entries()) {
    const part = natural.replace(/^[ \t\f]+/, "");
    if (text === "") {
      if (part === "" && firstLine === 0) continue;
      if (part.startsWith("#") || part.startsWith("!")) continue;
      if (firstLine === 0) firstLine = index + 1;
    }
    text += part;
    if (endsInContinuation(part)) {
      text = text.slice(0, -1);
      continue;
    }
    if (text !== "") lines.push({ text, line: firstLine });
    text = "";
    firstLine = 0;
  }
  if (text !== "") lines.push({ text, line: firstLine });
  return lines;
}

/** Whether the setting goes on in the next line. */
export function endsInContinuation(line: string): boolean {
  let backslashes = 0;
  while (line.charCodeAt(line.length - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

const SEPARATOR = /^((?:\\[\s\S]|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*/;

/** The key ends at the first unescaped separator or blank; one separator with blanks around it is skipped. */
function splitLine({ text, line }: LogicalLine): Property {
  const match = SEPARATOR.exec(text);
  const key = match?.[1] ?? "";
  const value = text.slice(match?.[0].length ?? 0);
  return { key: resolveEscapes(key, line), value: resolveEscapes(value, line), line };
}

const LETTERS: Readonly<Record<string, string>> = { t: "\t", r: "\r", n: "\n", f: "\f" };

/** Resolves `\t \r \n \f \uXXXX`; before anything else the backslash is dropped. */
function resolveEscapes(text: string, line: number): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S]|$)/g, (_match, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    if (escaped === "u") throw new PropertiesSyntaxError(line);
    return LETTERS[escaped] ?? escaped;
  });
}
