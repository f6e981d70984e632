import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../../sim/virtual-disk.ts";
import { makeZxid, type Zxid } from "../../src/protocol/zxid.ts";
import { ScriptedEnsemble } from "../support/scripted-ensemble.ts";

const LOG = /\/log\.[0-9a-f]+$/;

let ensemble: ScriptedEnsemble;

beforeEach(() => {
  ensemble = new ScriptedEnsemble();
});

afterEach(() => ensemble.end());

/** Fault scenarios of disks that fail (quorum-protocol 8.3), with all checkers of the simulator. */

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["a write error", { operation: "write", path: LOG, code: "EIO" }],
  ["a full disk", { operation: "write", path: LOG, code: "ENOSPC" }],
];

describe("F36: the disk of a follower fails under its log", () => {
  it.each(FAULTS)(
    "F36: %s ends it without an ACK, and its log has no hole when it is back",
    async (_, fault) => {
      ensemble.start(1, 2, 3);
      await ensemble.untilServing(1, 2, 3);
      const leader = ensemble.leader!;
      const victim = ensemble.member([1, 2, 3].find((sid) => sid !== leader)!);
      const client = ensemble.client(leader);
      await ensemble.clock.runUntil(client.create("/before"));
      victim.excuse();
      victim.disk.inject(fault);
      for (let at = 0; at < 5; at++) await ensemble.clock.runUntil(client.create(`/while-${at}`));
      await ensemble.until("it ends", () => !victim.isOn);
      expect(ensemble.leader).toBe(leader);
      // What is on its disk ends in front of what it could not write.
      const [own, leaders] = [victim.sid, leader].map((sid) => ensemble.world.durable(sid));
      expect(own!.lastRecord).toBeLessThan(leaders!.lastRecord!);
      victim.disk.clearFaults();
      victim.start();
      await ensemble.untilServing(1, 2, 3);
      await ensemble.clock.runUntil(client.create("/after"));
      await ensemble.untilEqual(1, 2, 3);
      await ensemble.until("its log has all", () => own!.lastRecord === leaders!.lastRecord);
      for (let zxid = makeZxid(1, 1); zxid <= leaders!.lastRecord!; zxid = (zxid + 1) as Zxid)
        expect([own!.hasRecord(zxid), leaders!.hasRecord(zxid)]).toEqual([true, true]);
    },
  );
});

describe("F37: the disk of the leader fails under its log", () => {
  it.each(FAULTS)("F37: at %s it commits nothing by its own ACK, and ends", async (_, fault) => {
    ensemble.start(1, 2, 3);
    await ensemble.untilServing(1, 2, 3);
    const leader = ensemble.leader!;
    const [away, other] = [1, 2, 3].filter((sid) => sid !== leader) as [number, number];
    const client = ensemble.client(leader);
    await ensemble.clock.runUntil(client.create("/before"));
    // The leader and the other one are needed, both.
    ensemble.member(away).kill();
    const victim = ensemble.member(leader);
    victim.excuse();
    victim.disk.inject(fault);
    const answer = client.create("/needs-both").then(
      () => "done",
      () => "failed",
    );
    await ensemble.until("it ends", () => !victim.isOn);
    expect(await ensemble.clock.runUntil(answer)).toBe("failed");
    ensemble.start(away);
    await ensemble.untilServing(away, other);
    victim.disk.clearFaults();
    victim.start();
    await ensemble.untilServing(1, 2, 3);
    await ensemble.untilEqual(1, 2, 3);
    const reader = ensemble.client(leader);
    expect(await ensemble.clock.runUntil(reader.exists("/before"))).not.toBeNull();
  });
});
