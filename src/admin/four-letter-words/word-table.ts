import { zxidToHex } from "../../protocol/zxid.ts";
import { conf } from "./conf.ts";
import { fullConnectionLine } from "./connection-line.ts";
import { dump } from "./dump.ts";
import { mntr } from "./mntr.ts";
import { srvr, stat } from "./server-statistics.ts";
import { gtmk, stmk } from "./trace-mask.ts";
import { wchc, wchp, wchs } from "./watches.ts";
import type { FourLetterWord } from "./word.ts";

/** All four-letter words (operations.md 1.4): one line, or one line and one file, each. */
export const FOUR_LETTER_WORDS = {
  conf: { whileNotServing: "line", answer: conf },
  cons: {
    whileNotServing: "line",
    *answer(view) {
      for (const connection of view.connections()) yield `${fullConnectionLine(connection)}\n`;
      yield "\n";
    },
  },
  crst: {
    whileNotServing: "line",
    answer(view) {
      view.resetConnectionStatistics();
      return ["Connection stats reset.\n"];
    },
  },
  dirs: {
    whileNotServing: "line",
    async answer(view) {
      const sizes = await view.directorySizes();
      return [`datadir_size: ${sizes.dataDirBytes}\n`, `logdir_size: ${sizes.dataLogDirBytes}\n`];
    },
  },
  dump: { whileNotServing: "line", answer: dump },
  envi: {
    whileNotServing: "answers",
    *answer(view) {
      yield "Environment:\n";
      for (const [key, value] of view.environment()) yield `${key}=${value}\n`;
    },
  },
  gtmk: { whileNotServing: "answers", answer: gtmk },
  hash: {
    whileNotServing: "bare",
    *answer(view) {
      for (const { zxid, digest } of view.digestLog()) yield `${zxidToHex(zxid)}: ${digest.toBigInt()}\n`;
    },
  },
  isro: {
    whileNotServing: "answers",
    answer(view) {
      if (!view.isServing()) return ["null"];
      return [view.serverState() === "read-only" ? "ro" : "rw"];
    },
  },
  mntr: { whileNotServing: "line", answer: mntr },
  ruok: { whileNotServing: "answers", answer: () => ["imok"] },
  srst: {
    whileNotServing: "line",
    answer(view) {
      view.resetServerStatistics();
      return ["Server stats reset.\n"];
    },
  },
  srvr: { whileNotServing: "line", answer: srvr },
  stat: { whileNotServing: "line", answer: stat },
  stmk: { whileNotServing: "answers", argumentBytes: 8, answer: stmk },
  wchc: { whileNotServing: "line", answer: wchc },
  wchp: { whileNotServing: "line", answer: wchp },
  wchs: { whileNotServing: "line", answer: wchs },
} as const satisfies Record<string, FourLetterWord>;

export type WordName = keyof typeof FOUR_LETTER_WORDS;

/**
 * What the telnet program sends when it closes a connection (`ff f4 ff fd`). Apache treats it as a word of this name
 * that does nothing.
 */
export const TELNET_CLOSE = "telnet close";

const WORDS_BY_CODE: ReadonlyMap<number, string> = new Map<number, string>([
  ...Object.keys(FOUR_LETTER_WORDS).map((word) => [codeOf(word), word] as const),
  [0xfff4fffd | 0, TELNET_CLOSE],
]);

/**
 * The word that the first four bytes of a connection spell, read as a big-endian signed 32-bit integer (as a frame's
 * length is read); undefined if they are a length.
 */
export function fourLetterWordOf(code: number): string | undefined {
  return WORDS_BY_CODE.get(code);
}

function codeOf(word: string): number {
  return [...word].reduce((code, letter) => (code << 8) | letter.charCodeAt(0), 0);
}
