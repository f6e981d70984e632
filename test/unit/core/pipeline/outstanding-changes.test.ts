import { describe, expect, it } from "vitest";
import { ChangeRecord, OutstandingChanges } from "../../../../src/core/pipeline/outstanding-changes.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { CoreHarness } from "../../../support/core-harness.ts";

function setup() {
  const harness = new CoreHarness();
  const client = harness.connect();
  zk.created(client, "/a", { data: bytes("x") });
  zk.created(client, "/a/e", { flags: 1 });
  const { tree } = harness.machine.database;
  return { tree, changes: new OutstandingChanges(tree, true), session: client.sessionId };
}

describe("change records", () => {
  it("copy every field: none may be forgotten when one is added", () => {
    const record = new ChangeRecord("/a");
    for (const [at, key] of Object.keys(record).entries()) {
      if (key !== "path") Object.assign(record, { [key]: at + 100 });
    }
    expect({ ...record.copy() }).toEqual({ ...record });
  });
});

describe("outstanding changes", () => {
  it("show a znode as it will be, and the tree's own state once they are released", () => {
    const { tree, changes } = setup();
    const node = changes.find("/a")!;
    expect(node.version).toBe(0);
    changes.change(node);
    node.version = 7;
    node.mzxid = 99 as Zxid;
    changes.changed(node);
    expect(changes.find("/a")!.version).toBe(7);
    expect(changes.length).toBe(1);
    expect(changes.treeDigest.equals(tree.treeDigest())).toBe(false);
    changes.release(1);
    expect(changes.find("/a")!.version).toBe(0);
    expect(changes.treeDigest.equals(tree.treeDigest())).toBe(true);
  });

  it("keep a record until the last txn that changed it is applied", () => {
    const { changes } = setup();
    for (const version of [1, 2]) {
      const node = changes.find("/a")!;
      changes.change(node);
      node.version = version;
      changes.changed(node);
    }
    changes.release(1);
    expect(changes.find("/a")!.version).toBe(2);
    changes.release(1);
    expect(changes.length).toBe(0);
  });

  it("roll back to what was outstanding before, digest included", () => {
    const { changes, session } = setup();
    const node = changes.find("/a")!;
    changes.change(node);
    node.version = 1;
    changes.changed(node);
    const digest = changes.treeDigest;
    changes.begin();
    for (let i = 0; i < 3; i++) {
      const again = changes.find("/a")!;
      changes.change(again);
      again.version += 10;
      changes.changed(again);
    }
    const gone = changes.find("/a/e")!;
    changes.change(gone);
    gone.exists = false;
    changes.changed(gone);
    const created = changes.missing("/a/f");
    changes.change(created);
    created.exists = created.isEphemeral = true;
    created.ephemeralOwner = session;
    changes.changed(created);
    expect(changes.exists("/a/e")).toBe(false);
    expect([...changes.ephemeralsOf(session)]).toEqual(["/a/f"]);
    changes.rollback();
    expect(changes.find("/a")!.version).toBe(1);
    expect([changes.exists("/a/e"), changes.exists("/a/f")]).toEqual([true, false]);
    expect([...changes.ephemeralsOf(session)]).toEqual(["/a/e"]);
    expect(changes.treeDigest.equals(digest)).toBe(true);
    expect(changes.length).toBe(1);
  });

  it("know ephemerals of pending creates of this session only", () => {
    const { changes, session } = setup();
    for (const [path, owner] of [
      ["/mine", session],
      ["/other", new Int64(1, 2)],
    ] as const) {
      const node = changes.missing(path);
      changes.change(node);
      node.exists = node.isEphemeral = true;
      node.ephemeralOwner = owner;
      changes.changed(node);
    }
    expect([...changes.ephemeralsOf(session)].sort()).toEqual(["/a/e", "/mine"]);
  });
});
