import { programWords, serverWords } from "../server-command.ts";
import type { ServerVerb } from "../server-verb.ts";

/** `zkServer.sh print-cmd`: the command line that `start` would run, ready for a shell. */
export const printCmd: ServerVerb = async ({ environment, output }) => {
  const words = [...programWords(environment), ...serverWords(environment)].map(quote);
  output.out(`${words.join(" ")} > ${quote(environment.outFile)} 2>&1 < /dev/null\n`);
  return 0;
};

function quote(word: string): string {
  return `"${word.replace(/["\\$`]/g, "\\$&")}"`;
}
