import { CommandError } from "./command-error.ts";

const INT_MAX = 2 ** 31 - 1;

/**
 * The version behind `-v`; undefined when it was not given or is -1, which both mean any.
 * @throws {@link CommandError} for what is no version; Apache's shell dies of that
 */
export function readVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const version = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(version >= -1 && version <= INT_MAX)) {
    throw new CommandError(`version must be an integer of 0 ... ${INT_MAX}, or -1 for any, not "${text}"`);
  }
  return version === -1 ? undefined : version;
}

/** Whether the word behind path and data is the version of the old spelling `set path data version`. */
export function isVersionWord(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text);
}
