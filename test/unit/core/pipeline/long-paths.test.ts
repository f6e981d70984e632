import { expect, it } from "vitest";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { zk } from "../../../support/core-client.ts";
import { CoreHarness } from "../../../support/core-harness.ts";

/** V8 hashes strings of this length by nothing but their length: each look-up goes through all of them. */
const LONG = "x".repeat(17_000);
/** Enough to see it: where the time grows with the square of it, this takes three times as long. */
const COUNT = 1_000;

const numbered = (i: number): string => LONG + String(i).padStart(5, "0");

it("a session with thousands of ephemerals with very long names, alike up to their ends, is closed at once", {
  timeout: 60_000,
}, () => {
  const harness = new CoreHarness();
  const client = harness.connect();
  const watcher = harness.connect();
  const path = (i: number) => `/${numbered(i)}`;
  for (let i = 0; i < COUNT; i++) zk.created(client, path(i), { flags: 1 });
  zk.created(watcher, path(COUNT));
  // One is outstanding when the session ends.
  harness.autoPersist = false;
  client.request(OpCode.create, zk.createBody(path(COUNT + 1), { flags: 1 }));
  client.request(OpCode.closeSession);
  harness.persist();
  expect(client.isClosed).toBe(true);
  const { tree } = harness.machine.database;
  expect([tree.ephemeralCount, tree.lookup(path(7)), tree.lookup(path(COUNT + 1))]).toEqual([0, -1, -1]);
  expect(tree.lookup(path(COUNT))).toBeGreaterThan(0);
  expect(harness.digestMismatches).toEqual([]);
});
