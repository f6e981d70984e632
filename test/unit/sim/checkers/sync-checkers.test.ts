import { describe, expect, it } from "vitest";
import { LinkOrder } from "../../../../sim/checkers/link-order.ts";
import { NewLeaderAck } from "../../../../sim/checkers/newleader-ack.ts";
import { ProposalAck } from "../../../../sim/checkers/proposal-ack.ts";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { FakeFacts, fromLeader, fromLearner, int, quiet, show, z } from "./bad-history.ts";

const { ACK, ACKEPOCH, COMMIT, DIFF, NEWLEADER, PROPOSAL, SNAP } = PacketType;

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
