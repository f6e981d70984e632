import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { allOptions } from "../../src/config/schema.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(ROOT, "docs/configuration.md"), "utf8");

describe("docs/configuration.md", () => {
  test("has the tables that the schema gives", async () => {
    await promisify(execFile)(process.execPath, ["scripts/generate-docs.mjs", "--check"], { cwd: ROOT });
  });

  test.each(allOptions().map(({ key }) => key))("shows %s once", (key) => {
    const rows = page.split("\n").filter((line) => line.startsWith(`| \`${key}\``));
    expect(rows.length).toBe(1);
  });

  test("shows the messages that a wrong file really gets", () => {
    for (const line of page.split("\n").filter((text) => text.startsWith("/etc/zk/zoo.cfg line "))) {
      const [, key = "", value = ""] = /: ([\w.]+)=(\S+): /.exec(line) ?? [];
      const option = allOptions().find((candidate) => candidate.key === key);
      const parsed = option?.type.parse(value, "named");
      expect(parsed).toEqual({ ok: false, reason: expect.any(String) });
      if (parsed?.ok === false) expect(line).toContain(`: ${parsed.reason} (allowed: ${option?.type.range})`);
    }
  });
});

describe("conf/zoo_sample.cfg", () => {
  const sample = join(ROOT, "conf/zoo_sample.cfg");

  test("is a configuration without a flaw", () => {
    const config = loadConfig(sample);
    expect(config.notices).toEqual([]);
    expect([config.clients.port, config.sessions.tickTimeMs, config.files.dataDir]).toEqual([
      2181,
      2000,
      "/tmp/zookeeper",
    ]);
    expect([config.ensemble.initLimitTicks, config.ensemble.syncLimitTicks]).toEqual([10, 5]);
  });

  test("names only options there are, in its comments too", () => {
    const keys = [...readFileSync(sample, "utf8").matchAll(/^#?([a-zA-Z][\w.]*)=/gm)].map(
      (match) => match[1],
    );
    const known = new Set(allOptions().map(({ key }) => key));
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => !known.has(key ?? ""))).toEqual([]);
  });
});
