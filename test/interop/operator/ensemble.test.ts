import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OMITTED_METRICS } from "../../../src/metrics/omitted-metrics.ts";
import { freePort, type SubjectKind } from "../../support/apache.ts";
import { EnsembleProcesses, type Member, type Standing } from "../../support/ensemble/ensemble.ts";
import { until } from "../../support/until.ts";
import { type AdminAnswer, getCommand, shape } from "../support/admin-answers.ts";
import { keysOf } from "../support/four-letter-mask.ts";
import { SUBJECT } from "../support/suite.ts";

/** Only 3.9 comes with what its AdminServer needs. */
const APACHE: SubjectKind = "apache-3.9";

/** Three voters and an observer of one kind. */
class Observed {
  readonly ensemble: EnsembleProcesses;
  readonly #adminPorts: readonly number[];

  private constructor(ensemble: EnsembleProcesses, adminPorts: readonly number[]) {
    this.ensemble = ensemble;
    this.#adminPorts = adminPorts;
  }

  static async start(kind: SubjectKind): Promise<Observed> {
    const adminPorts = [await freePort(), await freePort(), await freePort(), await freePort()];
    const members = adminPorts.map((port, at) => ({
      kind,
      role: at < 3 ? ("participant" as const) : ("observer" as const),
      config: { "admin.enableServer": true, "admin.serverPort": port },
    }));
    const ensemble = await EnsembleProcesses.start({ members }, 3);
    const observed = new Observed(ensemble, adminPorts);
    await until(
      `every AdminServer of ${kind} answers`,
      async () => {
        const answers = await Promise.allSettled(adminPorts.map((port) => getCommand(port, "/ruok")));
        return answers.every(({ status }) => status === "fulfilled");
      },
      WAIT_MS,
    );
    await until(
      "the observer serves",
      async () => (await ensemble.members[3]!.standing()) === "observer",
      WAIT_MS,
    );
    return observed;
  }

  /** The first member that is this. */
  async member(standing: Standing): Promise<Member> {
    for (const member of this.ensemble.members) if ((await member.standing()) === standing) return member;
    throw new Error(`there is no ${standing}`);
  }

  admin(member: Member, path: string): Promise<AdminAnswer> {
    return getCommand(this.#adminPorts[member.sid - 1]!, path);
  }
}

const WAIT_MS = 40_000;
const ROLES = ["leader", "follower", "observer"] as const;

let ours: Observed;
let theirs: Observed;

beforeAll(async () => {
  [ours, theirs] = await Promise.all([Observed.start(SUBJECT), Observed.start(APACHE)]);
}, 120_000);
afterAll(() => Promise.all([ours, theirs].map((observed) => observed?.ensemble[Symbol.asyncDispose]())));

/** `conf` without what is of this run. */
function confOf(answer: string): string {
  return answer
    .replace(/=.*version-2$/gm, "=DIR")
    .replace(/Size=\d+/g, "Size=N")
    .replace(/\b\d{4,5}\b/g, "PORT");
}

/** The word in front of the first colon or equals sign of each line. */
function labelsOf(answer: string): string[] {
  return answer.split("\n").map((line) => line.split(/[:=]/)[0]!);
}

describe.each(ROLES)("a %s answers as Apache's does", (role) => {
  async function both(word: string): Promise<[string, string]> {
    const [a, b] = [await ours.member(role), await theirs.member(role)];
    return Promise.all([a.ask(word), b.ask(word)]);
  }

  test("conf", async () => {
    const [mine, apaches] = await both("conf");
    expect(confOf(mine)).toBe(confOf(apaches));
  });

  test.each(["srvr", "dirs", "isro", "ruok", "wchs"])("%s", async (word) => {
    const [mine, apaches] = await both(word);
    expect(labelsOf(mine)).toEqual(labelsOf(apaches));
  });

  test("dump", async () => {
    const heads = (answer: string): string[] =>
      answer
        .split("\n")
        .map((line) => line.replace(/\(\d+\)/g, "(N)"))
        .filter((line) => /^[A-Za-z]/.test(line));
    const [mine, apaches] = await both("dump");
    expect(heads(mine)).toEqual(heads(apaches));
  });

  test("mntr has every key of Apache's but what docs/metrics.md leaves out", async () => {
    const [mine, apaches] = await both("mntr");
    const metricOf = (key: string): string =>
      key
        .replace(/^zk_(?:avg|min|max|cnt|sum|p50|p95|p99|p999)_/, "")
        .replace(/^zk_/, "")
        .replace(/^\d+_/, "");
    const wanted = keysOf(apaches, "\t").filter((key) => {
      // Apache writes /zookeeper/config once more at its start.
      return !/^zk_jvm_|_per_namespace$/.test(key) && !(metricOf(key) in OMITTED_METRICS);
    });
    const present = new Set(keysOf(mine, "\t"));
    expect(wanted.filter((key) => !present.has(key))).toEqual([]);
  });

  test.each([
    "configuration",
    "dump",
    "initial_configuration",
    "is_read_only",
    "last_snapshot",
    "leader",
    "observers",
    "server_stats",
    "stats",
    "voting_view",
    "zabstate",
  ])("/commands/%s", async (command) => {
    const [a, b] = [await ours.member(role), await theirs.member(role)];
    const [mine, apaches] = await Promise.all([ours.admin(a, `/${command}`), theirs.admin(b, `/${command}`)]);
    expect({ ...mine, body: shape(mine.body) }).toEqual({ ...apaches, body: shape(apaches.body) });
  });

  test("/commands/leader and /commands/zabstate say the same of it", async () => {
    const stateOf = async (observed: Observed): Promise<object> => {
      const member = await observed.member(role);
      const [leader, zab] = await Promise.all([
        observed.admin(member, "/leader"),
        observed.admin(member, "/zabstate"),
      ]);
      const { is_leader, leader_id, leader_ip } = leader.body as Record<string, unknown>;
      const { myid, voting, zab_epoch, zabstate } = zab.body as Record<string, unknown>;
      return { is_leader, leader_id, leader_ip, myid, voting, zab_epoch, zabstate };
    };
    const [mine, apaches] = await Promise.all([stateOf(ours), stateOf(theirs)]);
    expect(mine).toEqual({ ...apaches, zab_epoch: (mine as { zab_epoch: number }).zab_epoch });
  });
});

/** Last: it takes the ensembles apart. */
describe("a server without a quorum answers as Apache's does", () => {
  const alone: Member[] = [];

  beforeAll(async () => {
    for (const { ensemble } of [ours, theirs]) {
      for (const sid of [2, 3]) await ensemble.members[sid - 1]!.kill();
      const [member] = ensemble.members;
      await until("it serves nobody", async () => (await member!.standing()) === "none", WAIT_MS);
      alone.push(member!);
    }
  }, 60_000);

  test.each(["conf", "cons", "dump", "hash", "isro", "mntr", "ruok", "srvr", "stat", "wchs", "dirs", "gtmk"])(
    "%s",
    async (word) => {
      const [mine, apaches] = await Promise.all(alone.map((member) => member.ask(word)));
      expect(mine).toBe(apaches);
    },
  );

  test.each(["leader", "voting_view", "observers", "configuration", "stats", "dump", "ruok"])(
    "/commands/%s",
    async (command) => {
      const mine = await ours.admin(alone[0]!, `/${command}`);
      const apaches = await theirs.admin(alone[1]!, `/${command}`);
      expect(mine).toEqual(apaches);
    },
  );
});
