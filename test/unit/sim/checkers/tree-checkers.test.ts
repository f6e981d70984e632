import { describe, expect, it } from "vitest";
import { AcknowledgedWrites } from "../../../../sim/checkers/acknowledged-writes.ts";
import { Digest } from "../../../../sim/checkers/digest.ts";
import { SameTrees } from "../../../../sim/checkers/same-trees.ts";
import { Sessions } from "../../../../sim/checkers/sessions.ts";
import type { Observation } from "../../../../sim/observation.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { FakeFacts, newDatabase, OPEN, quiet, show, txn, z } from "./bad-history.ts";

describe("what trees must be", () => {
  const create = {
    type: OpCode.create,
    path: "/e",
    data: null,
    acl: OPEN,
    ephemeral: true,
    parentCVersion: 1,
  } as const;

  it("digest rings on a txn that says another one, and when a server says so", () => {
    const facts = new FakeFacts();
    const said: Observation = { kind: "said", server: 1, level: "error", message: "digest mismatch at 1:1" };
    expect(show(new Digest(), facts, said)).toEqual([expect.stringMatching(/mismatch/)]);
    const wrong = { version: 2, treeDigest: new Int64(1, 2) };
    facts.expected.replay(txn(z(1, 1), create, wrong));
    facts.log(z(1, 1), z(0, 0));
    facts.commit(z(1, 1));
    expect(show(new Digest(), facts, ...facts.committed)).toEqual([expect.stringMatching(/another digest/)]);
  });

  it("sessions rings on an ephemeral without a session", () => {
    const facts = new FakeFacts();
    const committed: Observation = { kind: "committed", txns: [] };
    facts.expected.replay(txn(z(1, 1)));
    facts.expected.replay(txn(z(1, 2), create));
    expect(show(new Sessions(), facts, committed)).toEqual([quiet]);
    const orphaned = new FakeFacts();
    orphaned.expected.replay(txn(z(1, 1), create));
    expect(show(new Sessions(), orphaned, committed)).toEqual([expect.stringMatching(/session .* is over/)]);
  });

  it("same-trees rings on a server that is behind, has more, or has something else", () => {
    const facts = new FakeFacts();
    facts.log(z(1, 1), z(0, 0));
    facts.commit(z(1, 1));
    facts.expected.replay(txn(z(1, 1)));
    const settled = (database = newDatabase()): Observation => ({ kind: "settled", server: 1, database });
    expect(show(new SameTrees(), facts, settled())[0]).toMatch(/is at 0:0, decided is 1:1/);
    const same = newDatabase();
    same.replay(txn(z(1, 1)));
    expect(show(new SameTrees(), facts, settled(same))).toEqual([quiet]);
    const other = newDatabase();
    other.replay(txn(z(1, 1), { ...create, ephemeral: false }));
    expect(show(new SameTrees(), facts, settled(other))[0]).toMatch(/sessions of server 1 differ/);
    const more = newDatabase();
    more.replay(txn(z(1, 1)));
    more.replay(txn(z(1, 1), { ...create, path: "/x" }));
    expect(show(new SameTrees(), facts, settled(more))[0]).toMatch(/server 1: \/ is .*numChildren":2/);
  });

  it("acknowledged-writes rings on a write that is lost, or is another one", () => {
    const facts = new FakeFacts();
    const path = "/e";
    facts.history.add(z(1, 1), z(0, 0), txn(z(1, 1), { ...create, data: new TextEncoder().encode("a") }));
    facts.history.add(z(1, 2), z(1, 1), txn(z(1, 2), create));
    facts.commit(z(1, 1));
    const settled: Observation = { kind: "settled", server: 1, database: newDatabase() };
    const acked = (zxid: Zxid, data: string): Observation => ({
      kind: "acknowledged",
      client: "c1",
      zxid,
      path,
      data,
    });
    const ask = (zxid: Zxid, data: string) =>
      show(new AcknowledgedWrites(), facts, acked(zxid, data), settled)[1];
    expect(ask(z(1, 1), "a")).toBe(quiet);
    expect(ask(z(1, 1), "b")).toMatch(/another txn/);
    expect(ask(z(1, 2), "a")).toMatch(/is lost/);
  });
});
