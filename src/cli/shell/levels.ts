import { CommandError } from "./command-error.ts";

/** The value of `-L`: how many levels below the root; undefined when it was not given. @throws {@link CommandError} */
export function readLevels(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}$/.test(text))
    throw new CommandError(`-L must be a number of levels, 0 ... 9999, not "${text}"`);
  return Number(text);
}

/** `-L` in a table of options. */
export const LEVELS_OPTION = { name: "L", description: "levels", hasValue: true } as const;
