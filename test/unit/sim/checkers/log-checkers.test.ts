import { describe, expect, it } from "vitest";
import { CommitQuorum } from "../../../../sim/checkers/commit-quorum.ts";
import { CommittedOrder } from "../../../../sim/checkers/committed-order.ts";
import { ContiguousLog } from "../../../../sim/checkers/contiguous-log.ts";
import { LogAgreement } from "../../../../sim/checkers/log-agreement.ts";
import { Truncation } from "../../../../sim/checkers/truncation.ts";
import { quorumRuleOf } from "../../../../sim/quorum-rule.ts";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { FakeFacts, fromLeader, logged, quiet, show, txn, z } from "./bad-history.ts";

const { COMMIT, DIFF, LEADERINFO, NEWLEADER, TRUNC } = PacketType;

describe("log-agreement", () => {
  it("rings on one zxid with two txns, or behind two different ones", () => {
    const facts = new FakeFacts();
    const said = show(
      new LogAgreement(),
      facts,
      logged(1, z(1, 1), z(0, 0)),
      logged(2, z(1, 1), z(0, 0)),
      logged(1, z(2, 1), z(1, 1)),
      logged(3, z(2, 1), z(0, 0)),
      logged(3, z(1, 1), z(0, 0), txn(z(1, 1), { type: OpCode.createSession, timeOut: 1 })),
    );
    expect(said).toEqual([
      quiet,
      quiet,
      quiet,
      expect.stringMatching(/2:1 is behind/),
      expect.stringMatching(/two/),
    ]);
  });
});

describe("contiguous-log", () => {
  it("rings on a gap, and on an epoch that begins behind its first txn", () => {
    const said = show(
      new ContiguousLog(),
      new FakeFacts(),
      logged(1, z(1, 2), z(1, 1)),
      logged(1, z(1, 4), z(1, 2)),
      logged(1, z(3, 1), z(1, 2)),
      logged(1, z(4, 2), z(3, 1)),
    );
    expect(said).toEqual([
      quiet,
      expect.stringMatching(/1:4 behind 1:2/),
      quiet,
      expect.stringMatching(/4:2/),
    ]);
  });
});

describe("committed-order", () => {
  it("takes what a leader that is a quorum alone says to who comes to it for decided", () => {
    const facts = new FakeFacts();
    const checker = new CommittedOrder();
    facts.log(z(1, 1), z(0, 0), [3]);
    show(checker, facts, fromLeader(DIFF, z(1, 1)));
    expect(facts.history.tip).toBe(0);
    facts.rule = quorumRuleOf("server.3=h:1:2:participant;3");
    facts.durable(3).accepted = 2;
    show(checker, facts, fromLeader(DIFF, z(1, 1)));
    expect(facts.history.tip).toBe(0);
    facts.durable(3).accepted = 1;
    show(checker, facts, fromLeader(DIFF, z(1, 1)));
    expect(facts.history.tip).toBe(z(1, 1));
  });

  it("rings when what is decided leaves out what was decided before", () => {
    const facts = new FakeFacts();
    const checker = new CommittedOrder();
    facts.log(z(1, 1), z(0, 0));
    facts.log(z(1, 2), z(1, 1), [1]);
    const before = show(
      checker,
      facts,
      fromLeader(NEWLEADER, z(1, 0)),
      fromLeader(COMMIT, z(1, 1)),
      fromLeader(COMMIT, z(1, 2)),
    );
    expect(before).toEqual([quiet, quiet, quiet]);
    facts.history.add(z(2, 1), z(1, 1), txn(z(2, 1)));
    const other = { id: 2, learner: 1, leader: 2, isRelayed: false };
    facts.durable(2).zxids.length = 1;
    const after = show(
      checker,
      facts,
      fromLeader(NEWLEADER, z(2, 0), other),
      fromLeader(COMMIT, z(2, 1), other),
    );
    expect(after).toEqual([quiet, expect.stringMatching(/1:2, committed before, is lost/)]);
  });

  it("rings when a client is told of a write that nobody has", () => {
    const ack = { kind: "acknowledged", client: "c1", zxid: z(1, 5), path: "/a", data: null } as const;
    expect(show(new CommittedOrder(), new FakeFacts(), ack)).toEqual([
      expect.stringMatching(/nobody ever logged/),
    ]);
  });

  it("does not take a COMMIT of a sync for a decision", () => {
    const facts = new FakeFacts();
    facts.log(z(1, 1), z(0, 0), [3]);
    show(new CommittedOrder(), facts, fromLeader(DIFF, z(1, 1)), fromLeader(COMMIT, z(1, 1)));
    expect(facts.history.tip).toBe(0);
  });
});

describe("commit-quorum", () => {
  it("rings when a txn is decided that one disk has", () => {
    const facts = new FakeFacts();
    for (const disk of facts.disks.values()) disk.current = 1;
    facts.log(z(1, 1), z(0, 0), [1, 3]);
    facts.log(z(1, 2), z(1, 1), [3]);
    facts.commit(z(1, 1));
    facts.commit(z(1, 2));
    const said = show(new CommitQuorum(), facts, ...facts.committed);
    expect(said).toEqual([quiet, "1:2 is committed and durable on [3] only, of [1,2,3]"]);
  });

  it("does not count who has not stored the epoch", () => {
    const facts = new FakeFacts();
    facts.durable(3).current = 1;
    facts.log(z(1, 1), z(0, 0));
    facts.commit(z(1, 1));
    expect(show(new CommitQuorum(), facts, ...facts.committed)[0]).toMatch(/durable on \[3\] only/);
  });
});

describe("truncation", () => {
  it("rings when what is decided would go", () => {
    const facts = new FakeFacts();
    facts.log(z(1, 1), z(0, 0));
    facts.log(z(1, 2), z(1, 1));
    facts.commit(z(1, 1));
    expect(show(new Truncation(), facts, fromLeader(TRUNC, z(1, 1)))).toEqual([quiet]);
    facts.commit(z(1, 2));
    expect(show(new Truncation(), facts, fromLeader(TRUNC, z(1, 1)))).toEqual([
      expect.stringMatching(/1:2, committed/),
    ]);
  });

  it("rings on what the leader's own epoch has decided, not on what only a later one has", () => {
    const [before, later] = [
      { id: 1, learner: 1, leader: 3, isRelayed: false },
      { id: 2, learner: 2, leader: 1, isRelayed: false },
    ] as const;
    const facts = new FakeFacts();
    facts.log(z(4, 1), z(0, 0));
    facts.log(z(4, 2), z(4, 1));
    facts.log(z(4, 3), z(4, 2));
    facts.commit(z(4, 3));
    const seen = [
      fromLeader(LEADERINFO, z(4, 0), before),
      fromLeader(COMMIT, z(4, 2), before),
      fromLeader(LEADERINFO, z(5, 0), later),
      fromLeader(COMMIT, z(4, 3), later),
      fromLeader(TRUNC, z(4, 2), before),
    ];
    expect(show(new Truncation(), facts, ...seen)).toEqual(seen.map(() => quiet));
    const tooFar = [...seen, fromLeader(TRUNC, z(4, 1), before)];
    expect(show(new Truncation(), facts, ...tooFar).at(-1)).toMatch(/4:2, committed/);
  });
});
