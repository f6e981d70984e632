import { usageLines } from "./usage.ts";

/** `zkCli.sh --help`. */
export function helpText(): string {
  return `Usage: zkCli.sh [options] [command [words...]]

Without a command: a session at the prompt, or of the lines on standard input.

  -server HOST:PORT[,...][/chroot]   default localhost:2181
  -timeout MS                        session timeout, default 30000
  -r                                 a read-only server will do
  -waitforconnection                 wait for the connection first
  -client-configuration FILE         client properties (TLS and more)
  --json                             results and errors as JSON, one value per line

${usageLines().slice(1).join("\n")}
`;
}
