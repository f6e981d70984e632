import type { Output } from "../output.ts";

/** Where the shell prints lines. In a terminal the prompt steps aside for them. */
export interface Console {
  out(line: string): void;
  err(line: string): void;
}

/** Lines to an {@link Output}. */
export function plainConsole(output: Output): Console {
  return { out: (line) => output.out(`${line}\n`), err: (line) => output.err(`${line}\n`) };
}
