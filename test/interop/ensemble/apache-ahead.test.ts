import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { connect } from "../../../src/client/index.ts";
import { EnsembleProcesses, type Member } from "../../support/ensemble/ensemble.ts";
import { treeComplaints } from "../../support/ensemble/ensemble-verdict.ts";
import { until } from "../../support/until.ts";
import { APACHE_KINDS, SUBJECT } from "../support/suite.ts";

const MARK = "proposed and never committed";

function logHolds(member: Member, text: string): boolean {
  const directory = join(member.dataDir, "version-2");
  const logs = readdirSync(directory).filter((name) => name.startsWith("log."));
  return logs.some((name) => readFileSync(join(directory, name)).includes(text));
}

/** Server 3 logs a create that nobody else ever reads, as the first txn of its epoch; then all of them die. */
async function leaveFirstUncommitted(ensemble: EnsembleProcesses): Promise<void> {
  const leader = ensemble.member(3);
  const followers = [1, 2].map((sid) => ensemble.member(sid));
  const client = await connect(leader.address, { sessionTimeoutMs: 60_000 });
  await client.create("/committed", { data: "before" });
  await until("both followers log it", () => followers.every((each) => logHolds(each, "/committed")), 10_000);
  await ensemble.kill(1, 2, 3);
  await ensemble.startAll(3);
  // The session goes on without a txn.
  await until("the client is back", () => client.state === "connected", 20_000);
  for (const follower of followers) follower.pause();
  const lost = client.create("/uncommitted", { data: MARK }).catch(() => undefined);
  await until("the leader logs its proposal", () => logHolds(leader, MARK), 10_000);
  await ensemble.kill(1, 2);
  await leader.kill();
  await Promise.all([client.close(), lost]);
}

describe.each(APACHE_KINDS)("%s, ahead of a leader of ours", (apache) => {
  it("F28, F29: loses the first txn of an epoch that nobody else has, for good", async () => {
    await using ensemble = await EnsembleProcesses.create({ members: [SUBJECT, SUBJECT, apache] });
    await ensemble.startAll(3);
    await leaveFirstUncommitted(ensemble);
    await ensemble.startMembers(1, 2);
    expect((await ensemble.leader()).sid).toBe(2);
    await ensemble.startMembers(3);
    await using client = await connect(ensemble.member(3).address);
    expect(await client.exists("/uncommitted")).toBeNull();
    await client.create("/next");
    await ensemble.kill(3);
    await ensemble.startMembers(3);
    expect(await treeComplaints(ensemble)).toEqual([]);
    await client.sync("/");
    expect(await client.exists("/uncommitted")).toBeNull();
    expect(await client.exists("/next")).not.toBeNull();
  });
});
