import fc from "fast-check";
import { expect, test } from "vitest";
import { OpCode } from "../../src/protocol/opcode.ts";
import { int, ustring } from "../../src/protocol/record.ts";
import type { ACL } from "../../src/protocol/records/data.ts";
import { bytes, text, zk } from "../support/core-client.ts";
import { type Client, CoreHarness, connectPayload, encode } from "../support/core-harness.ts";
import { clientExchanges } from "../support/vectors.ts";

/**
 * Whatever bytes arrive as frames, nothing throws (the machine's own invariants are checked in every step), replies stay
 * whole frames, and a session that others have no rights on keeps its data, its ephemeral and its connection.
 */

const OWN_ACL: readonly ACL[] = [{ perms: 31, id: { scheme: "auth", id: "" } }];

const OPCODES = Object.values(OpCode);

/** Requests that a real client sent: good material to spoil. */
const RECORDED: readonly Buffer[] = clientExchanges().flatMap((exchange) =>
  exchange.frames.filter((frame) => frame.from === "client").map((frame) => frame.payload),
);

const header = (xid: number, type: number): Uint8Array => encode(int, xid, int, type);
const joined = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);

const rawFrame = fc.uint8Array({ maxLength: 200 });
const knownOpcode = fc
  .tuple(fc.integer(), fc.constantFrom(...OPCODES), fc.uint8Array({ maxLength: 120 }))
  .map(([xid, type, body]) => joined(header(xid, type), body));
const someOpcode = fc
  .tuple(fc.integer(), fc.integer({ min: -20, max: 120 }), fc.uint8Array({ maxLength: 60 }))
  .map(([xid, type, body]) => joined(header(xid, type), body));
const withPath = fc
  .tuple(fc.constantFrom(...OPCODES), fc.string({ maxLength: 12 }), fc.uint8Array({ maxLength: 60 }))
  .map(([type, path, rest]) => joined(header(1, type), encode(ustring, `/${path}`), rest));
const spoiled = fc
  .tuple(fc.constantFrom(...RECORDED), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
  .map(([frame, at, value, cut]) => {
    const bytes = Buffer.from(frame);
    bytes[at % bytes.length] = value;
    return bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0));
  });

const frame: fc.Arbitrary<Uint8Array> = fc.oneof(rawFrame, knownOpcode, someOpcode, withPath, spoiled);

type Step =
  | { readonly kind: "frame"; readonly from: number; readonly bytes: Uint8Array }
  | { readonly kind: "open"; readonly from: number; readonly connects: boolean }
  | { readonly kind: "drop"; readonly from: number }
  | { readonly kind: "persist"; readonly count: number }
  | { readonly kind: "time"; readonly ms: number };

const from = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("frame" as const), from, bytes: frame }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("open" as const), from, connects: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), from }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("persist" as const), count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.constantFrom(10, 900, 3000) }),
  },
);

class Attack {
  readonly harness = new CoreHarness({
    server: {
      tickTimeMs: 1000,
      extendedTypesEnabled: true,
      maxSessionTimeoutMs: 10_000_000,
      enforceQuota: true,
    },
  });
  readonly bystander: Client;
  readonly attackers: (Client | undefined)[] = [];

  constructor() {
    this.bystander = this.harness.connect(10_000_000);
    const { bystander } = this;
    bystander.call(OpCode.auth, encode(int, 0, ustring, "digest", ustring, "owner:secret"), -4);
    zk.created(bystander, "/mine", { data: bytes("precious"), acl: OWN_ACL });
    zk.created(bystander, "/mine/e", { data: bytes("alive"), acl: OWN_ACL, flags: 1 });
    // DELETE on the parent would be enough to take /mine away.
    expect(
      zk.setAcl(bystander, "/", [{ perms: 31 & ~(8 | 16), id: { scheme: "world", id: "anyone" } }]),
    ).toBe(0);
    this.harness.autoPersist = false;
  }

  run(step: Step): void {
    const { harness } = this;
    switch (step.kind) {
      case "open": {
        const client = harness.open();
        this.attackers[step.from] = client;
        if (step.connects) client.send(connectPayload({ timeoutMs: 20_000 }));
        break;
      }
      case "frame": {
        const client = this.attackers[step.from];
        if (client !== undefined) client.send(step.bytes);
        break;
      }
      case "drop": {
        const client = this.attackers[step.from];
        if (client !== undefined) harness.drop(client.id);
        this.attackers[step.from] = undefined;
        break;
      }
      case "persist":
        harness.persist(step.count);
        break;
      case "time":
        harness.advance(step.ms);
        break;
    }
    // Malformed frames end their connection and are told once.
    for (const event of harness.eventsOf("malformedFrame"))
      expect(event.connection).not.toBe(this.bystander.id);
  }

  finish(): void {
    const { harness, bystander } = this;
    harness.persist();
    harness.autoPersist = true;
    expect(bystander.isClosed).toBe(false);
    expect(bystander.frames, "nothing that it has not asked for").toEqual([]);
    expect(text(zk.data(bystander, "/mine").data)).toBe("precious");
    const child = zk.data(bystander, "/mine/e");
    expect(text(child.data)).toBe("alive");
    expect(child.stat.ephemeralOwner.equals(bystander.sessionId)).toBe(true);
    expect(zk.setData(bystander, "/mine", bytes("still"), 0)).toBe(0);
    // An attacker may have asked for the longest session there is; only who says something outlives this.
    for (let i = 0; i < 2; i++) {
      harness.advance(9_000_000);
      bystander.call(OpCode.ping);
    }
    expect(harness.machine.connections.size, "attackers have expired").toBe(1);
    expect(harness.machine.sessions.globalCount).toBe(1);
    expect(harness.machine.outstandingRequests).toBe(0);
    expect(harness.digestMismatches).toEqual([]);
    const again = harness.restart();
    expect(again.digestMismatches).toEqual([]);
    const { tree } = harness.machine.database;
    expect(again.machine.database.tree.treeDigest().key).toBe(tree.treeDigest().key);
  }
}

test("arbitrary frames from others harm nobody", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const attack = new Attack();
      for (let i = 0; i < 3; i++) attack.run({ kind: "open", from: i, connects: true });
      attack.harness.persist();
      for (const each of steps) attack.run(each);
      attack.finish();
    }),
    { numRuns: 300 },
  );
});

test("every recorded request, cut at every byte, is answered or closes its own connection", () => {
  const attack = new Attack();
  attack.harness.autoPersist = true;
  for (const recorded of RECORDED) {
    for (let length = 0; length <= recorded.length; length++) {
      const client = attack.harness.connect(4000);
      client.send(recorded.subarray(0, length));
      const isClose = recorded.readInt32BE(4) === OpCode.closeSession;
      const type = length >= 8 ? recorded.readInt32BE(4) : undefined;
      const isAnswered = client.frames.length > 0;
      if (!client.isClosed && !isClose) expect(isAnswered, `opcode ${type}, ${length} bytes`).toBe(true);
      attack.harness.drop(client.id);
    }
  }
  attack.finish();
});
