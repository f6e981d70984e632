import { describe, expect, it } from "vitest";
import {
  argumentBytesOf,
  runFourLetterWord,
} from "../../../src/admin/four-letter-words/run-four-letter-word.ts";
import { whitelistOf } from "../../../src/admin/four-letter-words/whitelist.ts";
import {
  FOUR_LETTER_WORDS,
  fourLetterWordOf,
  TELNET_CLOSE,
} from "../../../src/admin/four-letter-words/word-table.ts";
import { FakeAdminView, nextTurn } from "./fake-admin-view.ts";

const WORDS =
  "conf cons crst dirs dump envi gtmk hash isro mntr ruok srst srvr stat stmk wchc wchp wchs".split(" ");

async function run(
  word: string,
  whitelist: ReadonlySet<string>,
  view = new FakeAdminView(),
): Promise<string> {
  let text = "";
  await runFourLetterWord(word, new Uint8Array(8), view, { whitelist, nextTurn }, (chunk) => {
    text += chunk;
  });
  return text;
}

describe("recognition by the first four bytes", () => {
  it("knows Apache's words, and only those", () => {
    expect(Object.keys(FOUR_LETTER_WORDS).sort()).toEqual(WORDS);
    for (const word of WORDS) expect(fourLetterWordOf(Buffer.from(word).readInt32BE())).toBe(word);
    for (const text of ["RUOK", "xxxx", "rouk", "\0\0\0\x2d"]) {
      expect(fourLetterWordOf(Buffer.from(text).readInt32BE())).toBe(undefined);
    }
  });

  it("knows the sequence by which telnet closes", () => {
    expect(fourLetterWordOf(Buffer.from("fff4fffd", "hex").readInt32BE())).toBe(TELNET_CLOSE);
  });

  it("no word can be the length of a frame that is accepted", () => {
    const juteMaxBuffer = 0xfffff;
    for (const word of WORDS) expect(Buffer.from(word).readInt32BE()).toBeGreaterThan(juteMaxBuffer);
  });
});

describe("whitelist", () => {
  it("by default only srvr", () => {
    expect([...whitelistOf([], false)]).toEqual(["srvr"]);
  });

  it("read-only mode adds isro", () => {
    expect([...whitelistOf([], true)].sort()).toEqual(["isro", "srvr"]);
  });

  it("trims blanks and ignores empty entries", () => {
    expect([...whitelistOf([" ruok", "stat ", ""], false)].sort()).toEqual(["ruok", "srvr", "stat"]);
  });

  it("a star means every word, also among others", () => {
    for (const word of WORDS) expect(whitelistOf(["ruok", " * "], false).has(word)).toBe(true);
  });

  it("refuses the others with one line, also while not serving, and without their argument", async () => {
    const view = new FakeAdminView();
    view.serving = false;
    const whitelist = whitelistOf([], false);
    for (const word of WORDS.filter((w) => w !== "srvr")) {
      expect(await run(word, whitelist, view)).toBe(
        `${word} is not executed because it is not in the whitelist.\n`,
      );
      expect(argumentBytesOf(word, whitelist)).toBe(0);
    }
    expect(view.mask.toNumber()).toBe(306);
  });

  it("refuses telnet's sequence like a word; with a star it does nothing", async () => {
    const refusal = "telnet close is not executed because it is not in the whitelist.\n";
    expect(await run(TELNET_CLOSE, whitelistOf([], false))).toBe(refusal);
    expect(await run(TELNET_CLOSE, whitelistOf(["*"], false))).toBe("");
  });

  it("a listed name that is no word does nothing", async () => {
    expect(await run("constructor", whitelistOf(["constructor"], false))).toBe("");
    expect(argumentBytesOf("constructor", whitelistOf(["constructor"], false))).toBe(0);
  });
});

describe("arguments", () => {
  it("only stmk has some", () => {
    const whitelist = whitelistOf(["*"], false);
    for (const word of WORDS) expect(argumentBytesOf(word, whitelist)).toBe(word === "stmk" ? 8 : 0);
  });
});

describe("long answers", () => {
  const watchesOf = (count: number) =>
    function* () {
      for (let i = 0; i < count; i++) yield { path: `/app/node-${i}`, sessionIds: [] };
    };

  it("are written in chunks, one per turn", async () => {
    const view = new FakeAdminView();
    Object.assign(view, { watchesByPath: watchesOf(10_000) });
    const chunks: string[] = [];
    let turns = 0;
    const options = {
      whitelist: whitelistOf(["*"], false),
      nextTurn: async () => {
        turns++;
      },
    };
    await runFourLetterWord("wchp", new Uint8Array(), view, options, (chunk) => {
      chunks.push(chunk);
      expect(turns).toBe(chunks.length - 1);
    });
    expect(chunks.join("")).toMatch(/^\/app\/node-0\n.*\/app\/node-9999\n\n$/s);
    expect(chunks.join("").split("\n")).toHaveLength(10_002);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(17 * 1024);
    expect(chunks.length).toBeGreaterThan(9);
  });

  it("wait for the socket", async () => {
    const view = new FakeAdminView();
    let made = 0;
    Object.assign(view, {
      *watchesByPath() {
        for (;;) {
          made++;
          yield { path: "/app/".padEnd(1000, "x"), sessionIds: [] };
        }
      },
    });
    const options = { whitelist: whitelistOf(["*"], false), nextTurn };
    const full = new Error("the socket was closed");
    const write = () => (made > 100 ? Promise.reject(full) : Promise.resolve());
    await expect(runFourLetterWord("wchp", new Uint8Array(), view, options, write)).rejects.toBe(full);
    expect(made).toBeLessThan(120);
  });
});
