import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { parseMembershipText } from "../../../src/core/quorum/membership-text.ts";
import { freePort, Subject, type SubjectKind } from "../../support/apache.ts";
import { ElectionMember } from "../../support/election-member.ts";
import { PLAIN_RULES } from "../../support/membership.ts";

/** Our election machine and links, without the rest of a server, among real Apache servers. */

const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Three servers; those in `apache` are real, and `ours` is an {@link ElectionMember}. */
async function ensemble(kind: SubjectKind, apache: readonly number[], ours: number, has = {}) {
  const lines: string[] = [];
  for (const sid of [1, 2, 3])
    lines.push(`server.${sid}=127.0.0.1:${await freePort()}:${await freePort()}:participant`);
  const config = {
    tickTime: 500,
    initLimit: 10,
    syncLimit: 5,
    ...Object.fromEntries(lines.map((line) => line.split("="))),
  };
  const subjects: Subject[] = [];
  for (const sid of apache) {
    const dataDir = mkdtempSync(join(tmpdir(), "interop-election-"));
    writeFileSync(join(dataDir, "myid"), `${sid}\n`);
    const subject = new Subject(kind, { config, dataDir }, await freePort());
    subjects.push(subject);
    endings.push(async () => {
      await subject.dispose();
      rmSync(dataDir, { recursive: true, force: true });
    });
  }
  const member = new ElectionMember(ours, parseMembershipText(lines.join("\n"), PLAIN_RULES), has);
  endings.push(() => member.close());
  await member.listen();
  return { subjects, member };
}

describe.each<SubjectKind>(["apache-3.8", "apache-3.9"])("%s", (kind) => {
  test.each([
    { ours: 1, apache: [2, 3] },
    { ours: 2, apache: [1, 3] },
    { ours: 3, apache: [1, 2] },
  ])("server $ours joins an ensemble that works", async ({ ours, apache }) => {
    const { subjects, member } = await ensemble(kind, apache, ours);
    await Promise.all(subjects.map((subject) => subject.start()));
    const leader = Math.max(...apache);
    expect(await member.elect()).toMatchObject({ state: "following", vote: { leader, peerEpoch: 1 } });
    expect([...member.linkedPeers].sort()).toEqual(apache);
    expect(await member.elect()).toMatchObject({ state: "following", vote: { leader } });
  });

  test.each([
    { ours: 1, other: 2 },
    { ours: 3, other: 2 },
  ])("server $ours, which has more, is elected by server $other", async ({ ours, other }) => {
    const { subjects, member } = await ensemble(kind, [other], ours, {
      lastZxid: 0x1_0000_0005,
      currentEpoch: 1,
    });
    // Without a leader that syncs it never serves: its start fails when it is killed, and not before.
    const starting = subjects[0]!.start();
    const elected = await Promise.race([member.elect(), starting.then(() => undefined)]);
    expect(elected).toMatchObject({
      state: "leading",
      vote: { leader: ours, zxid: 0x1_0000_0005, peerEpoch: 1 },
    });
    await expect.poll(() => subjects[0]!.log(), { timeout: 20_000 }).toMatch(/FOLLOWING/);
    await Promise.all([subjects[0]!.kill(), expect(starting).rejects.toThrow()]);
    expect(member.lines.filter((line) => !line.startsWith("cannot connect"))).toEqual([]);
  });
});
