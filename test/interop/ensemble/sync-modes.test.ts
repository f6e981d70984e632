import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Client, connect } from "../../../src/client/index.ts";
import type { SubjectKind } from "../../support/apache.ts";
import { EnsembleProcesses, type Member } from "../../support/ensemble/ensemble.ts";
import { treeComplaints } from "../../support/ensemble/ensemble-verdict.ts";
import { until } from "../../support/until.ts";
import { APACHE_KINDS, SUBJECT } from "../support/suite.ts";
import { syncModeOf } from "./sync-mode.ts";

/** More than the committed log of any server holds (`commitLogCount`, 500). */
const MANY = 650;
const MARK = "proposed and never committed";

/** Server 2 leads while 3, whom it synchronises, is away; 3 leads when all start together. */
interface Direction {
  readonly leader: SubjectKind;
  readonly learner: SubjectKind;
  readonly third: SubjectKind;
}

const DIRECTIONS: readonly Direction[] = APACHE_KINDS.flatMap((apache) => [
  { leader: SUBJECT, learner: apache, third: apache },
  { leader: apache, learner: SUBJECT, third: SUBJECT },
]);

async function withClient(member: Member, work: (client: Client) => Promise<void>): Promise<void> {
  await using client = await connect(member.address);
  await work(client);
}

function write(member: Member, count: number): Promise<void> {
  return withClient(member, async (client) => {
    await client.ensurePath("/written");
    await Promise.all(Array.from({ length: count }, (_, i) => client.set("/written", `${i}`)));
    await client.create("/written/item-", { mode: "persistent-sequential", data: "x".repeat(100) });
  });
}

function logHolds(member: Member, text: string): boolean {
  const directory = join(member.dataDir, "version-2");
  const logs = readdirSync(directory).filter((name) => name.startsWith("log."));
  return logs.some((name) => readFileSync(join(directory, name)).includes(text));
}

/** Server 3 leads and logs proposals that nobody else ever reads; then all of them die. */
async function leaveUncommitted(ensemble: EnsembleProcesses): Promise<void> {
  const leader = ensemble.member(3);
  const client = await connect(leader.address);
  await client.create("/committed", { data: "before" });
  const followers = ensemble.members.filter((member) => member !== leader);
  // Of equal histories the higher sid wins the election that follows.
  await until("both followers log it", () => followers.every((each) => logHolds(each, "/committed")), 10_000);
  for (const follower of followers) follower.pause();
  const lost = [1, 2, 3].map((i) =>
    client.create(`/uncommitted-${i}`, { data: MARK }).catch(() => undefined),
  );
  await until("the leader logs its proposals", () => logHolds(leader, MARK), 10_000);
  // Paused, they have not read the proposals, and now they never will.
  await ensemble.kill(...followers.map(({ sid }) => sid));
  await leader.kill();
  await Promise.all([client.close(), ...lost]);
}

/**
 * An Apache that was killed over a snapshot may count other digests when it reads its own files (seen of its servers only, with equal
 * trees): there its tree is held to account, of ours the count as well.
 */
async function complaintsAfterKill(ensemble: EnsembleProcesses): Promise<string[]> {
  const ofApache = ensemble.members
    .filter(({ kind }) => kind !== SUBJECT)
    .map(({ sid }) => new RegExp(`^server ${sid} saw \\d+ other digests$`));
  const complaints = await treeComplaints(ensemble);
  return complaints.filter((line) => !ofApache.some((count) => count.test(line)));
}

describe.each(DIRECTIONS)(
  "$leader synchronises $learner",
  ({ leader: leaderKind, learner: learnerKind, third }) => {
    it("by SNAP, DIFF and TRUNC, each when it must", async () => {
      await using ensemble = await EnsembleProcesses.create({
        members: [third, leaderKind, learnerKind],
        // Nothing but the committed log in memory: what is behind it gets a snapshot.
        systemProperties: { "zookeeper.snapshotSizeFactor": "-1" },
      });
      const [leader, learner] = [ensemble.member(2), ensemble.member(3)];
      const joins = (): Promise<void> => ensemble.startMembers(3);
      await ensemble.startMembers(1, 2);
      expect((await ensemble.leader()).sid).toBe(2);

      await write(leader, 10);
      // Ours has all txns since the first in memory; Apache's looks for a record with the zxid 0.
      const whole = leader.kind === "menagerie" ? "DIFF" : "SNAP";
      expect(await syncModeOf(learner, joins), "a server without any data").toBe(whole);

      await ensemble.stop(3);
      await write(leader, 30);
      expect(await syncModeOf(learner, joins), "a server that missed a little").toBe("DIFF");

      await ensemble.kill(3);
      await write(leader, MANY);
      expect(await syncModeOf(learner, joins), "a server that missed too much").toBe("SNAP");
      expect(await treeComplaints(ensemble)).toEqual([]);

      await ensemble.stop(1, 2, 3);
      await ensemble.startAll(3);
      await leaveUncommitted(ensemble);
      await ensemble.startMembers(1, 2);
      expect((await ensemble.leader()).sid).toBe(2);
      // Of Apache's log a leader of ours does not know what a TRUNC would leave in it.
      const back = leader.kind === "menagerie" ? "SNAP" : "TRUNC";
      expect(await syncModeOf(learner, joins), "a server that is ahead").toBe(back);
      await write(learner, 5);
      expect(await treeComplaints(ensemble)).toEqual([]);
      await withClient(learner, async (client) => {
        expect(await client.exists("/committed")).not.toBeNull();
        expect(await client.exists("/uncommitted-1")).toBeNull();
      });

      // What was cut away stays away.
      await ensemble.kill(1, 2, 3);
      await ensemble.startAll();
      expect(await treeComplaints(ensemble)).toEqual([]);
      await withClient(learner, async (client) => expect(await client.exists("/uncommitted-1")).toBeNull());
    });

    it("by DIFF from the log files, when memory does not reach back", async () => {
      await using ensemble = await EnsembleProcesses.create({
        members: [third, leaderKind, learnerKind],
        // Several files, of which any may be read, however large they are.
        config: { snapCount: 60 },
        systemProperties: { "zookeeper.snapshotSizeFactor": "0", "zookeeper.commitLogCount": "20" },
      });
      const [leader, learner] = [ensemble.member(2), ensemble.member(3)];
      await ensemble.startMembers(1, 2);
      await write(leader, 10);
      await ensemble.startMembers(3);
      await write(leader, 10);
      await ensemble.kill(3);
      await write(leader, 200);
      const logs = readdirSync(join(leader.dataDir, "version-2")).filter((name) => name.startsWith("log."));
      expect(logs.length).toBeGreaterThan(2);
      expect(await syncModeOf(learner, () => ensemble.startMembers(3))).toBe("DIFF");
      expect(await treeComplaints(ensemble)).toEqual([]);
      await write(learner, 5);

      // Its own log goes on behind what it was sent.
      await ensemble.kill(3);
      await ensemble.startMembers(3);
      expect(await complaintsAfterKill(ensemble)).toEqual([]);

      // And everybody's does.
      await ensemble.kill(1, 2, 3);
      await ensemble.startAll();
      expect(await complaintsAfterKill(ensemble)).toEqual([]);
    });
  },
);
