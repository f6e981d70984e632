import { Buffer } from "node:buffer";
import type { AdminView } from "../admin/admin-view.ts";
import { argumentBytesOf, runFourLetterWord } from "../admin/four-letter-words/run-four-letter-word.ts";
import { whitelistOf } from "../admin/four-letter-words/whitelist.ts";
import { fourLetterWordOf } from "../admin/four-letter-words/word-table.ts";
import type { Log, Timer } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import type { CommandWords } from "../transport/client-connection.ts";
import type { AnswerCommand } from "./gateway.ts";

export interface CommandAnswersOptions {
  readonly config: Config;
  readonly view: AdminView;
  readonly timer: Timer;
  readonly log: Log;
  /** A word came in, on this connection. */
  readonly received: (connection: number) => void;
}

/** Brings the four-letter words to the client port: which bytes are one, and who answers it. */
export function commandAnswers(options: CommandAnswersOptions): {
  readonly words: CommandWords;
  readonly answer: AnswerCommand;
} {
  const { config, view, timer, log, received } = options;
  const whitelist = whitelistOf(config.admin.fourLetterWords, config.requests.hasReadOnlyMode);
  const nextTurn = (): Promise<void> => new Promise((resolve) => timer.soon(resolve));
  return {
    words: { wordOf: fourLetterWordOf, argumentBytesOf: (word) => argumentBytesOf(word, whitelist) },
    async answer(word, argument, connection) {
      received(connection.id);
      const write = (chunk: string): Promise<void> | undefined =>
        connection.sendPart(Buffer.from(chunk, "utf8"));
      try {
        await runFourLetterWord(word, argument, view, { whitelist, nextTurn }, write);
      } catch (error) {
        log.error(
          { word, connection: connection.id },
          `four-letter word failed: ${(error as Error).message}`,
        );
      }
    },
  };
}
