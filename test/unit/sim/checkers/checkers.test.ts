import { describe, expect, it } from "vitest";
import { AckEpoch } from "../../../../sim/checkers/ack-epoch.ts";
import { AcknowledgedWrites } from "../../../../sim/checkers/acknowledged-writes.ts";
import { Alive } from "../../../../sim/checkers/alive.ts";
import { CommitQuorum } from "../../../../sim/checkers/commit-quorum.ts";
import { CommittedOrder } from "../../../../sim/checkers/committed-order.ts";
import { ContiguousLog } from "../../../../sim/checkers/contiguous-log.ts";
import { Digest } from "../../../../sim/checkers/digest.ts";
import { Electable } from "../../../../sim/checkers/electable.ts";
import { EpochFiles } from "../../../../sim/checkers/epoch-files.ts";
import { Expiry } from "../../../../sim/checkers/expiry.ts";
import { LeaderCompleteness } from "../../../../sim/checkers/leader-completeness.ts";
import { LinkOrder } from "../../../../sim/checkers/link-order.ts";
import { LogAgreement } from "../../../../sim/checkers/log-agreement.ts";
import { Membership } from "../../../../sim/checkers/membership.ts";
import { NewLeaderAck } from "../../../../sim/checkers/newleader-ack.ts";
import { OneLeader } from "../../../../sim/checkers/one-leader.ts";
import { OwnWrites } from "../../../../sim/checkers/own-writes.ts";
import { ProposalAck } from "../../../../sim/checkers/proposal-ack.ts";
import { SameTrees } from "../../../../sim/checkers/same-trees.ts";
import { Service } from "../../../../sim/checkers/service.ts";
import { SessionOrder } from "../../../../sim/checkers/session-order.ts";
import { Sessions } from "../../../../sim/checkers/sessions.ts";
import { Startable } from "../../../../sim/checkers/startable.ts";
import { Truncation } from "../../../../sim/checkers/truncation.ts";
import { Votes } from "../../../../sim/checkers/votes.ts";
import { WatchOrder } from "../../../../sim/checkers/watch-order.ts";
import type { Checker, Observation } from "../../../../sim/observation.ts";
import { quorumRuleOf } from "../../../../sim/quorum-rule.ts";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { FakeFacts, fromLeader, fromLearner, int, newDatabase, OPEN, txn, z } from "./bad-history.ts";

const { ACK, ACKEPOCH, COMMIT, DIFF, LEADERINFO, NEWLEADER, PROPOSAL, SNAP, TRUNC, UPTODATE } = PacketType;

/** Shows the checker what happened, and returns what it said: undefined for each thing that is in order. */
function show(checker: Checker, facts: FakeFacts, ...seen: Observation[]): (string | undefined)[] {
  return seen.map((one) => checker.see(one, facts));
}

const quiet = undefined;
const started = (server: number): Observation => ({ kind: "started", server });
const logged = (server: number, zxid: Zxid, previous: Zxid, bytes = txn(zxid)): Observation => ({
  kind: "logged",
  server,
  zxid,
  previous,
  bytes,
});

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

describe("leader-completeness", () => {
  it("rings when a leader begins to serve without what is decided", () => {
    const facts = new FakeFacts();
    const checker = new LeaderCompleteness();
    facts.log(z(1, 1), z(0, 0));
    facts.log(z(1, 2), z(1, 1));
    facts.commit(z(1, 2));
    facts.history.begin(2, z(1, 2));
    facts.history.begin(3, z(1, 1));
    const serve = (epoch: number) => [fromLeader(NEWLEADER, z(epoch, 0)), fromLeader(UPTODATE, -1 as Zxid)];
    expect(show(checker, facts, ...serve(2))).toEqual([quiet, quiet]);
    expect(show(checker, facts, ...serve(3))).toEqual([quiet, expect.stringMatching(/epoch 3 with 1:1/)]);
  });

  it("rings on a beginning behind a later epoch, not on a learner that comes late to what had begun", () => {
    const facts = new FakeFacts();
    const checker = new LeaderCompleteness();
    const serve = (epoch: number) => [fromLeader(NEWLEADER, z(epoch, 0)), fromLeader(UPTODATE, -1 as Zxid)];
    facts.history.begin(1, z(0, 0));
    expect(show(checker, facts, ...serve(1))).toEqual([quiet, quiet]);
    facts.history.begin(3, z(0, 0));
    facts.log(z(3, 1), z(0, 0));
    facts.commit(z(3, 1));
    expect(show(checker, facts, ...serve(1))).toEqual([quiet, quiet]);
    expect(show(checker, facts, ...serve(2))).toEqual([
      quiet,
      expect.stringMatching(/epoch 2, and 3:1 is committed/),
    ]);
  });
});

describe("one-leader", () => {
  it("rings on an epoch with two leaders, or with one that has died meanwhile", () => {
    const checker = new OneLeader();
    const lead = (leader: number, id: number) => [
      fromLeader(NEWLEADER, z(4, 0), { id, learner: 1, leader, isRelayed: false }),
      fromLeader(UPTODATE, -1 as Zxid, { id, learner: 1, leader, isRelayed: false }),
    ];
    const facts = new FakeFacts();
    expect(show(checker, facts, started(3), ...lead(3, 1), ...lead(3, 2))).toEqual(Array(5).fill(quiet));
    expect(show(checker, facts, ...lead(2, 3))).toEqual([quiet, expect.stringMatching(/two leaders/)]);
    expect(show(checker, facts, started(3), ...lead(3, 4)).at(-1)).toMatch(/two leaders/);
  });
});

describe("electable", () => {
  it("rings on a leader that weighs nothing, as long as nothing was reconfigured", () => {
    const facts = new FakeFacts();
    const checker = new Electable();
    const zero = quorumRuleOf([...facts.rule.lines.values(), "group.1=1:2:3", "weight.3=0"].join("\n"));
    const upToDate = fromLeader(UPTODATE, -1 as Zxid);
    facts.rule = zero;
    const relayed = fromLeader(UPTODATE, -1 as Zxid, { id: 2, learner: 4, leader: 3, isRelayed: true });
    expect(show(checker, facts, relayed, upToDate)).toEqual([
      quiet,
      "server 3 leads, and must not be elected",
    ]);
    facts.rule = { ...zero };
    expect(show(checker, facts, upToDate)).toEqual([quiet]);
    expect(show(new Electable(), new FakeFacts(), upToDate)).toEqual([quiet]);
  });
});

describe("epoch-files", () => {
  it("rings when an epoch goes back or is ahead of what is accepted", () => {
    const facts = new FakeFacts();
    const checker = new EpochFiles();
    const disk = facts.durable(1);
    const look = (): string | undefined => checker.see({ kind: "durable", server: 1 }, facts);
    Object.assign(disk, { accepted: 2, current: 1 });
    expect(look()).toBe(quiet);
    disk.current = 3;
    expect(look()).toMatch(/above acceptedEpoch/);
    disk.current = 2;
    expect(look()).toMatch(/currentEpoch goes back/);
    disk.accepted = 1;
    expect(look()).toMatch(/acceptedEpoch goes back/);
    Object.assign(disk, { accepted: 3, current: 2 });
    disk.zxids.push(z(4, 1));
    expect(look()).toMatch(/has 4:1 and has accepted epoch 3 only/);
  });
});

describe("ack-epoch", () => {
  it("rings when an epoch is accepted or offered that is not on the disk, and when it counts twice", () => {
    const facts = new FakeFacts();
    const checker = new AckEpoch();
    facts.durable(3).accepted = 5;
    expect(show(checker, facts, fromLeader(LEADERINFO, z(5, 0)))).toEqual([quiet]);
    const ack = fromLearner(ACKEPOCH, z(0, 0), int(0));
    expect(show(checker, facts, ack)).toEqual([expect.stringMatching(/its disk says 0/)]);
    facts.durable(1).accepted = 5;
    expect(show(checker, facts, ack, ack)).toEqual([quiet, expect.stringMatching(/counts for two/)]);
    facts.durable(1).zxids.push(z(1, 1));
    expect(show(checker, facts, ack)).toEqual([expect.stringMatching(/on its disk it ends with 1:1/)]);
    const asksForAll = fromLearner(ACKEPOCH, z(0, 0), int(-1));
    expect(show(checker, facts, asksForAll)).toEqual([quiet]);
    expect(show(checker, facts, fromLeader(LEADERINFO, z(6, 0)))).toEqual([
      expect.stringMatching(/offers epoch 6/),
    ]);
  });
});

describe("newleader-ack", () => {
  const sync = [
    fromLeader(DIFF, z(1, 1), undefined, "arrived"),
    fromLeader(PROPOSAL, z(1, 1), undefined, "arrived"),
    fromLeader(COMMIT, z(1, 1), undefined, "arrived"),
    fromLeader(NEWLEADER, z(2, 0), undefined, "arrived"),
  ];

  it("rings when a proposal is acknowledged first", () => {
    const facts = new FakeFacts();
    const said = show(new NewLeaderAck(), facts, ...sync, fromLearner(ACK, z(1, 2)));
    expect(said.at(-1)).toMatch(/acknowledges 1:2 before the leadership/);
  });

  it("rings when the txns are not on the disk", () => {
    const facts = new FakeFacts();
    facts.durable(1).current = 2;
    const said = show(new NewLeaderAck(), facts, ...sync, fromLearner(ACK, z(2, 0)));
    expect(said.at(-1)).toMatch(/acknowledges epoch 2 and does not have 1:1/);
    facts.durable(1).zxids.push(z(1, 1));
    expect(show(new NewLeaderAck(), facts, ...sync, fromLearner(ACK, z(2, 0))).at(-1)).toBe(quiet);
  });

  it("rings when the epoch is not", () => {
    const facts = new FakeFacts();
    facts.log(z(1, 1), z(0, 0));
    const said = show(new NewLeaderAck(), facts, ...sync, fromLearner(ACK, z(2, 0)));
    expect(said.at(-1)).toMatch(/currentEpoch on its disk is 0/);
  });

  it("rings when the epoch is on the disk before the txns", () => {
    const facts = new FakeFacts();
    const checker = new NewLeaderAck();
    show(checker, facts, ...sync);
    facts.durable(1).current = 2;
    const said = show(checker, facts, { kind: "durable", server: 1 });
    expect(said.at(-1)).toMatch(/has stored currentEpoch 2 and does not have 1:1/);
  });

  it("rings when a snapshot is not", () => {
    const facts = new FakeFacts();
    facts.durable(1).current = 2;
    const said = show(
      new NewLeaderAck(),
      facts,
      fromLeader(SNAP, z(1, 9), undefined, "arrived"),
      sync[3]!,
      fromLearner(ACK, z(2, 0)),
    );
    expect(said.at(-1)).toMatch(/does not have 1:9/);
  });
});

describe("proposal-ack", () => {
  it("rings when a proposal, or one before it, is not on the disk", () => {
    const facts = new FakeFacts();
    const proposals = [1, 2, 3].map((counter) => fromLeader(PROPOSAL, z(1, counter)));
    facts.durable(1).zxids.push(z(1, 1), z(1, 3));
    const said = show(
      new ProposalAck(),
      facts,
      ...proposals,
      fromLearner(ACK, z(1, 1)),
      fromLearner(ACK, z(1, 3)),
    );
    expect(said).toEqual([quiet, quiet, quiet, quiet, expect.stringMatching(/1:3 and does not have 1:2/)]);
  });
});

describe("link-order", () => {
  it("rings on a gap in a DIFF and on a COMMIT out of turn", () => {
    const facts = new FakeFacts();
    const said = show(
      new LinkOrder(),
      facts,
      fromLearner(ACKEPOCH, z(1, 1), int(1)),
      fromLeader(DIFF, z(1, 4)),
      fromLeader(PROPOSAL, z(1, 2)),
      fromLeader(COMMIT, z(1, 2)),
      fromLeader(PROPOSAL, z(1, 4)),
      fromLeader(PROPOSAL, z(1, 5)),
      fromLeader(COMMIT, z(1, 5)),
    );
    expect(said.slice(0, 4)).toEqual(Array(4).fill(quiet));
    expect(said.slice(4)).toEqual([
      expect.stringMatching(/1:4 behind 1:2/),
      quiet,
      expect.stringMatching(/COMMIT of 1:5, the oldest proposal is 1:4/),
    ]);
  });
});

describe("link-order of a snapshot", () => {
  const sync = [
    fromLearner(ACKEPOCH, z(1, 1), int(1)),
    fromLeader(SNAP, z(2, 1)),
    fromLeader(PROPOSAL, z(2, 2)),
  ];

  it("rings when NEWLEADER comes in front of what the snapshot may hold parts of", () => {
    const facts = new FakeFacts();
    facts.log(z(2, 1), z(0, 0));
    for (const counter of [2, 3]) facts.log(z(2, counter), z(2, counter - 1));
    facts.commit(z(2, 2));
    expect(show(new LinkOrder(), facts, ...sync, fromLeader(NEWLEADER, z(2, 0))).at(-1)).toBe(quiet);
    facts.commit(z(2, 3));
    const said = show(new LinkOrder(), facts, ...sync, fromLeader(NEWLEADER, z(2, 0)));
    expect(said.at(-1)).toMatch(/NEWLEADER behind 2:2, and the snapshot may hold parts of 2:3/);
  });
});

describe("votes", () => {
  it("rings when a server offers what it does not have, or less than it has", () => {
    const facts = new FakeFacts();
    facts.log(z(1, 1), z(0, 0));
    facts.durable(1).current = 1;
    const vote = (zxid: Zxid, peerEpoch: number): Observation => ({
      kind: "voted",
      from: 1,
      to: 2,
      notification: { state: 0, leader: 1, zxid, round: 1, peerEpoch },
    });
    const said = show(new Votes(), facts, vote(z(1, 1), 1), vote(z(0, 0), 1), vote(z(1, 1), 2));
    expect(said).toEqual([
      quiet,
      expect.stringMatching(/offers 0:0/),
      expect.stringMatching(/offers epoch 2/),
    ]);
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

describe("service", () => {
  it("rings when a leader does not wait for the acknowledgement", () => {
    const sent = [fromLeader(NEWLEADER, z(1, 0)), fromLeader(UPTODATE, -1 as Zxid)];
    expect(show(new Service(), new FakeFacts(), ...sent)[1]).toMatch(/which it has not acknowledged/);
  });

  it("rings when a server answers before it may, and again after it has looked for a leader", () => {
    const facts = new FakeFacts();
    const checker = new Service();
    const served = (server: number): Observation => ({ kind: "served", server, as: "member" });
    expect(show(checker, facts, started(1), served(1))[1]).toMatch(/before it may/);
    const sync = [fromLeader(NEWLEADER, z(1, 0)), fromLearner(ACK, z(1, 0), null, "arrived"), served(3)];
    expect(show(checker, facts, ...sync)).toEqual([quiet, quiet, quiet]);
    const uptodate = fromLeader(UPTODATE, -1 as Zxid, undefined, "arrived");
    expect(show(checker, facts, uptodate, served(1))).toEqual([quiet, quiet]);
    const notification = { state: 0, leader: 1, zxid: z(0, 0), round: 2, peerEpoch: 1 };
    const looking: Observation = { kind: "voted", from: 1, to: 2, notification };
    expect(show(checker, facts, looking, served(1))).toEqual([quiet, quiet]);
    facts.nowMs++;
    expect(show(checker, facts, served(1))[0]).toMatch(/before it may/);
  });
});

describe("membership", () => {
  it("rings when a server acts on a configuration that is not decided, or on an older one", () => {
    const facts = new FakeFacts();
    const checker = new Membership();
    const disk = facts.durable(1);
    const look = (version: Zxid): string | undefined => {
      disk.configVersion = version;
      return checker.see({ kind: "durable", server: 1 }, facts);
    };
    expect(look(z(1, 0))).toBe(quiet);
    expect(look(z(1, 2))).toMatch(/nobody ever logged/);
    facts.log(z(1, 1), z(0, 0));
    const lines = ["server.1=s1:1:2:participant;3", "server.2=s2:1:2:observer;3"];
    const data = new TextEncoder().encode([...lines, "version=100000002"].join("\n"));
    const reconfig = { type: OpCode.reconfig, path: "/zookeeper/config", data, version: -1 } as const;
    facts.history.add(z(1, 2), z(1, 1), txn(z(1, 2), reconfig));
    facts.commit(z(1, 2));
    expect(look(z(1, 1))).toMatch(/goes back/);
    disk.configLines = lines;
    expect(look(z(1, 2))).toBe(quiet);
    facts.log(z(1, 3), z(1, 2));
    facts.commit(z(1, 3));
    expect(look(z(1, 3))).toMatch(/another txn/);
    expect(checker.see({ kind: "configured", server: 1 }, facts)).toBe(quiet);
    disk.configLines = lines.slice(1);
    expect(look(z(1, 2))).toMatch(/it has stored/);
  });
});

describe("startable", () => {
  it("rings when a server refuses its own data, unless that had to be expected", () => {
    const refused = (isExcused: boolean): Observation => ({
      kind: "refused",
      server: 2,
      reason: "torn",
      isExcused,
    });
    expect(show(new Startable(), new FakeFacts(), refused(true), refused(false))).toEqual([
      quiet,
      expect.stringMatching(/torn/),
    ]);
  });
});

describe("session-order", () => {
  it("rings when an answer is older than one before", () => {
    const answered = (zxid: Zxid, session = "7"): Observation => ({
      kind: "answered",
      client: "c1",
      session,
      zxid,
    });
    const said = show(
      new SessionOrder(),
      new FakeFacts(),
      answered(z(1, 2)),
      answered(z(1, 1), "8"),
      answered(z(1, 1)),
    );
    expect(said).toEqual([quiet, quiet, expect.stringMatching(/1:1 behind one as of 1:2/)]);
  });
});

describe("alive", () => {
  it("rings when a server ends by itself", () => {
    const failed = (isExcused: boolean): Observation => ({
      kind: "failed",
      server: 1,
      reason: "invariant",
      isExcused,
    });
    const said = show(new Alive(), new FakeFacts(), failed(true), failed(false));
    expect(said).toEqual([quiet, expect.stringMatching(/ended by itself: invariant/)]);
  });
});

describe("expiry", () => {
  it("rings when a session is closed whose client is there", () => {
    const facts = new FakeFacts();
    const checker = new Expiry();
    facts.history.add(z(1, 1), z(0, 0), txn(z(1, 1), { type: OpCode.closeSession, paths2Delete: [] }));
    facts.commit(z(1, 1));
    expect(show(checker, facts, ...facts.committed)).toEqual([quiet]);
    const calm: Observation = { kind: "calm", sessions: ["7"] };
    expect(show(checker, facts, calm, ...facts.committed)[1]).toMatch(/whose client is there/);
  });
});

describe("own-writes", () => {
  it("rings on writes out of order, and on a read that does not show them", () => {
    const wrote = (counter: number, sequence: number): Observation => ({
      kind: "acknowledged",
      client: "c1",
      zxid: z(1, counter),
      path: "/w",
      data: `c1:${sequence}`,
    });
    const read = (counter: number): Observation => ({
      kind: "read",
      client: "c1",
      path: "/w",
      mzxid: z(1, counter),
    });
    const facts = new FakeFacts();
    const checker = new OwnWrites();
    expect(show(checker, facts, wrote(2, 1), read(2), wrote(4, 2))).toEqual(Array(3).fill(quiet));
    expect(show(checker, facts, read(3))[0]).toMatch(/has written it in 1:4/);
    expect(show(checker, facts, wrote(3, 3))[0]).toMatch(/write 3 of \/w is 1:3/);
    const session: Observation = { kind: "session", client: "c1", session: "8" };
    expect(show(checker, facts, session, read(3))).toEqual([quiet, quiet]);
  });
});

describe("watch-order", () => {
  it("rings when a change is seen before its event", () => {
    const at = (kind: "watched" | "read", counter: number): Observation => ({
      kind,
      client: "c1",
      path: "/a",
      mzxid: z(1, counter),
    });
    const notified: Observation = { kind: "notified", client: "c1", path: "/a" };
    const checker = new WatchOrder();
    const facts = new FakeFacts();
    expect(show(checker, facts, at("watched", 1), at("read", 1), notified, at("read", 2))).toEqual(
      Array(4).fill(quiet),
    );
    expect(show(checker, facts, at("watched", 2), at("read", 3))[1]).toMatch(/before the event/);
    const session: Observation = { kind: "session", client: "c1", session: "8" };
    expect(show(checker, facts, session, at("read", 3))).toEqual([quiet, quiet]);
  });
});

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
