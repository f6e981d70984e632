import { FOUR_LETTER_WORDS, TELNET_CLOSE } from "./word-table.ts";

/**
 * The words that may run (operations.md 1.2): those of `4lw.commands.whitelist`, where `*` means every word; always
 * `srvr`, because zkServer.sh needs it; `isro` with read-only mode, because clients need it.
 */
export function whitelistOf(
  configured: readonly string[],
  isReadOnlyModeEnabled: boolean,
): ReadonlySet<string> {
  const words = configured.map((word) => word.trim()).filter((word) => word !== "");
  return new Set([
    ...words.filter((word) => word !== "*"),
    ...(words.includes("*") ? [...Object.keys(FOUR_LETTER_WORDS), TELNET_CLOSE] : []),
    ...(isReadOnlyModeEnabled ? ["isro"] : []),
    "srvr",
  ]);
}

/** The whole answer to a word that may not run. */
export function refusalOf(word: string): string {
  return `${word} is not executed because it is not in the whitelist.\n`;
}
