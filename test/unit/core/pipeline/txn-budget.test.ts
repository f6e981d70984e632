import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { writeMultiRequest } from "../../../../src/protocol/multi.ts";
import { OpCode, Xid } from "../../../../src/protocol/opcode.ts";
import { AuthPacket, CreateRequest } from "../../../../src/protocol/records/proto.ts";
import { decodeTxn } from "../../../../src/protocol/txn.ts";
import { CoreHarness, OPEN_ACL } from "../../../support/core-harness.ts";

/** A small limit, so that small requests reach it: one field may have 4 KiB. */
const FIELD_BYTES_MAX = 4096;
const AUTH_ACL = [{ perms: 31, id: { scheme: "auth", id: "" } }];

function harness(): CoreHarness {
  return new CoreHarness({ server: { fieldBytesMax: FIELD_BYTES_MAX } });
}

describe("no txn becomes larger than what is read back (ZOOKEEPER-4306)", () => {
  it("refuses a multi whose auth ACLs expand beyond it, and records nothing of it", () => {
    const core = harness();
    const client = core.connect();
    for (let i = 0; i < 10; i++) {
      client.callRecord(
        OpCode.auth,
        AuthPacket,
        { type: 0, scheme: "digest", auth: Buffer.from(`u${i}:p`) },
        Xid.auth,
      );
    }
    const writer = new JuteWriter();
    writeMultiRequest(
      writer,
      Array.from({ length: 20 }, (_, i) => ({
        type: OpCode.create,
        path: `/n${i}`,
        data: null,
        acl: AUTH_ACL,
        flags: 0,
      })),
    );
    client.call(OpCode.multi, writer.bytes());
    expect(decodeTxn(core.log.at(-1)!.bytes).body).toMatchObject({ type: OpCode.multi });
    expect(core.log.at(-1)!.bytes.length).toBeLessThan(FIELD_BYTES_MAX);
    expect(core.machine.database.tree.lookup("/n0")).toBe(-1);
    expect(core.digestMismatches).toEqual([]);
    const one = client.callRecord(OpCode.create, CreateRequest, {
      path: "/one",
      data: null,
      acl: AUTH_ACL,
      flags: 0,
    });
    expect(one.err).toBe(ErrorCode.OK);
  });

  it("closes a session with very many ephemerals without listing them, and all are gone", () => {
    const core = harness();
    const client = core.connect();
    for (let i = 0; i < 200; i++) {
      client.callRecord(OpCode.create, CreateRequest, {
        path: `/ephemeral-${i}`,
        data: null,
        acl: OPEN_ACL,
        flags: 1,
      });
    }
    client.call(OpCode.closeSession);
    expect(decodeTxn(core.log.at(-1)!.bytes).body).toEqual({ type: OpCode.closeSession, paths2Delete: null });
    expect(core.machine.database.tree.ephemeralCount).toBe(0);
    expect(core.digestMismatches).toEqual([]);
  });
});
