import { NO_OPTIONS, type ShellCommand } from "../command.ts";

/** `whoami`: the identities of this connection; without a connection there are none to tell. */
export const whoami: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 0,
  async run(_words, context) {
    const { state } = context.client;
    const isConnected = state === "connected" || state === "connectedReadOnly";
    const identities = isConnected ? await context.client.whoAmI() : [];
    context.out("Auth scheme: User");
    for (const { scheme, user } of identities) context.out(`${scheme}: ${user}`);
    return { identities: identities.map(({ scheme, user }) => ({ scheme, user })) };
  },
};
