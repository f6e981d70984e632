import picocolors from "picocolors";

/** Colours, or their absence. */
export interface Painter {
  readonly isColored: boolean;
  dim(text: string): string;
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/**
 * Colours for a terminal only; NO_COLOR (with any value but none) switches them off, FORCE_COLOR on (https://no-color.org).
 */
export function painter(
  isTerminal: boolean,
  variables: Readonly<Record<string, string | undefined>>,
): Painter {
  const isForced = Boolean(variables.FORCE_COLOR) && variables.FORCE_COLOR !== "0";
  const isColored = !variables.NO_COLOR && (isForced || (isTerminal && variables.TERM !== "dumb"));
  const { dim, bold, red, green, yellow, cyan } = picocolors.createColors(isColored);
  return { isColored, dim, bold, red, green, yellow, cyan };
}
