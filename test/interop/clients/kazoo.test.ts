import { join } from "node:path";
import { expect, test } from "vitest";
import { PROGRAMS, peers } from "../support/peers.ts";
import { expectSameRun } from "../support/same-program.ts";

test("kazoo: tutorial, watches, transactions, ACLs, recipes, expiry, restart", async () => {
  const script = join(PROGRAMS, "python/tutorial.py");
  const lines = await expectSameRun((address) => ["python3", script, address], {
    env: { PYTHONPATH: peers().pythonPath, PYTHONUNBUFFERED: "1" },
  });
  expect(lines.at(-1)).toBe("done");
  expect(lines).toContain("gone after expiry True None");
  expect(lines).toContain("data after restart b'kept' True");
}, 180_000);
