import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OMITTED_METRICS } from "../../../src/metrics/omitted-metrics.ts";
import { fourLetterWord, type Subject, type SubjectKind, startSubject } from "../../support/apache.ts";
import { Actor } from "../support/actor.ts";
import { keysOf, mask } from "../support/four-letter-mask.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { addWatch, create, exists, getChildren, getData } from "../support/requests.ts";
import { SUBJECT } from "../support/suite.ts";
import { Transcript } from "../support/transcript.ts";

/** Summaries without a value yet, and sets without a key, are not shown; learners have keys on a leader only. */
const APACHE_SHOWS_ONCE_USED = new Set<string>([
  "dead_watchers_cleaner_latency",
  "learner_handler_qp_size",
  "learner_handler_qp_time_ms",
]);

/** The metric behind a key: `zk_avg_x`, `zk_p99_x` … are all of `x`. */
function metricOf(key: string): string {
  return key.replace(/^zk_(?:(?:avg|min|max|cnt|sum|p50|p95|p99|p999)_)?/, "");
}

function isOmitted(key: string): boolean {
  return metricOf(key) in OMITTED_METRICS;
}

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

  async function monitors(): Promise<Map<string, string>[]> {
    const answers = await Promise.all(subjects.map((subject) => fourLetterWord(subject.port, "mntr")));
    return answers.map((answer) => {
      const lines = answer.trimEnd().split("\n");
      return new Map(lines.map((line) => line.split("\t") as [string, string]));
    });
  }

  test("mntr has every key of Apache's with a value of the same kind, but what docs/metrics.md leaves out", async () => {
    const [ours, ...others] = await monitors();
    const kindOf = (value: string | undefined): string => (Number.isNaN(Number(value)) ? "text" : "number");
    for (const [index, theirs] of others.entries()) {
      // jvm_*: what only a Java virtual machine has.
      const keys = [...theirs.keys()].filter((key) => !key.startsWith("zk_jvm_") && !isOmitted(key));
      const missing = keys.filter((key) => kindOf(ours!.get(key)) !== kindOf(theirs.get(key)));
      expect(missing, `keys of ${subjects[index + 1]!.kind} that we lack`).toEqual([]);
    }
  });

  test("metrics that are left out exist in Apache, and not here", async () => {
    const [ours, theirs38] = await monitors();
    for (const name of Object.keys(OMITTED_METRICS)) {
      const isOf = (keys: Iterable<string>): boolean => [...keys].some((key) => metricOf(key) === name);
      expect(isOf(ours!.keys()), name).toBe(false);
      if (!APACHE_SHOWS_ONCE_USED.has(name)) expect(isOf(theirs38!.keys()), name).toBe(true);
    }
  });

  test.each([
    "zk_server_state",
    "zk_ephemerals_count",
    "zk_znode_count",
    "zk_num_alive_connections",
    "zk_outstanding_requests",
    "zk_approximate_data_size",
    "zk_global_sessions",
    "zk_local_sessions",
    "zk_digest_mismatches_count",
    "zk_connection_drop_probability",
    "zk_max_client_response_size",
    "zk_min_client_response_size",
    "zk_sum_node_created_watch_count",
    "zk_connection_request_count",
    "zk_connection_rejected",
    "zk_stale_sessions_expired",
    "zk_unrecoverable_error_count",
  ])("mntr: %s has the same value", async (key) => {
    const [ours, ...others] = await monitors();
    expect(ours!.get(key)).toBeDefined();
    for (const theirs of others) expect(ours!.get(key)).toBe(theirs.get(key));
  });

  test("mntr: zk_watch_count counts as 3.9 does; 3.8 kept a recursive watch in both tables", async () => {
    const counts = (await monitors()).map((monitor) => Number(monitor.get("zk_watch_count")));
    const [ours, theirs38, theirs39] = counts;
    expect(ours).toBe(theirs39);
    expect(theirs38).toBe(theirs39! + 1);
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
