import { describe, expect, it } from "vitest";
import { Alive } from "../../../../sim/checkers/alive.ts";
import { Membership } from "../../../../sim/checkers/membership.ts";
import { Service } from "../../../../sim/checkers/service.ts";
import { Startable } from "../../../../sim/checkers/startable.ts";
import type { Observation } from "../../../../sim/observation.ts";
import { PacketType } from "../../../../src/core/zab/packets.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { FakeFacts, fromLeader, fromLearner, quiet, show, started, txn, z } from "./bad-history.ts";

const { ACK, NEWLEADER, UPTODATE } = PacketType;

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
