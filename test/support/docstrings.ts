/** A symbol or member without a docstring, as `file:line name`. */
export type Undocumented = string;

const DECLARATION = /^export (?:abstract )?(?:async )?(class|interface|function|type|const) (\w+)/;
const MEMBER = /^ {2}(?:static |readonly |get |set |async |override |abstract )*(\w+)[?]?[(:<=;]/;
/** Explained where they are declared once, or by the language. */
const EXEMPT = new Set(["constructor", "name"]);

/** Names that an entry point exports, by the file that they come from: `export { A, type B } from "./c.ts"`. */
export function exportsOf(entryPoint: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, names, file] of entryPoint.matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g)) {
    const set = found.get(file!) ?? new Set();
    for (const name of names!.split(",")) set.add(name.replace("type ", "").trim());
    set.delete("");
    found.set(file!, set);
  }
  return found;
}

/** What of the named symbols, and of the members of classes and interfaces among them, nobody has explained. */
export function undocumented(path: string, source: string, names: ReadonlySet<string>): Undocumented[] {
  const lines = source.split("\n");
  const out: Undocumented[] = [];
  let within: string | undefined;
  const documented = new Set<string>();
  for (const [at, line] of lines.entries()) {
    const isDocumented = lines[at - 1]?.trimEnd().endsWith("*/") === true;
    const [, kind, symbol] = DECLARATION.exec(line) ?? [];
    if (symbol !== undefined) {
      // Of a value and a type of one name the first one is explained.
      if (names.has(symbol) && !isDocumented && !documented.has(symbol))
        out.push(`${path}:${at + 1} ${symbol}`);
      documented.add(symbol);
      within = names.has(symbol) && /class|interface/.test(kind!) && line.endsWith("{") ? symbol : undefined;
    } else if (line.startsWith("}")) within = undefined;
    else if (within !== undefined) {
      const member = MEMBER.exec(line)?.[1];
      if (member === undefined || EXEMPT.has(member)) continue;
      const name = `${within}.${member}`;
      // Of several overloads the first one is explained.
      if (!isDocumented && !documented.has(name)) out.push(`${path}:${at + 1} ${name}`);
      documented.add(name);
    }
  }
  return out;
}
