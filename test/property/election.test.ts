import fc from "fast-check";
import { expect, test } from "vitest";
import { createPrng } from "../../src/base/prng.ts";
import { FastLeaderElection } from "../../src/core/election/fast-leader-election.ts";
import { decodeNotification, encodeNotification } from "../../src/core/election/notification.ts";
import { NO_VOTE, PEER_STATES } from "../../src/core/election/vote.ts";
import {
  ElectionWireError,
  ElectionWireReader,
  encodeInitialMessage,
} from "../../src/protocol/election-wire.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import { ElectionWorld, type Holdings } from "../support/election-world.ts";
import { membershipOf } from "../support/membership.ts";

const sids = [1, 2, 3, 4, 5];
const holdings = fc.record({
  lastZxid: fc.integer({ min: 0, max: 3 }),
  currentEpoch: fc.integer({ min: 0, max: 2 }),
});

/** Epoch, zxid, id: what the order of votes compares. */
function rank(sid: number, { currentEpoch = 0, lastZxid = 0 }: Holdings): number {
  return (currentEpoch * 100 + lastZxid) * 100 + sid;
}

test("on a calm network everybody elects the server with the most, in one wait", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc
        .integer({ min: 1, max: 5 })
        .chain((size) => fc.array(holdings, { minLength: size, maxLength: size })),
      (seed, all) => {
        const world = new ElectionWorld(sids.slice(0, all.length), { seed });
        for (const [index, has] of all.entries()) world.start(index + 1, has);
        const best = all.map((has, index) => rank(index + 1, has)).sort((a, b) => b - a)[0]!;
        expect(world.runUntil(() => world.isSettled(), 1000)).toBe(true);
        expect(world.server(1).vote!.leader).toBe(best % 100);
      },
    ),
    { numRuns: 100 },
  );
});

test("after any faults an ensemble settles on one leader; it has at least what some quorum has", () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(holdings, { minLength: 5, maxLength: 5 }), (seed, all) => {
      const world = new ElectionWorld(membershipOf([1, 2, 3, 4, 5, -6]), { seed });
      const prng = createPrng(seed);
      const known = new Map(all.map((has, index) => [index + 1, has] as const));
      for (const [sid, has] of known) world.start(sid, has);
      world.start(6);
      for (let i = 0; i < 8; i++) {
        disturb(world, prng.below(6), prng.below(6) + 1, prng.below(2) === 0);
        world.run(prng.below(3000));
      }
      world.faults = { delayMinMs: 1, delayMaxMs: 20, loss: 0 };
      world.isCut = () => false;
      for (const server of [...world.servers.values()]) {
        if (!server.isUp) world.start(server.sid, server);
      }
      expect(world.runUntil(() => world.isSettled(), 400_000)).toBe(true);
      const leader = world.server(world.server(1).vote!.leader);
      const notAhead = sids.filter((sid) => world.server(sid).currentEpoch <= leader.currentEpoch);
      expect(notAhead.length).toBeGreaterThanOrEqual(3);
    }),
    { numRuns: 60 },
  );
});

function disturb(world: ElectionWorld, what: number, sid: number, isHarsh: boolean): void {
  const server = world.server(sid);
  if (what === 0)
    world.faults = { delayMinMs: 1, delayMaxMs: isHarsh ? 700 : 50, loss: isHarsh ? 0.3 : 0.05 };
  else if (what === 1) world.isCut = (from, to) => (from === sid) !== (to === sid);
  else if (what === 2)
    world.isCut = (from, to) => from === sid && to !== sid; // one way
  else if (what === 3) world.isCut = () => false;
  else if (server.isUp) world.stop(sid);
  else world.start(sid, server);
}

const long = fc.oneof(
  fc.constantFrom(NO_VOTE, -1, 0, 1, 2 ** 52),
  fc.integer(),
  fc.integer({ min: 0, max: 2 ** 53 - 1 }),
);

test("a notification survives encoding and decoding", () => {
  const vote = fc.record({
    state: fc.constantFrom(...PEER_STATES),
    leader: long,
    zxid: long as fc.Arbitrary<Zxid>,
    electionEpoch: fc.oneof(fc.integer(), fc.integer({ min: 0, max: 2 ** 52 })),
    peerEpoch: long,
  });
  fc.assert(
    fc.property(vote, fc.string({ unit: "grapheme" }), (given, config) => {
      const payload = encodeNotification(given, Buffer.from(config));
      expect(decodeNotification(payload)).toEqual({ ...given, version: 2, config });
    }),
  );
});

test("no bytes make the machine throw, nor send more than an answer each", () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.uint8Array({ minLength: 40, maxLength: 80 }))
      .map(([state, rest]) => Buffer.from([0, 0, 0, state, ...rest])),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), payload), { maxLength: 50 }),
      (messages) => {
        const machine = new FastLeaderElection({
          sid: 3,
          minIntervalMs: 200,
          maxIntervalMs: 60_000,
          finalizeWaitMs: 200,
        });
        const view = { committed: membershipOf([1, 2, 3, 4, -5]), lastSeen: null };
        machine.start(
          {
            sid: 3,
            view,
            learnerType: "participant",
            lastZxid: 1 as Zxid,
            currentEpoch: 1,
            isReconfigEnabled: true,
          },
          0,
        );
        machine.take();
        for (const [from, bytes] of messages) {
          machine.receive(from, bytes, 10);
          expect(machine.take().send.length).toBeLessThanOrEqual(3);
        }
      },
    ),
  );
});

test("any bytes on an election connection, in any portions, are read or refused", () => {
  const start = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(
        fc.constantFrom(0, 1),
        fc.integer({ min: 0, max: 300 }),
        fc.string({ unit: fc.constantFrom("h", ":", "1", "|", "[", "]"), maxLength: 30 }),
      )
      .map(([version, sid, text]) => {
        const message = Buffer.from(encodeInitialMessage(sid, [{ host: text, port: 1 }], 1));
        message[7] = version;
        return message;
      }),
  );
  fc.assert(
    fc.property(
      start,
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      (head, rest, size) => {
        const reader = new ElectionWireReader(true);
        const bytes = Buffer.concat([head, rest]);
        try {
          for (let at = 0; at < bytes.length; at += size) {
            reader.push(bytes.subarray(at, at + size));
            const message = reader.initial();
            if (message !== undefined) expect(Number.isSafeInteger(message.sid)).toBe(true);
            while (reader.next() !== undefined);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ElectionWireError);
        }
      },
    ),
  );
});
