import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY: string = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export interface Import {
  /** As written: `./x.ts`, `node:fs`, `pino`. */
  readonly specifier: string;
  /** Repository path of the file it names, for relative imports. */
  readonly target: string | undefined;
  readonly isTypeOnly: boolean;
  readonly isDynamic: boolean;
}

export interface SourceFile {
  /** Path inside the repository, with forward slashes. */
  readonly path: string;
  /** Text without comments, string contents blanked out. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** Whether a slash behind this code begins a regular expression rather than divides. */
function startsRegExp(before: string): boolean {
  return /(^|[=(,:;!&|?{}[>]|\breturn)\s*$/.test(before.slice(-20));
}

/** The offset behind the regular expression whose body starts at `i`; it never runs past its line. */
function endOfRegExp(source: string, i: number): number {
  let inClass = false;
  while (i < source.length && source[i] !== "\n") {
    const c = source[i];
    if (c === "\\") i++;
    else if (c === "[") inClass = true;
    else if (c === "]") inClass = false;
    else if (c === "/" && !inClass) return i + 1;
    i++;
  }
  return i;
}

/**
 * Blanks comments, and the contents of strings unless `keepStrings`. Enough of a lexer for our own formatted sources
 * (regular expressions that hold quotes are the one thing it guesses at: a slash after an operator starts one).
 */
export function strip(source: string, keepStrings: boolean): string {
  let out = "";
  let i = 0;
  const templateDepth: number[] = [];
  let braces = 0;
  const copyString = (quote: string): void => {
    out += quote;
    i++;
    while (i < source.length && source[i] !== quote) {
      if (source[i] === "\\") {
        if (keepStrings) out += source.slice(i, i + 2);
        i += 2;
        continue;
      }
      if (quote === "`" && source[i] === "$" && source[i + 1] === "{") {
        templateDepth.push(braces);
        out += "${";
        i += 2;
        return;
      }
      if (keepStrings) out += source[i];
      i++;
    }
    out += quote;
    i++;
  };
  while (i < source.length) {
    const c = source[i]!;
    const next = source[i + 1];
    if (c === "/" && next === "/") {
      while (i < source.length && source[i] !== "\n") i++;
    } else if (c === "/" && next === "*") {
      const end = source.indexOf("*/", i + 2);
      out += source.slice(i, end).replace(/[^\n]/g, "");
      i = end + 2;
    } else if (c === "/" && startsRegExp(out)) {
      out += "/";
      i = endOfRegExp(source, i + 1);
      out += "/";
    } else if (c === '"' || c === "'" || c === "`") {
      copyString(c);
    } else {
      if (c === "{") braces++;
      if (c === "}") {
        if (templateDepth.length > 0 && templateDepth.at(-1) === braces) {
          templateDepth.pop();
          // Back inside the template: go on as if its opening quote had just been read.
          i--;
          out += "}";
          i++;
          copyString("`");
          continue;
        }
        braces--;
      }
      out += c;
      i++;
    }
  }
  return out;
}

const STATIC = /(?:^|\n)\s*(import|export)\s+(type\s+)?([^"';]*?\bfrom\s+)?["']([^"']+)["']/g;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

function importsOf(path: string, source: string): Import[] {
  const withoutComments = strip(source, true);
  const resolveTarget = (specifier: string): string | undefined =>
    specifier.startsWith(".")
      ? relative(REPOSITORY, resolve(REPOSITORY, dirname(path), specifier)).replaceAll("\\", "/")
      : undefined;
  const found: Import[] = [];
  for (const match of withoutComments.matchAll(STATIC)) {
    const clause = match[3] ?? "";
    if (match[1] === "export" && match[3] === undefined) continue;
    const names = /\{([\s\S]*)\}/.exec(clause)?.[1];
    const everyNameIsType =
      names !== undefined &&
      /^\s*\{/.test(clause) &&
      names
        .split(",")
        .filter((name) => name.trim() !== "")
        .every((name) => /^\s*type\s/.test(name));
    found.push({
      specifier: match[4]!,
      target: resolveTarget(match[4]!),
      isTypeOnly: match[2] !== undefined || everyNameIsType,
      isDynamic: false,
    });
  }
  for (const match of withoutComments.matchAll(DYNAMIC)) {
    found.push({
      specifier: match[1]!,
      target: resolveTarget(match[1]!),
      isTypeOnly: false,
      isDynamic: true,
    });
  }
  return found;
}

export function parseSource(path: string, source: string): SourceFile {
  return { path, code: strip(source, false), imports: importsOf(path, source) };
}

/** All TypeScript sources below the given folders of the repository. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  const out: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(REPOSITORY, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|tsx)$/.test(entry.name))
        out.push(parseSource(path, readFileSync(join(REPOSITORY, path), "utf8")));
    }
  };
  for (const folder of folders) walk(folder);
  return out;
}
