import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort, type Subject, startSubject } from "../../support/apache.ts";
import { REPOSITORY } from "../support/peers.ts";
import { COMMON_CONFIG } from "../support/suite.ts";
import { type CliAnswer, type CliStep, ZkCli } from "../support/zk-cli.ts";

/** What only an ensemble answers: members, reconfig, read-only mode. Apache's servers, under Apache's shell and ours. */
const OURS = [process.execPath, join(REPOSITORY, "dist/bin/zk-cli.cjs")];
const subjects: Subject[] = [];
const directories: string[] = [];

afterEach(async () => {
  await Promise.all(subjects.splice(0).map((subject) => subject.dispose()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

interface Member {
  readonly subject: Subject;
  /** Ports of this run, by what the transcript calls them. */
  readonly names: ReadonlyMap<string, string>;
}

/** Server 1 of an ensemble whose other members do not run. */
async function startMember(
  others: number,
  config: Readonly<Record<string, string | boolean>>,
): Promise<Member> {
  const dataDir = mkdtempSync(join(tmpdir(), "interop-member-"));
  directories.push(dataDir);
  writeFileSync(join(dataDir, "myid"), "1");
  const [port, quorum, election] = [await freePort(), await freePort(), await freePort()];
  const servers: Record<string, string> = {
    "server.1": `127.0.0.1:${quorum}:${election}:participant;127.0.0.1:${port}`,
  };
  // Nobody listens there.
  for (let id = 2; id < 2 + others; id++)
    servers[`server.${id}`] = `127.0.0.1:${id}:${id + 10}:participant;127.0.0.1:${id + 20}`;
  const subject = await startSubject("apache-3.8", {
    port,
    dataDir,
    config: { ...COMMON_CONFIG, initLimit: 5, syncLimit: 5, standaloneEnabled: false, ...servers, ...config },
    systemProperties: { "readonlymode.enabled": "true" },
  });
  subjects.push(subject);
  const names = new Map([
    [String(port), "CLIENT"],
    [String(quorum), "QUORUM"],
    [String(election), "ELECTION"],
  ]);
  return { subject, names };
}

async function playOn(
  { subject, names }: Member,
  steps: readonly CliStep[],
  options: readonly string[],
  command?: readonly string[],
): Promise<CliAnswer[]> {
  const inverse = new Map([...names].map(([port, name]) => [name, port]));
  const cli = await ZkCli.start(subject.address, options, command);
  try {
    const answers: CliAnswer[] = [];
    for (const step of steps) {
      const [typed, events] = typeof step === "string" ? [step, 0] : step;
      const line = typed.replace(/[A-Z]{6,}/g, (name) => inverse.get(name) ?? name);
      const answer = await cli.type([line, events]);
      const named = answer.printed.map((text) => text.replace(/\d{4,}/g, (port) => names.get(port) ?? port));
      answers.push({ line: typed, printed: named.sort(), events: answer.events });
    }
    await cli.quit();
    return answers;
  } finally {
    cli.kill();
  }
}

const RECONFIG: readonly CliStep[] = [
  "config",
  "config -c",
  "config -s",
  "config x",
  "reconfig",
  "reconfig -remove 4",
  "addauth digest super:secret",
  "config -w",
  ["reconfig -add server.4=127.0.0.1:22344:22354:observer;127.0.0.1:22334", 1],
  "reconfig -v 1 -remove 4",
  "reconfig -add 5=127.0.0.1:22345",
  "reconfig -remove 99",
  "reconfig -members server.1=127.0.0.1:QUORUM:ELECTION:participant;127.0.0.1:CLIENT",
  "reconfig -file /no/such",
  "config -c",
  "getAcl /zookeeper/config",
  "get /zookeeper/config",
];

const READ_ONLY: readonly CliStep[] = [
  "ls /",
  "create /x y",
  "create -e /x y",
  "set /zookeeper x",
  "delete /x",
  "get /zookeeper/config",
  "stat /zookeeper",
  "sync /",
  "whoami",
];

describe("an Apache ensemble, under Apache's shell and ours", () => {
  test("members and reconfig", async () => {
    const members = await Promise.all([0, 1].map(() => startMember(0, { reconfigEnabled: true })));
    const theirs = await playOn(members[0]!, RECONFIG, []);
    const ours = await playOn(members[1]!, RECONFIG, [], OURS);
    expect(ours).toEqual(theirs);
    expect(ours.flatMap(({ printed }) => printed)).toContain("Committed new configuration:");
  });

  test("a server without a quorum, with -r", async () => {
    const members = await Promise.all([0, 1].map(() => startMember(2, { localSessionsEnabled: true })));
    const theirs = await playOn(members[0]!, READ_ONLY, ["-r"]);
    const ours = await playOn(members[1]!, READ_ONLY, ["-r"], OURS);
    expect(ours).toEqual(theirs);
    expect(ours.flatMap(({ printed }) => printed)).toContain("Not a read-only call: /x");
  });
});
