import { askFourLetterWord } from "../../transport/four-letter-client.ts";
import { locateClientPort } from "../client-port.ts";
import type { ServerVerb } from "../server-verb.ts";

const TIMEOUT_MS = 5000;

const TLS_NOTE = (port: string): string[] => [
  " ",
  `Note: We used secureClientPort (${port}) to establish connection, but we failed. The 'status'`,
  "  command establishes a client connection to the server to execute diagnostic commands, and this release",
  "  does not speak TLS yet.",
  " ",
];

/** `zkServer.sh status`: asks the server on the configured client port for its mode. */
export const status: ServerVerb = async ({ environment, output }) => {
  const { lines, found } = locateClientPort(environment.configFile);
  for (const line of lines) output.out(`${line}\n`);
  if (found === undefined) return 1;
  const { host, port, isSecure } = found;
  output.out(`Client port found: ${port}. Client address: ${host}. Client SSL: ${isSecure}.\n`);
  const mode = isSecure ? undefined : await modeOf(host, Number(port));
  if (mode !== undefined) {
    output.out(`${mode}\n`);
    return 0;
  }
  for (const line of isSecure ? TLS_NOTE(port) : []) output.out(`${line}\n`);
  output.out("Error contacting service. It is probably not running.\n");
  return 1;
};

/** The `Mode:` line of `srvr`; undefined when there is no answer, or none with a mode. */
async function modeOf(host: string, port: number): Promise<string | undefined> {
  try {
    const answer = await askFourLetterWord(host, port, "srvr", TIMEOUT_MS);
    return answer.split("\n").find((line) => line.startsWith("Mode: "));
  } catch {
    return undefined;
  }
}
