import type { ShellCommand } from "./command.ts";
import { COMMANDS, type CommandRow } from "./command-table.ts";
import { nearest } from "./nearest.ts";

/** All commands: Apache's block, and behind it what is not Apache's. The old spellings work, and are not advertised. */
export function usageLines(): string[] {
  const lines = (origin: CommandRow["origin"]): string[] =>
    COMMANDS.filter((row) => row.origin === origin).map((row) => `\t${row.name} ${row.usage}`);
  return [
    "ZooKeeper -server host:port -client-configuration properties-file cmd args",
    ...lines("apache"),
    ...lines("ours"),
  ];
}

/** What a command says when it was given too few words: its synopsis, and where 3.9 does it, its options. */
export function synopsis(row: CommandRow, command: ShellCommand): string {
  const line = `${row.name} ${row.usage}`;
  if (row.listsOptions !== true) return line;
  const options = [...command.options.rows].sort((a, b) => (a.name < b.name ? -1 : 1));
  const flags = options.map(({ name, hasValue }) => ` -${name}${hasValue === true ? " <arg>" : ""}`);
  const width = Math.max(...flags.map((flag) => flag.length)) + 3;
  return [line, ...options.map(({ description }, at) => flags[at]!.padEnd(width) + description), ""].join(
    "\n",
  );
}

/** The command that was most likely meant; undefined when nothing is near. */
export function suggestion(name: string): string | undefined {
  return nearest(
    name,
    COMMANDS.map((row) => row.name),
  );
}
