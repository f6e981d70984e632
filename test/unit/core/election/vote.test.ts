import { describe, expect, it } from "vitest";
import { agree, beats, NO_VOTE, type Vote } from "../../../../src/core/election/vote.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";

const vote = (over: Partial<Vote> = {}): Vote => ({
  leader: 2,
  zxid: 5 as Zxid,
  electionEpoch: 3,
  peerEpoch: 1,
  version: 0,
  state: "looking",
  ...over,
});
const one = () => 1;

describe("the order of votes", () => {
  it("is by epoch, zxid, leader (F6, F7)", () => {
    const holder = vote();
    expect(beats(vote({ peerEpoch: 2, zxid: 0 as Zxid, leader: 1 }), holder, one)).toBe(true);
    expect(beats(vote({ peerEpoch: 0, zxid: 99 as Zxid, leader: 9 }), holder, one)).toBe(false);
    expect(beats(vote({ zxid: 6 as Zxid, leader: 1 }), holder, one)).toBe(true);
    expect(beats(vote({ zxid: 4 as Zxid, leader: 9 }), holder, one)).toBe(false);
    expect(beats(vote({ leader: 3 }), holder, one)).toBe(true);
    expect(beats(vote({ electionEpoch: 99 }), holder, one)).toBe(false);
  });

  it("knows nothing lower than no vote", () => {
    const none = { leader: NO_VOTE, zxid: NO_VOTE as Zxid, peerEpoch: NO_VOTE };
    expect(beats(vote({ peerEpoch: -1, zxid: -1 as Zxid, leader: 0 }), none, one)).toBe(true);
    expect(beats(none, vote(), one)).toBe(false);
  });

  it("has no place for those who weigh nothing", () => {
    const weightOf = (sid: number) => (sid === 9 ? 0 : 1);
    expect(beats(vote({ leader: 9, peerEpoch: 99 }), vote(), weightOf)).toBe(false);
  });
});

describe("votes agree", () => {
  it("in everything while one of them is looking", () => {
    expect(agree(vote(), vote({ state: "following" }))).toBe(true);
    for (const other of [{ leader: 3 }, { zxid: 6 as Zxid }, { electionEpoch: 4 }, { peerEpoch: 2 }]) {
      expect(agree(vote(), vote(other))).toBe(false);
      expect(agree(vote({ ...other, state: "leading" }), vote())).toBe(false);
    }
  });

  it("in leader and epoch when both have a leader", () => {
    const following = vote({ state: "following", version: 2 });
    expect(agree(following, vote({ state: "leading", version: 2, zxid: 9 as Zxid, electionEpoch: 8 }))).toBe(
      true,
    );
    expect(agree(following, vote({ state: "leading", version: 2, peerEpoch: 2 }))).toBe(false);
    expect(agree(following, vote({ state: "leading", version: 2, leader: 3 }))).toBe(false);
  });

  it("in the leader alone when one of the two is from before 3.4.6", () => {
    const old = vote({ state: "following", version: 0 });
    expect(agree(old, vote({ state: "leading", version: 2, peerEpoch: 9 }))).toBe(true);
    expect(agree(old, vote({ state: "leading", version: 0, peerEpoch: 9 }))).toBe(false);
  });
});
