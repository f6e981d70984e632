/** The words that `zkCli` was called with, sorted out (command-line 2.1). */
export interface ProgramArguments {
  /** Connect string as given. */
  readonly server: string;
  readonly timeoutText: string;
  readonly allowsReadOnly: boolean;
  readonly waitsForConnection: boolean;
  readonly clientConfiguration: string | undefined;
  readonly isJson: boolean;
  readonly isHelp: boolean;
  /** What to run once; empty: an interactive session. */
  readonly command: readonly string[];
  /** An option without its value: told, and then ignored, as Apache does. */
  readonly problem: string | undefined;
}

const VALUED = {
  "-server": "server",
  "-timeout": "timeoutText",
  "-client-configuration": "clientConfiguration",
} as const;

/**
 * Reads the words in front of the command. Options that are not known are ignored, as Apache does; `--json` counts
 * everywhere, also behind the command (but not behind `--`).
 */
export function readArguments(words: readonly string[]): ProgramArguments {
  const values = {
    server: "localhost:2181",
    timeoutText: "30000",
    clientConfiguration: undefined as string | undefined,
  };
  const flags = new Set<string>();
  let at = 0;
  for (; at < words.length && words[at]!.startsWith("-"); at++) {
    const word = words[at]!;
    if (!Object.hasOwn(VALUED, word)) {
      flags.add(word);
      continue;
    }
    const value = words[++at];
    if (value === undefined) return result(values, flags, [], `Error: no argument found for option ${word}`);
    values[VALUED[word as keyof typeof VALUED]] = value;
  }
  return result(values, flags, words.slice(at), undefined);
}

function result(
  values: Pick<ProgramArguments, "server" | "timeoutText" | "clientConfiguration">,
  flags: ReadonlySet<string>,
  command: readonly string[],
  problem: string | undefined,
): ProgramArguments {
  const { words, isJson } = takeJson(command);
  return {
    ...values,
    allowsReadOnly: flags.has("-r"),
    waitsForConnection: flags.has("-waitforconnection"),
    isJson: isJson || flags.has("--json"),
    isHelp: flags.has("-h") || flags.has("-help") || flags.has("--help"),
    command: words,
    problem,
  };
}

/** Takes `--json` from a command's words; behind `--` it is a word like any other. */
export function takeJson(words: readonly string[]): {
  readonly words: readonly string[];
  readonly isJson: boolean;
} {
  const end = words.indexOf("--");
  const isJson = (word: string, at: number): boolean => word === "--json" && (end < 0 || at < end);
  return { words: words.filter((word, at) => !isJson(word, at)), isJson: words.some(isJson) };
}
