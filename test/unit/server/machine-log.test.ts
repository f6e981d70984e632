import { expect, it } from "vitest";
import type { MachineEvent } from "../../../src/core/machine-event.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import { AuditLog } from "../../../src/server/audit-log.ts";
import { formatLine, RecordLog } from "../../../src/server/line-log.ts";
import { reportEvent } from "../../../src/server/machine-log.ts";

function lineOf(event: MachineEvent): string {
  let line = "";
  const log = new RecordLog("debug", (record) => {
    line += formatLine(record).slice(24).trimEnd();
  });
  reportEvent(event, log, new AuditLog(log));
  return line;
}

it("a change of the role names the leader, and how far whose data goes", () => {
  const zxid = 0x2_0000_0007 as Zxid;
  const common = { kind: "roleChanged", zxid, epoch: 2 } as const;
  expect(lineOf({ ...common, state: "looking", leader: undefined, reason: "leader 3 is gone" })).toBe(
    "INFO  LOOKING: leader 3 is gone zxid=0x200000007 epoch=2",
  );
  expect(lineOf({ ...common, state: "following", leader: 3, reason: "" })).toBe(
    "INFO  FOLLOWING leader=3 zxid=0x200000007 epoch=2",
  );
});
