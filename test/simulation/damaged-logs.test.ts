import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScriptedEnsemble } from "../support/scripted-ensemble.ts";
import { scanLog } from "../support/storage.ts";

/** Fault scenarios of logs that are torn or damaged (quorum-protocol 8.3), with all checkers of the simulator. */

const ALL = [1, 2, 3];

let ensemble: ScriptedEnsemble;

beforeEach(() => {
  ensemble = new ScriptedEnsemble();
});

afterEach(() => ensemble.end());

const logsOf = (sid: number): string[] =>
  ensemble
    .member(sid)
    .disk.paths()
    .filter((path) => path.includes("/log."));

describe("F57: power fails while records are being written", () => {
  it.each([1, 2, 3])("F57: on %i of three servers: what was acknowledged is there afterwards", async (k) => {
    ensemble.start(...ALL);
    await ensemble.untilServing(...ALL);
    const leader = ensemble.leader!;
    const client = ensemble.client(leader);
    const acknowledged: string[] = [];
    const write = async (path: string): Promise<void> => {
      await ensemble.clock.runUntil(client.create(path));
      acknowledged.push(path);
    };
    for (let at = 0; at < 8; at++) await write(`/n${at}`);
    // From here on a write takes its time, and the power goes in the middle of it; the leader is among those that lose it.
    const victims = [leader, ...ALL.filter((sid) => sid !== leader)].slice(0, k);
    for (const sid of ALL) ensemble.member(sid).diskSlowerByMs = 40;
    const unanswered = Array.from({ length: 5 }, (_, at) =>
      client.create(`/late${at}`).catch(() => undefined),
    );
    await ensemble.clock.advance(60);
    for (const sid of victims) ensemble.member(sid).powerFailed("torn");
    for (const sid of ALL) {
      ensemble.member(sid).kill();
      ensemble.member(sid).diskSlowerByMs = 0;
    }
    ensemble.start(...ALL);
    await ensemble.untilServing(...ALL);
    await ensemble.untilEqual(...ALL);
    for (const sid of ALL) {
      const { tree } = ensemble.member(sid).database!;
      for (const path of acknowledged) expect(tree.lookup(path), `${path} on ${sid}`).toBeGreaterThan(0);
    }
    const next = ensemble.client(ensemble.leader!);
    await ensemble.clock.runUntil(next.create("/after"));
    await ensemble.untilEqual(...ALL);
    void unanswered;
  });
});

it("F58: a damaged record in the middle of one server's log: it refuses to start, the others go on, nothing of it is cut", async () => {
  ensemble.start(...ALL);
  await ensemble.untilServing(...ALL);
  const victim = ensemble.member(ALL.find((sid) => sid !== ensemble.leader)!);
  const client = ensemble.client(ensemble.leader!);
  for (let at = 0; at < 10; at++) await ensemble.clock.runUntil(client.create(`/n${at}`));
  await ensemble.untilEqual(...ALL);
  await ensemble.clock.advance(500);
  victim.kill();
  const path = logsOf(victim.sid).at(-1)!;
  const bytes = Buffer.from(victim.disk.get(path)!);
  const { records } = scanLog(bytes);
  bytes[records[4]!.offset + 30]! ^= 1;
  victim.disk.put(path, bytes);
  ensemble.start(victim.sid);
  victim.excuse();
  await ensemble.until("it refuses", () => !victim.isOn);
  expect(Buffer.from(victim.disk.get(path)!).equals(bytes)).toBe(true);
  await ensemble.clock.runUntil(client.create("/goes-on"));
  await ensemble.clock.advance(2_000);
  expect(ensemble.leader).toBeDefined();
});
