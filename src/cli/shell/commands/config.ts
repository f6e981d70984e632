import { formatAddress } from "../../../client/connect-string.ts";
import { CONFIG_PATH } from "../../../protocol/path.ts";
import type { ShellCommand } from "../command.ts";
import { commandError } from "../error-text.ts";
import { statJson, statLines } from "../stat-text.ts";

/** `config [-c] [-w] [-s]`: the members of the ensemble; nothing on a standalone server. */
export const config: ShellCommand = {
  options: {
    rows: [
      { name: "s", description: "stats" },
      { name: "w", description: "watch" },
      { name: "c", description: "client connection string" },
    ],
  },
  wordsMin: 0,
  async run(words, context) {
    const { text, version, members, stat } = await context.client
      .config(words.has("w") ? { watch: context.watcher("data", CONFIG_PATH) } : {})
      .catch((error: unknown) => {
        throw commandError(error, "") ?? error;
      });
    context.out(words.has("c") ? clientLine(text) : text);
    if (words.has("s")) for (const line of statLines(stat)) context.out(line);
    return {
      version: version ?? null,
      members: members.map(({ id, role, clientAddress }) => ({
        id,
        role,
        client: clientAddress === undefined ? null : formatAddress(clientAddress),
      })),
      text,
      stat: statJson(stat),
    };
  },
};

/** `<version> <host:port,...>`, addresses as the configuration has them. */
export function clientLine(text: string): string {
  let version = "";
  const addresses: string[] = [];
  for (const line of text.split("\n")) {
    const [key = "", ...rest] = line.trim().split("=");
    const value = rest.join("=");
    if (key === "version") version = value;
    const client = key.startsWith("server.") ? value.split(";")[1] : undefined;
    if (client !== undefined) addresses.push(client);
  }
  return `${version} ${addresses.join(",")}`;
}
