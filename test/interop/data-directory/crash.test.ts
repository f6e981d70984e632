import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSubject } from "../../support/apache.ts";
import { logNames, recordsOf, snapshotNames } from "../support/apache-files.ts";
import { peers } from "../support/peers.ts";
import { create, exists, setData } from "../support/requests.ts";
import { COMMON_CONFIG, SUBJECT } from "../support/suite.ts";
import { walkTree } from "../support/tree-walk.ts";
import { WireSession } from "../support/wire-session.ts";

const CONFIG = { ...COMMON_CONFIG, snapCount: 1000, preAllocSize: 256 };
const WRITERS = 4;
const DEPTH = 16;

/** Sets `path` again and again, `DEPTH` requests at a time, until the connection ends; returns how many were answered. */
async function writeUntilTheEnd(port: number, path: string): Promise<number> {
  const session = await WireSession.open(port);
  await session.ask(create(path, { data: "0" }));
  let acknowledged = 0;
  try {
    for (;;) {
      const replies = await session.askAll(
        Array.from({ length: DEPTH }, () => setData(path, "x".repeat(100))),
      );
      acknowledged += replies.filter((reply) => reply.err === 0).length;
    }
  } catch {
    return acknowledged;
  }
}

/** The oldest, the newest and some between them: each costs a Java virtual machine. */
function sample(names: readonly string[]): string[] {
  const stride = Math.max(1, Math.floor(names.length / 4));
  return names.filter((_, index) => index % stride === 0 || index === names.length - 1);
}

async function apacheTool(...words: string[]): Promise<string> {
  const java = ["-XX:TieredStopAtLevel=1", "-cp", peers().apache39ClassPath, ...words];
  return (await promisify(execFile)("java", java, { maxBuffer: 1 << 28 })).stdout;
}

describe("kill -9 under load: everything that was acknowledged is there", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "interop-crash-"));
  const acknowledged = new Map<string, number>();

  beforeAll(async () => {
    for (let round = 0; round < 3; round++) {
      const subject = await startSubject(SUBJECT, { config: CONFIG, dataDir });
      const paths = Array.from({ length: WRITERS }, (_, i) => `/r${round}-w${i}`);
      const counts = paths.map((path) => writeUntilTheEnd(subject.port, path));
      await new Promise((next) => setTimeout(next, 700 + 150 * round));
      await subject.kill();
      for (const [index, count] of (await Promise.all(counts)).entries())
        acknowledged.set(paths[index]!, count);
      await subject.dispose();
    }
  });

  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  test("we find every acknowledged write again, and Apache finds the same tree", async () => {
    const ours = await startSubject(SUBJECT, { config: CONFIG, dataDir });
    const session = await WireSession.open(ours.port);
    for (const [path, count] of acknowledged) {
      const stat = await session.must(exists(path));
      stat.take(32);
      const version = stat.int();
      expect(count, path).toBeGreaterThan(DEPTH);
      expect(version, path).toBeGreaterThanOrEqual(count);
      // The last batch may have been written without an answer, and nothing beyond it.
      expect(version, path).toBeLessThanOrEqual(count + DEPTH);
    }
    session.drop();
    const tree = Object.fromEntries(await walkTree(ours.port));
    await ours.kill();
    await ours.dispose();
    const theirs = await startSubject("apache-3.8", { config: CONFIG, dataDir });
    expect(Object.fromEntries(await walkTree(theirs.port))).toEqual(tree);
    await theirs.dispose();
  });

  test("Apache's own tools read our logs and snapshots without a complaint", async () => {
    for (const name of sample(logNames(dataDir))) {
      const tool = "org.apache.zookeeper.server.persistence.TxnLogToolkit";
      const printed = await apacheTool(tool, "-d", join(dataDir, "version-2", name));
      expect(printed).not.toContain("CRC ERROR");
      expect(printed).toContain(`EOF reached after ${recordsOf(dataDir, name).length} txns.`);
    }
    for (const name of sample(snapshotNames(dataDir))) {
      const tool = "org.apache.zookeeper.server.SnapshotFormatter";
      const printed = await apacheTool(tool, join(dataDir, "version-2", name));
      expect(printed).toMatch(/^ZNode Details \(count=\d+\):/m);
      expect(printed).toMatch(/Last zxid: 0x[0-9a-f]+/);
    }
  });
});
