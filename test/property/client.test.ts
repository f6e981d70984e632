import fc from "fast-check";
import { describe, it } from "vitest";
import { formatAddress, parseConnectString } from "../../src/client/connect-string.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { MachineClient } from "../support/machine-client.ts";

const host = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/),
  fc.ipV4(),
  fc.ipV6().filter((text) => text.split(":").length > 2),
);

describe("connect strings", () => {
  it("say again what was read", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 65535 }) }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.constantFrom("", "/a", "/a/b.c"),
        (servers, chroot) => {
          const parsed = parseConnectString(servers.map(formatAddress).join(",") + chroot);
          return JSON.stringify(parsed) === JSON.stringify({ servers, chroot });
        },
      ),
    );
  });
});

/** Bytes that begin like an answer more often than chance would have it. */
const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(fc.integer({ min: 0, max: 64 }), fc.uint8Array({ maxLength: 64 }))
    .map(([length, bytes]) => Uint8Array.of(0, 0, 0, length, ...bytes)),
  fc
    .tuple(
      fc.integer({ min: -8, max: 5 }),
      fc.integer({ min: -130, max: 1 }),
      fc.uint8Array({ maxLength: 90 }),
    )
    .map(([xid, err, body]) =>
      new MachineClient().replyFrame(xid, 7, err, (writer) => writer.writeRaw(body)),
    ),
);

describe("the connection machine", () => {
  it("takes whatever a server says, in pieces of any size: it never throws, and every call is settled in the end", () => {
    fc.assert(
      fc.property(
        fc.array(garbage, { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        (chunks, size, isServed) => {
          const zk = new MachineClient();
          zk.open();
          if (isServed) zk.accept();
          const calls = [
            zk.call(OpCode.getData, "/a"),
            zk.call(OpCode.multi, null, { extra: [] }),
            zk.call(OpCode.getChildren2, "/a"),
            zk.call(OpCode.whoAmI, null),
          ];
          for (const chunk of chunks) {
            for (let at = 0; at < chunk.length; at += size) zk.receive(chunk.subarray(at, at + size));
          }
          zk.step({ kind: "close", keepsSession: true });
          const told = zk.told.filter((delivery) => delivery.kind === "call");
          return calls.every((call) => told.filter((delivery) => delivery === call).length === 1);
        },
      ),
      // The answer to the first call, without what it should hold.
      { numRuns: 500, examples: [[[new MachineClient().replyFrame(1, 7, 0, () => {})], 1, true]] },
    );
  });
});
