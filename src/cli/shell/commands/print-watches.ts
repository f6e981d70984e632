import { LITERAL_WORDS, type ShellCommand } from "../command.ts";

/** `printwatches [on|off]`: whether events are printed; any word but `on` means off. */
export const printWatches: ShellCommand = {
  options: LITERAL_WORDS,
  wordsMin: 0,
  async run(words, { shell, out }) {
    const [word] = words.words;
    if (word === undefined) out(`printwatches is ${shell.printsEvents ? "on" : "off"}`);
    else shell.printsEvents = word === "on";
    return { printwatches: shell.printsEvents };
  },
};
