/** Where a value was written. */
export type Origin =
  | { readonly kind: "file"; readonly file: string; readonly line?: number }
  | { readonly kind: "entry" }
  | { readonly kind: "flag" };

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** What is wrong, in Apache's words where Apache has some (configuration 1.5). */
  readonly reason: string;
  readonly origin?: Origin;
  readonly key?: string;
  /** As written; left out for secrets. */
  readonly value?: string;
  /** The allowed range or values, when there is one. */
  readonly allowed?: string;
}

/** The configuration cannot be used: the process must end with exit code 2 before it touches any data. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** All that was found, not only the first. Never empty. */
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describeProblem).join("\n"));
    this.problems = problems;
  }
}

/** `zoo.cfg line 4: tickTime=abc: For input string: "abc" (allowed: 0 or more ms)`. */
function describeProblem({ reason, origin, key, value, allowed }: ConfigProblem): string {
  const where = origin === undefined ? "" : `${describeOrigin(origin)}: `;
  const what = key === undefined ? "" : `${key}${value === undefined ? "" : `=${value}`}: `;
  return `${where}${what}${reason}${allowed === undefined || allowed === "" ? "" : ` (allowed: ${allowed})`}`;
}

function describeOrigin(origin: Origin): string {
  if (origin.kind === "flag") return "system property";
  if (origin.kind === "entry") return "argument";
  return origin.line === undefined ? origin.file : `${origin.file} line ${origin.line}`;
}
