import { describe, expect, it } from "vitest";
import { AckEpoch } from "../../../../sim/checkers/ack-epoch.ts";
import { Electable } from "../../../../sim/checkers/electable.ts";
import { EpochFiles } from "../../../../sim/checkers/epoch-files.ts";
import { LeaderCompleteness } from "../../../../sim/checkers/leader-completeness.ts";
import { OneLeader } from "../../../../sim/checkers/one-leader.ts";
import { Votes } from "../../../../sim/checkers/votes.ts";
import type { Observation } from "../../../../sim/observation.ts";
import { quorumRuleOf } from "../../../../sim/quorum-rule.ts";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { FakeFacts, fromLeader, fromLearner, int, quiet, show, started, z } from "./bad-history.ts";

const { ACK, ACKEPOCH, LEADERINFO, NEWLEADER, UPTODATE } = PacketType;

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

describe("leader-completeness, when acknowledgements come late", () => {
  const acknowledge = (checker: LeaderCompleteness, facts: FakeFacts) =>
    show(checker, facts, fromLeader(NEWLEADER, z(1, 0)), fromLearner(ACK, z(1, 0)));
  const decideInEpoch2 = (facts: FakeFacts) => {
    facts.history.begin(1, z(0, 0));
    facts.history.begin(2, z(0, 0));
    facts.log(z(2, 1), z(0, 0));
    facts.commit(z(2, 1));
  };

  it("is quiet when a quorum had acknowledged the epoch before a later one decided anything", () => {
    const facts = new FakeFacts();
    const checker = new LeaderCompleteness();
    acknowledge(checker, facts);
    decideInEpoch2(facts);
    expect(show(checker, facts, fromLeader(UPTODATE, -1 as Zxid))).toEqual([quiet]);
  });

  it("rings all the same when the leader has begun without what was decided before it", () => {
    const facts = new FakeFacts();
    const checker = new LeaderCompleteness();
    facts.log(z(1, 1), z(0, 0));
    facts.log(z(1, 2), z(1, 1));
    facts.commit(z(1, 2));
    facts.history.begin(2, z(1, 1));
    show(checker, facts, fromLeader(NEWLEADER, z(2, 0)), fromLearner(ACK, z(2, 0)));
    facts.history.begin(3, z(1, 2));
    facts.log(z(3, 1), z(1, 2));
    facts.commit(z(3, 1));
    expect(show(checker, facts, fromLeader(UPTODATE, -1 as Zxid))).toEqual([
      expect.stringMatching(/begins epoch 2 with 1:1, and 1:2 is committed/),
    ]);
  });

  it("rings when it did so afterwards", () => {
    const facts = new FakeFacts();
    const checker = new LeaderCompleteness();
    decideInEpoch2(facts);
    acknowledge(checker, facts);
    expect(show(checker, facts, fromLeader(UPTODATE, -1 as Zxid))).toEqual([
      expect.stringMatching(/epoch 1, and 2:1 is committed/),
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
