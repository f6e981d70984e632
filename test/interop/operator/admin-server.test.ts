import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OMITTED_METRICS } from "../../../src/metrics/omitted-metrics.ts";
import { freePort, type Subject, type SubjectKind, startSubject } from "../../support/apache.ts";
import { Actor } from "../support/actor.ts";
import { type AdminAnswer, getCommand, shape } from "../support/admin-answers.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { create, exists, getData } from "../support/requests.ts";
import { SUBJECT } from "../support/suite.ts";
import { Transcript } from "../support/transcript.ts";

/** Debian's 3.8 lacks the servlet API that its AdminServer needs; the newer line comes from Maven with all of Jetty. */
const KINDS: readonly SubjectKind[] = [SUBJECT, "apache-3.9"];

/** Commands of a later step of this project. */
const LATER = ["/commands/restore", "/commands/snapshot"];

describe("AdminServer: the GET commands answer as Apache 3.9 does", () => {
  const ports: number[] = [];
  let subjects: Subject[] = [];
  const actors: Actor[] = [];

  beforeAll(async () => {
    for (const _kind of KINDS) ports.push(await freePort());
    subjects = await Promise.all(
      KINDS.map((kind, i) =>
        startSubject(kind, { config: { "admin.enableServer": true, "admin.serverPort": ports[i]! } }),
      ),
    );
    for (const subject of subjects) {
      const actor = new Actor("a", new Transcript(0n), subject.port, await RawConnection.open(subject.port));
      await actor.handshake({ timeoutMs: 30_000 });
      await actor.call(create("/e", { flags: 1 }));
      await actor.call(getData("/e", true));
      await actor.call(exists("/none", true));
      actors.push(actor);
    }
  });

  afterAll(async () => {
    for (const actor of actors) actor.connection.destroy();
    await Promise.all(subjects.map((subject) => subject.dispose()));
  });

  async function both(path: string): Promise<readonly [AdminAnswer, AdminAnswer]> {
    const answers = await Promise.all(ports.map((port) => getCommand(port, path)));
    return [answers[0]!, answers[1]!];
  }

  test.each([
    "configuration",
    "conf",
    "connections",
    "dirs",
    "dump",
    "get_trace_mask",
    "hash",
    "initial_configuration",
    "is_read_only",
    "last_snapshot",
    "leader",
    "observers",
    "ruok",
    "server_stats",
    "stats",
    "voting_view",
    "watches",
    "watches_by_path",
    "watch_summary",
    "zabstate",
    "set_trace_mask?traceMask=306",
    "set_trace_mask",
    "connection_stat_reset",
    "stat_reset",
    "observer_connection_stat_reset",
    "no_such_command",
  ])("%s", async (command) => {
    const [ours, theirs] = await both(`/${command}`);
    expect({ ...ours, body: shape(ours.body) }).toEqual({ ...theirs, body: shape(theirs.body) });
    const named = ours.body as { command: string; error: string | null };
    const wanted = theirs.body as { command: string; error: string | null };
    expect([named.command, named.error]).toEqual([wanted.command, wanted.error]);
  });

  test("monitor has every key of Apache's but what docs/metrics.md leaves out", async () => {
    const [ours, theirs] = await both("/monitor");
    const metricOf = (key: string): string => key.replace(/^(?:avg|min|max|cnt|sum|p50|p95|p99|p999)_/, "");
    const keys = Object.keys(theirs.body as object);
    const wanted = keys.filter((key) => !key.startsWith("jvm_") && !(metricOf(key) in OMITTED_METRICS));
    expect(wanted.filter((key) => !(key in (ours.body as object)))).toEqual([]);
  });

  test("environment has the same keys", async () => {
    const [ours, theirs] = await both("/environment");
    expect(Object.keys(ours.body as object).sort()).toEqual(Object.keys(theirs.body as object).sort());
  });

  test("the list of commands has every command of Apache's but those that come later", async () => {
    const [ours, theirs] = await both("/");
    expect(ours.status).toBe(theirs.status);
    const links = (text: unknown): string[] => String(text).match(/\/commands\/\w+/g) ?? [];
    expect(links(theirs.body).filter((link) => !links(ours.body).includes(link))).toEqual(LATER);
  });
});
