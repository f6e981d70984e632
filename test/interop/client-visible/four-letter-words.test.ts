import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fourLetterWord, type Subject, type SubjectKind, startSubject } from "../../support/apache.ts";
import { Actor } from "../support/actor.ts";
import { keysOf, mask } from "../support/four-letter-mask.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { addWatch, create, exists, getChildren, getData } from "../support/requests.ts";
import { SUBJECT } from "../support/suite.ts";
import { Transcript } from "../support/transcript.ts";

const PEERS: readonly SubjectKind[] = (["apache-3.8", "apache-3.9"] as const).filter(
  (kind) => kind !== SUBJECT,
);

/** Two clients with ephemerals and watches of every kind, the same on every subject. */
async function populate(subject: Subject): Promise<Actor[]> {
  const transcript = new Transcript(0n);
  const actors: Actor[] = [];
  for (const name of ["one", "two"]) {
    const actor = new Actor(name, transcript, subject.port, await RawConnection.open(subject.port));
    await actor.handshake({ timeoutMs: 30_000 });
    actors.push(actor);
  }
  const [one, two] = actors as [Actor, Actor];
  await one.call(create("/app"));
  await one.call(create("/app/e1", { flags: 1 }));
  await one.call(create("/app/e2", { flags: 1 }));
  await two.call(create("/app/e3", { flags: 1 }));
  await two.call(getData("/app", true));
  await two.call(exists("/zzz", true));
  await two.call(getChildren("/app", true));
  await one.call(addWatch("/app/e1", 0));
  await one.call(addWatch("/app", 1));
  return actors;
}

describe("four-letter words", () => {
  let subjects: Subject[] = [];
  let actors: Actor[] = [];

  beforeAll(async () => {
    subjects = await Promise.all([SUBJECT, ...PEERS].map((kind) => startSubject(kind)));
    actors = (await Promise.all(subjects.map(populate))).flat();
  });

  afterAll(async () => {
    for (const actor of actors) actor.connection.destroy();
    await Promise.all(subjects.map((subject) => subject.dispose()));
  });

  async function compareAnswers(
    word: string | Uint8Array,
    shape: (answer: string, subject: Subject) => unknown,
  ) {
    const answers = await Promise.all(
      subjects.map(async (subject) => shape(await fourLetterWord(subject.port, word), subject)),
    );
    for (const [index, answer] of answers.entries()) {
      if (index > 0) expect(answers[0], `${subjects[index]!.kind} answers otherwise`).toEqual(answer);
    }
    return answers[0];
  }

  test.each([
    "ruok",
    "isro",
    "gtmk",
    "conf",
    "stat",
    "srvr",
    "cons",
    "dump",
    "wchs",
    "wchc",
    "wchp",
    "dirs",
    "hash",
  ])("%s", async (word) => {
    await compareAnswers(word, mask);
  });

  test("envi has the same keys", async () => {
    const keys = await compareAnswers("envi", (answer) => keysOf(answer, "="));
    expect(keys).toContain("zookeeper.version");
  });

  test("stmk sets the mask that gtmk shows", async () => {
    const word = Buffer.concat([Buffer.from("stmk"), Buffer.from("0000000000000132", "hex")]);
    expect(await compareAnswers(word, (answer) => answer)).toBe("306");
    await compareAnswers("gtmk", (answer) => answer);
  });

  test("what follows a word is ignored, and the word may come in pieces", async () => {
    await compareAnswers("ruok\nmore", (answer) => answer);
    for (const subject of subjects) {
      const connection = await RawConnection.open(subject.port);
      connection.send(Buffer.from("ru"));
      await new Promise((next) => setTimeout(next, 20));
      connection.send(Buffer.from("ok"));
      // "imok" reads as a frame length here; that it came shows in the end of the connection behind it.
      expect(await connection.next()).toBe("closed");
    }
  });

  test.each(["RUOK", "xxxx", "reqs", "kill"])("%s is unknown: an end without a byte", async (word) => {
    expect(await compareAnswers(word, (answer) => answer)).toBe("");
  });

  test("crst and srst reset what they say", async () => {
    await compareAnswers("crst", (answer) => answer);
    await compareAnswers("cons", mask);
    await compareAnswers("srst", (answer) => answer);
    await compareAnswers("srvr", mask);
  });

  test("mntr has every key of Apache's, with a value of the same kind", async () => {
    const shape = (answer: string): Map<string, string> => {
      const lines = answer
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t"));
      return new Map(lines.map(([key, value]) => [key!, Number.isNaN(Number(value)) ? "text" : "number"]));
    };
    const maps = await Promise.all(
      subjects.map(async (subject) => shape(await fourLetterWord(subject.port, "mntr"))),
    );
    for (const [index, theirs] of maps.entries()) {
      // What only a JVM has.
      const wanted = [...theirs].filter(([key]) => !key.startsWith("zk_jvm_"));
      const missing = wanted.filter(([key, kind]) => maps[0]!.get(key) !== kind).map(([key]) => key);
      expect(missing, `keys of ${subjects[index]!.kind} that we lack`).toEqual([]);
    }
  });
});

describe("four-letter words that are not on the whitelist", () => {
  test("are refused with Apache's text; srvr always works", async () => {
    const kinds = [SUBJECT, ...PEERS];
    const config = { "4lw.commands.whitelist": "ruok, conf" };
    const subjects = await Promise.all(kinds.map((kind) => startSubject(kind, { config })));
    try {
      for (const word of ["ruok", "conf", "stat", "mntr", "isro", "srvr", "zzzz", "stmk"]) {
        const answers = await Promise.all(
          subjects.map(async (subject) => mask(await fourLetterWord(subject.port, word), subject)),
        );
        for (const answer of answers) expect(answers[0], word).toEqual(answer);
      }
    } finally {
      await Promise.all(subjects.map((subject) => subject.dispose()));
    }
  });
});
