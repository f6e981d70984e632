import { describe, expect, it } from "vitest";
import { type AuditRecord, auditLevel, auditLine } from "../../src/admin/audit-log.ts";

/** The lines are those of the reference (operations.md 4.1), without the logger's prefix. */
const client = { session: "0x100001d3e9f0000", user: "127.0.0.1", ip: "127.0.0.1" } as const;
const create = { ...client, operation: "create" } as const;

const LINES: [AuditRecord, string][] = [
  [
    { user: "root", operation: "serverStart", result: "success" },
    "user=root\toperation=serverStart\tresult=success",
  ],
  [
    { ...create, znode: "/a/seq0000000003", znodeType: "persistent_sequential", result: "success" },
    "session=0x100001d3e9f0000\tuser=127.0.0.1\tip=127.0.0.1\toperation=create\tznode=/a/seq0000000003\tznode_type=persistent_sequential\tresult=success",
  ],
  [
    { ...create, znode: "/a/eph/kid", znodeType: "persistent", result: "failure" },
    "session=0x100001d3e9f0000\tuser=127.0.0.1\tip=127.0.0.1\toperation=create\tznode=/a/eph/kid\tznode_type=persistent\tresult=failure",
  ],
  [
    { ...client, operation: "setAcl", znode: "/p2", acl: "world:anyone:cdrwa", result: "success" },
    "session=0x100001d3e9f0000\tuser=127.0.0.1\tip=127.0.0.1\toperation=setAcl\tznode=/p2\tacl=world:anyone:cdrwa\tresult=success",
  ],
  [
    { ...client, operation: "reconfig", result: "failure" },
    "session=0x100001d3e9f0000\tuser=127.0.0.1\tip=127.0.0.1\toperation=reconfig\tresult=failure",
  ],
  [
    {
      session: "0x100001ee2b90019",
      user: "root",
      operation: "ephemeralZNodeDeletionOnSessionCloseOrExpire",
      znode: "/expnode",
      result: "success",
    },
    "session=0x100001ee2b90019\tuser=root\toperation=ephemeralZNodeDeletionOnSessionCloseOrExpire\tznode=/expnode\tresult=success",
  ],
  [
    { user: "root", operation: "serverStop", result: "invoked" },
    "user=root\toperation=serverStop\tresult=invoked",
  ],
];

describe("audit log", () => {
  it.each(LINES)("%j", (record, line) => {
    expect(auditLine(record)).toBe(line);
  });

  it("logs failures as errors", () => {
    expect([auditLevel("success"), auditLevel("invoked"), auditLevel("failure")]).toEqual([
      "info",
      "info",
      "error",
    ]);
  });

  it("a client cannot forge pairs or lines by its name", () => {
    const user = "eve\tresult=success\nuser=root\u001b[1m\u2028";
    expect(auditLine({ ...create, user, result: "failure" })).toBe(
      "session=0x100001d3e9f0000\tuser=eve\\tresult=success\\nuser=root\\x1b[1m\\u2028\tip=127.0.0.1\toperation=create\tresult=failure",
    );
  });
});
