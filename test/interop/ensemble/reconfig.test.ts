import { describe, expect, it } from "vitest";
import { type Client, connect } from "../../../src/client/index.ts";
import type { SubjectKind } from "../../support/apache.ts";
import { EnsembleProcesses } from "../../support/ensemble/ensemble.ts";
import { treeComplaints } from "../../support/ensemble/ensemble-verdict.ts";
import { until } from "../../support/until.ts";
import { APACHE_KINDS, SUBJECT } from "../support/suite.ts";

const MIXES = APACHE_KINDS.flatMap((apache): { leader: SubjectKind; others: SubjectKind }[] => [
  { leader: SUBJECT, others: apache },
  { leader: apache, others: SUBJECT },
]);

const idsOf = async (client: Client): Promise<string[]> =>
  (await client.config()).members.map(({ id, role }) => `${id} ${role}`);

/** The configuration as every running server has it. */
async function configTexts(ensemble: EnsembleProcesses): Promise<Set<string>> {
  const texts = new Set<string>();
  for (const { address, isRunning } of ensemble.members) {
    if (!isRunning) continue;
    await using client = await connect(address);
    await client.sync("/");
    texts.add((await client.config()).text);
  }
  return texts;
}

async function standsAs(ensemble: EnsembleProcesses, sid: number, standing: string): Promise<void> {
  const member = ensemble.member(sid);
  await until(
    `server ${sid} is ${standing}`,
    async () => (await member.standing()) === standing,
    20_000,
  ).catch(async (error) => {
    throw new Error(`${error.message}\n${await ensemble.describe()}`);
  });
}

describe.each(MIXES)("$leader leads, $others follows", ({ leader, others }) => {
  it("servers join as observers, become voters, leave, and the leader leaves", async () => {
    await using ensemble = await EnsembleProcesses.start(
      {
        members: [others, others, leader, { kind: others, role: "observer", isJoining: true }],
        membership: "dynamic",
        systemProperties: { "zookeeper.skipACL": "yes" },
      },
      3,
    );
    const joining = ensemble.member(4);
    await using client = await connect(ensemble.member(1).address);
    await client.create("/before", { data: "x" });
    expect(await idsOf(client)).toEqual(["1 participant", "2 participant", "3 participant"]);

    const { version } = await client.reconfig({ joining: joining.serverLine("observer") });
    joining.launch();
    await standsAs(ensemble, 4, "observer");
    await expect(client.reconfig({ leaving: "4", fromConfig: 1 })).rejects.toMatchObject({
      code: "BADVERSION",
    });

    const voting = await client.reconfig({
      joining: joining.serverLine("participant"),
      fromConfig: Number(`0x${version}`),
    });
    expect(voting.members.map(({ role }) => role)).toEqual(Array(4).fill("participant"));
    await standsAs(ensemble, 4, "follower");
    expect(await treeComplaints(ensemble)).toEqual([]);
    expect(await configTexts(ensemble)).toEqual(new Set([voting.text]));

    // All go over to a new leader, so the answer may be lost with the connection.
    await client
      .reconfig({ leaving: "3" })
      .catch((error) => expect(error).toMatchObject({ outcome: "unknown" }));
    const next = await ensemble.leaderOtherThan(3);
    await ensemble.kill(3);
    await ensemble.awaitServing([1, 2, 4]);
    await using direct = await connect(next.address);
    await direct.create("/after", { data: "y" });
    expect(await idsOf(direct)).toEqual(["1 participant", "2 participant", "4 participant"]);
    expect((await configTexts(ensemble)).size).toBe(1);
    expect(await treeComplaints(ensemble)).toEqual([]);

    await direct.reconfig({ leaving: ["1"] });
    await ensemble.kill(1);

    // What was decided is on the disks.
    await ensemble.kill(2, 4);
    await ensemble.startMembers(2, 4);
    await using last = await connect(ensemble.member(4).address);
    expect(await idsOf(last)).toEqual(["2 participant", "4 participant"]);
    expect(await last.exists("/after")).not.toBeNull();
    expect(await treeComplaints(ensemble)).toEqual([]);
  });

  it("a leader that was removed follows without a vote, and gets it back", async () => {
    await using ensemble = await EnsembleProcesses.start(
      {
        members: [others, others, leader],
        membership: "dynamic",
        systemProperties: { "zookeeper.skipACL": "yes" },
      },
      3,
    );
    const removed = ensemble.member(3);
    await using client = await connect(ensemble.member(1).address);
    await client
      .reconfig({ leaving: "3" })
      .catch((error) => expect(error).toMatchObject({ outcome: "unknown" }));
    const next = await ensemble.leaderOtherThan(3);
    await ensemble.awaitServing();
    await using direct = await connect(next.address);
    await direct.create("/without", { data: "x" });
    await standsAs(ensemble, 3, "follower");
    expect(await treeComplaints(ensemble)).toEqual([]);

    const { members } = await direct.reconfig({ joining: removed.serverLine("participant") });
    expect(members.map(({ id, role }) => `${id} ${role}`)).toContain("3 participant");
    const other = [1, 2].find((sid) => sid !== next.sid)!;
    await ensemble.kill(other);
    // Only its vote makes a quorum now.
    await direct.create("/with", { data: "y" });
    await ensemble.awaitServing([next.sid, 3]);
    await ensemble.startMembers(other);
    expect(await treeComplaints(ensemble)).toEqual([]);
    expect((await configTexts(ensemble)).size).toBe(1);
  });
});
