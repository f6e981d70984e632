import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createNodeDisk } from "../../src/storage/node-disk.ts";
import { openDirectory, range, recoverZxids } from "../support/storage.ts";

/** The real thing: a process that writes as fast as it can is killed, again and again, on the real disk. */

let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "menagerie-kill-"));
  await build({
    entryPoints: [join(import.meta.dirname, "../support/storage-writer.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: join(scratch, "writer.mjs"),
    logLevel: "silent",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Lets the writer acknowledge `lines` times, kills it, and returns the last zxid that it had acknowledged. */
async function writeAndKill(dataDir: string, lines: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [join(scratch, "writer.mjs"), dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout!.setEncoding("latin1");
  child.stdout!.on("data", (chunk: string) => {
    text += chunk;
    if (text.split("\n").length > lines) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  const whole = text.slice(0, text.lastIndexOf("\n"));
  return Number(whole.split("\n").at(-1));
}

it("a killed writer loses nothing that it acknowledged, and its lock does not outlive it", async () => {
  const dataDir = join(scratch, "data");
  const disk = createNodeDisk();
  let reached = 0;
  for (const lines of [1, 3, 40, 2, 90, 300]) {
    const acknowledged = await writeAndKill(dataDir, lines);
    expect(acknowledged).toBeGreaterThanOrEqual(reached);
    const directory = await openDirectory(disk, dataDir);
    const { lastZxid, target } = await recoverZxids(disk, { directory });
    expect(lastZxid).toBeGreaterThanOrEqual(acknowledged);
    expect([...target.txns.keys()].sort((a, b) => a - b)).toEqual(range(1, lastZxid));
    reached = lastZxid;
    await directory.release();
  }
  expect(reached).toBeGreaterThan(3000);
  expect(readdirSync(dataDir)).toEqual(["version-2"]);
});
