import { NO_OPTIONS, type ShellCommand } from "../command.ts";

/** `whoami`: the identities of this connection; while it is lost there are none to tell. */
export const whoami: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 0,
  async run(_words, context) {
    const identities = context.client.state === "suspended" ? [] : await context.client.whoAmI();
    context.out("Auth scheme: User");
    for (const { scheme, user } of identities) context.out(`${scheme}: ${user}`);
    return { identities: identities.map(({ scheme, user }) => ({ scheme, user })) };
  },
};
