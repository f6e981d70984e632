import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Subject, type SubjectKind, startSubject } from "../../support/apache.ts";
import { COMMON_CONFIG, SUBJECT } from "../support/suite.ts";
import { type CliAnswer, type CliStep, ZkCli, zkCliScript } from "../support/zk-cli.ts";
import { CLI_SCRIPTS } from "./zk-cli-scripts.ts";

const KINDS: readonly SubjectKind[] = [SUBJECT, "apache-3.8"];
const CONFIG = { ...COMMON_CONFIG, enforceQuota: true };

async function playOn(kind: SubjectKind, steps: readonly CliStep[]): Promise<CliAnswer[]> {
  const subject = await startSubject(kind, { config: CONFIG });
  const cli = await ZkCli.start(subject.address);
  try {
    const answers: CliAnswer[] = [];
    for (const step of steps) answers.push(await cli.type(step));
    await cli.quit();
    return answers;
  } finally {
    cli.kill();
    await subject.dispose();
  }
}

describe("Apache's zkCli 3.8 shows the same on our server and on Apache 3.8", () => {
  test.each(CLI_SCRIPTS)("%s", async (_name, steps) => {
    const [ours, theirs] = await Promise.all(KINDS.map((kind) => playOn(kind, steps)));
    expect(ours).toEqual(theirs);
    expect(ours!.flatMap((answer) => answer.printed).length).toBeGreaterThan(steps.length / 2);
  });
});

describe("zkCli.sh of the package, one command at a time", () => {
  let subjects: Subject[] = [];

  beforeAll(async () => {
    subjects = await Promise.all(KINDS.map((kind) => startSubject(kind, { config: CONFIG })));
  });

  afterAll(async () => {
    await Promise.all(subjects.map((subject) => subject.dispose()));
  });

  test.each([
    ["create -s /one-", "data"],
    ["create /two", "2"],
    ["get -s /two"],
    ["set -v 0 /two three"],
    ["set -v 0 /two four"],
    ["ls -R /"],
    ["delete /none"],
    ["stat /zookeeper/config"],
    ["create -e /gone-with-the-session x"],
    ["ls /"],
  ])("%s", async (...typed) => {
    const words = typed.flatMap((part) => part.split(" "));
    const shots = await Promise.all(subjects.map((subject) => zkCliScript(subject.address, words)));
    expect(shots[0]).toEqual(shots[1]);
    expect(shots[0]!.printed.length).toBeGreaterThan(0);
  });
});
