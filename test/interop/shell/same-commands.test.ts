import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSubject } from "../../support/apache.ts";
import { ClientTestServer } from "../../support/client-server.ts";
import { CLI_SCRIPTS } from "../clients/zk-cli-scripts.ts";
import { REPOSITORY } from "../support/peers.ts";
import { COMMON_CONFIG } from "../support/suite.ts";
import {
  type CliAnswer,
  type CliStep,
  maskCli,
  type OneShot,
  ZkCli,
  zkCliScript,
} from "../support/zk-cli.ts";

/** The same lines typed into Apache's zkCli 3.8 and into our shell, each on a fresh server of its own; the answers are the same. */
const OURS = [process.execPath, join(REPOSITORY, "dist/bin/zk-cli.cjs")];
const CONFIG = { ...COMMON_CONFIG, enforceQuota: true };

interface Server {
  readonly address: string;
  dispose(): Promise<void>;
}

const SERVERS: Readonly<Record<string, () => Promise<Server>>> = {
  "Apache ZooKeeper 3.8": () => startSubject("apache-3.8", { config: CONFIG }),
  Menagerie: () =>
    new ClientTestServer(
      Object.fromEntries(Object.entries(CONFIG).map(([key, value]) => [key, String(value)])),
    ).start(),
};

/** What is typed in the place of other lines. */
const REPLACED: Readonly<Record<string, string>> = {
  // Differs on purpose: test/golden/shell-differences.ts.
  "delete /d/k 9": "delete /d/k",
  // Apache's shell prints from another thread, which may be late: after the `printwatches on` that follows.
  "set /a/b silent": "set /a silent",
};

async function playOn(
  server: Server,
  steps: readonly CliStep[],
  command?: readonly string[],
): Promise<CliAnswer[]> {
  const cli = await ZkCli.start(server.address, [], command);
  try {
    const answers: CliAnswer[] = [];
    for (const step of steps) {
      const replaced = typeof step === "string" ? (REPLACED[step] ?? step) : step;
      answers.push(comparable(await cli.type(replaced)));
    }
    expect(await cli.quit()).toBe(0);
    return answers;
  } finally {
    cli.kill();
  }
}

/** The two streams come together in any order, and 3.8 prints no zxid of an event. */
function comparable({ line, printed, events }: CliAnswer): CliAnswer {
  return {
    line,
    printed: printed.map((text) => text.replace(/^(ZooKeeper CLI version:).*/, "$1 VERSION")).sort(),
    events: events.map((event) => event.replace(/ zxid: -?\d+$/, "")),
  };
}

describe.each(Object.keys(SERVERS))("on %s", (kind) => {
  test.each(CLI_SCRIPTS)("%s", async (_name, steps) => {
    const servers = await Promise.all([SERVERS[kind]!(), SERVERS[kind]!()]);
    try {
      const [theirs, ours] = await Promise.all([
        playOn(servers[0]!, steps),
        playOn(servers[1]!, steps, OURS),
      ]);
      expect(ours).toEqual(theirs);
      expect(ours.flatMap(({ printed }) => printed).length).toBeGreaterThan(steps.length / 2);
    } finally {
      await Promise.all(servers.map((server) => server.dispose()));
    }
  });
});

describe("one command at a time, as Apache's zkCli.sh", () => {
  let servers: Server[] = [];

  beforeAll(async () => {
    const make = SERVERS["Apache ZooKeeper 3.8"]!;
    servers = await Promise.all([make(), make()]);
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.dispose()));
  });

  test.each([
    ["create -s /one-", "data"],
    ["create /two", "2"],
    ["create /two", "2"],
    ["get -s /two"],
    ["get /two", "watch"],
    ["set -v 0 /two three"],
    ["set -v 0 /two four"],
    ["ls -R /"],
    ["ls"],
    ["ls /none"],
    ["delete /none"],
    ["stat /zookeeper/config"],
    ["deleteall /two"],
    ["setquota -n"],
    ["getAcl /"],
  ])("%s", async (...typed) => {
    const words = typed.flatMap((part) => part.split(" "));
    const [theirs, ours] = await Promise.all([
      zkCliScript(servers[0]!.address, words),
      oneShot(servers[1]!.address, words),
    ]);
    expect(withoutZxids(ours)).toEqual(withoutZxids(theirs));
  });
});

/** Ours ends its session, which is a transaction; Apache's leaves it to expire. */
function withoutZxids({ printed, exitCode }: OneShot): OneShot {
  return { printed: printed.map((line) => line.replace(/^(.Zxid) = .*/, "$1 = ZXID")).sort(), exitCode };
}

function oneShot(address: string, words: readonly string[]): Promise<OneShot> {
  return new Promise((resolve, reject) => {
    const args = [
      "-c",
      'exec "$@" 2>&1',
      "sh",
      join(REPOSITORY, "bin/zkCli.sh"),
      "-server",
      address,
      ...words,
    ];
    execFile("sh", args, { timeout: 30_000 }, (error, stdout) => {
      if (error !== null && typeof error.code !== "number") return reject(error);
      const isNoise = /^(WATCHER::|WatchedEvent .*type:None|$)/;
      const printed = stdout
        .split("\n")
        .map(maskCli)
        .filter((line) => !isNoise.test(line));
      resolve({ printed, exitCode: Number(error?.code ?? 0) });
    });
  });
}
