import { AuthFailedError } from "../../../client/errors.ts";
import { NO_OPTIONS, type ShellCommand } from "../command.ts";

/**
 * `addauth scheme auth`: another identity for this session. It says nothing: a refusal arrives as the event AuthFailed, and
 * the session is dead.
 */
export const addAuth: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 1,
  async run(words, context) {
    const [scheme = "", auth = null] = words.words;
    try {
      await context.client.addAuth(scheme, auth);
      return { scheme, accepted: true };
    } catch (error) {
      if (!(error instanceof AuthFailedError)) throw error;
      return { scheme, accepted: false };
    }
  },
};
