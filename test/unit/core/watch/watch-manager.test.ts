import { beforeEach, describe, expect, it } from "vitest";
import { WatchManager } from "../../../../src/core/watch/watch-manager.ts";
import { isWatcherType, WatchEventType, WatcherType } from "../../../../src/core/watch/watch-types.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import {
  apply,
  createBody,
  deleteBody,
  newTree,
  session,
  setAclBody,
  setDataBody,
} from "../../../support/tree.ts";

const NAME = new Map<number, string>(Object.entries(WatchEventType).map(([name, type]) => [type, name]));

describe("WatchManager", () => {
  let events: string[];
  let watches: WatchManager;
  let tree: ReturnType<typeof newTree>;
  let zxid: number;

  beforeEach(() => {
    events = [];
    watches = new WatchManager((connection, type, path) =>
      events.push(`${connection} ${NAME.get(type)} ${path}`),
    );
    tree = newTree();
    zxid = 0;
  });

  const change = (body: Parameters<typeof apply>[2], owner = session(1)) =>
    apply(tree, ++zxid, body, { sink: watches, session: owner });
  /** The events since the last call. */
  const heard = () => events.splice(0);

  describe("one-shot data watches (client-protocol 5.1, 5.2)", () => {
    it("fire once, for a change, a deletion or a creation of the path", () => {
      watches.addDataWatch(1, "/a");
      change(createBody("/a"));
      expect(heard()).toEqual(["1 NodeCreated /a"]);
      change(setDataBody("/a", null, 1));
      expect(heard()).toEqual([]);
      watches.addDataWatch(1, "/a");
      change(setDataBody("/a", null, 2));
      change(setDataBody("/a", null, 3));
      expect(heard()).toEqual(["1 NodeDataChanged /a"]);
      watches.addDataWatch(1, "/a");
      change(deleteBody("/a"));
      expect(heard()).toEqual(["1 NodeDeleted /a"]);
      expect(watches.watchCount).toBe(0);
    });

    it("set twice are one watch", () => {
      watches.addDataWatch(1, "/a");
      watches.addDataWatch(1, "/a");
      change(createBody("/a"));
      expect(heard()).toEqual(["1 NodeCreated /a"]);
    });

    it("do not fire for children, ACLs, checks, failed operations or failed multis", () => {
      change(createBody("/a"));
      watches.addDataWatch(1, "/a");
      change(createBody("/a/b"));
      change(setAclBody("/a", null, 1));
      change({ type: OpCode.multi, txns: [{ type: OpCode.check, path: "/a", version: 0 }] });
      change({ type: OpCode.error, err: -101 });
      change({ type: OpCode.multi, txns: [setDataBody("/a", null, 1), { type: OpCode.error, err: -103 }] });
      change(createBody("/a"));
      expect(heard()).toEqual([]);
      expect(watches.contains(1, "/a", WatcherType.data)).toBe(true);
    });

    it("fire for a reconfig", () => {
      watches.addDataWatch(1, "/zookeeper/config");
      change({ type: OpCode.reconfig, path: "/zookeeper/config", data: null, version: -1 });
      expect(heard()).toEqual(["1 NodeDataChanged /zookeeper/config"]);
    });
  });

  describe("one-shot child watches", () => {
    it("fire for a created and a deleted child, at the parent's path", () => {
      change(createBody("/a"));
      watches.addChildWatch(1, "/a");
      watches.addChildWatch(2, "/");
      change(createBody("/a/b"));
      expect(heard()).toEqual(["1 NodeChildrenChanged /a"]);
      watches.addChildWatch(1, "/a");
      change(setDataBody("/a/b", null, 1));
      change(setDataBody("/a", null, 1));
      expect(heard()).toEqual([]);
      change(deleteBody("/a/b"));
      expect(heard()).toEqual(["1 NodeChildrenChanged /a"]);
      change(createBody("/c"));
      expect(heard()).toEqual(["2 NodeChildrenChanged /"]);
    });

    it("say NodeDeleted when their own znode goes", () => {
      change(createBody("/a"));
      watches.addChildWatch(1, "/a");
      change(deleteBody("/a"));
      expect(heard()).toEqual(["1 NodeDeleted /a"]);
    });

    it("are used up without a second NodeDeleted where a data watch told it (edge case 36)", () => {
      change(createBody("/a"));
      watches.addDataWatch(1, "/a");
      watches.addChildWatch(1, "/a");
      watches.addChildWatch(2, "/a");
      change(deleteBody("/a"));
      expect(heard()).toEqual(["1 NodeDeleted /a", "2 NodeDeleted /a"]);
      expect(watches.watchCount).toBe(0);
    });

    it("are suppressed by a recursive watch too", () => {
      change(createBody("/a"));
      watches.addRecursive(1, "/");
      watches.addChildWatch(1, "/a");
      change(deleteBody("/a"));
      expect(heard()).toEqual(["1 NodeDeleted /a"]);
    });
  });

  describe("the order of events of one txn (client-protocol 5.2)", () => {
    it("is data table, child table of the znode, child table of the parent", () => {
      change(createBody("/a"));
      watches.addChildWatch(1, "/a");
      watches.addDataWatch(2, "/a");
      watches.addChildWatch(3, "/");
      change(deleteBody("/a"));
      expect(heard()).toEqual(["2 NodeDeleted /a", "1 NodeDeleted /a", "3 NodeChildrenChanged /"]);
    });

    it("follows the parts of a multi (edge case 28)", () => {
      watches.addPersistent(1, "/");
      watches.addChildWatch(2, "/");
      const txns = [createBody("/p"), createBody("/p/c"), deleteBody("/p/c"), deleteBody("/p")];
      change({ type: OpCode.multi, txns });
      expect(heard()).toEqual([
        "1 NodeChildrenChanged /",
        "2 NodeChildrenChanged /",
        "1 NodeChildrenChanged /",
      ]);
    });

    it("fires for each ephemeral of a closed session, a one-shot child watch once (edge case 57)", () => {
      change(createBody("/e"));
      for (let i = 0; i < 3; i++) {
        change(createBody(`/e/${i}`, null, { ephemeral: true }));
        watches.addDataWatch(1, `/e/${i}`);
      }
      watches.addChildWatch(2, "/e");
      change({ type: OpCode.closeSession, paths2Delete: ["/e/0", "/e/1", "/e/2"] });
      expect(heard()).toEqual([
        "1 NodeDeleted /e/0",
        "2 NodeChildrenChanged /e",
        "1 NodeDeleted /e/1",
        "1 NodeDeleted /e/2",
      ]);
    });
  });

  describe("persistent watches", () => {
    it("stay, through deletion and creation, and hear of children of their path", () => {
      watches.addPersistent(1, "/a");
      change(createBody("/a"));
      change(setDataBody("/a", null, 1));
      change(createBody("/a/b"));
      change(setDataBody("/a/b", null, 1));
      change(deleteBody("/a/b"));
      change(deleteBody("/a"));
      change(createBody("/a"));
      expect(heard()).toEqual([
        "1 NodeCreated /a",
        "1 NodeDataChanged /a",
        "1 NodeChildrenChanged /a",
        "1 NodeChildrenChanged /a",
        "1 NodeDeleted /a",
        "1 NodeCreated /a",
      ]);
    });

    it("stand beside a one-shot watch on the same path: one event, then the next (edge case 38)", () => {
      change(createBody("/a"));
      watches.addPersistent(1, "/a");
      watches.addDataWatch(1, "/a");
      change(setDataBody("/a", null, 1));
      expect(heard()).toEqual(["1 NodeDataChanged /a"]);
      change(setDataBody("/a", null, 2));
      expect(heard()).toEqual(["1 NodeDataChanged /a"]);
    });
  });

  describe("recursive watches", () => {
    it("hear of every descendant, with its path, and never of children (edge case 37)", () => {
      watches.addRecursive(1, "/");
      watches.addRecursive(2, "/a/b");
      change(createBody("/a"));
      change(createBody("/a/b"));
      change(createBody("/a/b/c"));
      change(setDataBody("/a/b/c", null, 1));
      change(createBody("/a/bc"));
      change(deleteBody("/a/b/c"));
      expect(heard()).toEqual([
        "1 NodeCreated /a",
        "2 NodeCreated /a/b",
        "1 NodeCreated /a/b",
        "2 NodeCreated /a/b/c",
        "1 NodeCreated /a/b/c",
        "2 NodeDataChanged /a/b/c",
        "1 NodeDataChanged /a/b/c",
        "1 NodeCreated /a/bc",
        "2 NodeDeleted /a/b/c",
        "1 NodeDeleted /a/b/c",
      ]);
    });

    it("on / hear of / itself", () => {
      watches.addRecursive(1, "/");
      change(setDataBody("/", null, 1));
      expect(heard()).toEqual(["1 NodeDataChanged /"]);
    });

    it("give one event however many of a connection match", () => {
      watches.addRecursive(1, "/");
      watches.addRecursive(1, "/a");
      watches.addPersistent(1, "/a/b");
      watches.addDataWatch(1, "/a/b");
      change(createBody("/a"));
      change(createBody("/a/b"));
      expect(heard()).toEqual(["1 NodeCreated /a", "1 NodeCreated /a/b"]);
    });

    it("leave a child watch of the same connection alone", () => {
      change(createBody("/a"));
      watches.addRecursive(1, "/");
      watches.addChildWatch(1, "/a");
      change(createBody("/a/b"));
      expect(heard()).toEqual(["1 NodeCreated /a/b", "1 NodeChildrenChanged /a"]);
    });

    it("no longer matter once they are gone", () => {
      watches.addRecursive(1, "/");
      watches.remove(1, "/", WatcherType.persistentRecursive);
      change(createBody("/a"));
      expect(heard()).toEqual([]);
    });
  });

  describe("checking and removing (client-protocol 5.7)", () => {
    const { children, data, any, persistent, persistentRecursive } = WatcherType;

    it.each([
      ["addDataWatch", [data, any]],
      ["addChildWatch", [children, any]],
      ["addPersistent", [persistent, any]],
      ["addRecursive", [persistentRecursive, any]],
    ] as const)("%s matches types %j only (edge case 43)", (add, types) => {
      for (const type of Object.values(WatcherType)) {
        watches[add](1, "/a");
        expect(watches.contains(1, "/a", type)).toBe((types as readonly number[]).includes(type));
        expect(watches.contains(2, "/a", type)).toBe(false);
        expect(watches.contains(1, "/b", type)).toBe(false);
        expect(watches.remove(2, "/a", type)).toBe(false);
        expect(watches.remove(1, "/a", type)).toBe((types as readonly number[]).includes(type));
        expect(watches.contains(1, "/a", any)).toBe(!(types as readonly number[]).includes(type));
        watches.remove(1, "/a", any);
        expect(watches.watchCount).toBe(0);
      }
    });

    it("removes every mode at once with type Any, of this path and connection only", () => {
      for (const connection of [1, 2]) {
        watches.addDataWatch(connection, "/a");
        watches.addChildWatch(connection, "/a");
        watches.addPersistent(connection, "/a");
        watches.addRecursive(connection, "/a");
      }
      expect(watches.remove(1, "/a", any)).toBe(true);
      expect(watches.remove(1, "/a", any)).toBe(false);
      expect(watches.watchCount).toBe(2);
      change(createBody("/a"));
      expect(heard()).toEqual(["2 NodeCreated /a"]);
    });

    it("removes one mode and leaves the others", () => {
      watches.addDataWatch(1, "/a");
      watches.addPersistent(1, "/a");
      watches.remove(1, "/a", persistent);
      change(createBody("/a"));
      change(createBody("/a/b"));
      change(setDataBody("/a", null, 1));
      expect(heard()).toEqual(["1 NodeCreated /a"]);
    });

    it("knows which type numbers there are", () => {
      expect([0, 1, 2, 3, 4, 5, 6, 1.5].filter(isWatcherType)).toEqual([1, 2, 3, 4, 5]);
    });
  });

  describe("a closed connection", () => {
    it("leaves nothing behind, and the others alone", () => {
      for (let i = 0; i < 100; i++) {
        watches.addDataWatch(1, `/n${i}`);
        watches.addPersistent(2, `/n${i % 2}`);
        watches.addRecursive(1, `/n${i}`);
      }
      watches.removeConnection(1);
      watches.removeConnection(1);
      watches.removeConnection(99);
      expect(watches.watchCount).toBe(4);
      change(createBody("/n0"));
      change(createBody("/n50"));
      expect(heard()).toEqual(["2 NodeCreated /n0"]);
      watches.removeConnection(2);
      expect(watches.watchCount).toBe(0);
      expect(watches.summary()).toEqual({ connections: 0, paths: 0, watches: 0 });
    });
  });

  describe("what four-letter words show (operations.md): the data table", () => {
    it("sums up, by connection and by path", () => {
      watches.addDataWatch(1, "/a");
      watches.addDataWatch(1, "/b");
      watches.addPersistent(2, "/a");
      watches.addChildWatch(3, "/a");
      watches.addChildWatch(1, "/a");
      watches.addRecursive(4, "/");
      expect(watches.summary()).toEqual({ connections: 3, paths: 3, watches: 4 });
      expect(watches.watchCount).toBe(4 + 3);
      expect([...watches.byConnection()]).toEqual([
        [1, ["/a", "/b"]],
        [2, ["/a"]],
        [4, ["/"]],
      ]);
      expect([...watches.byPath()]).toEqual([
        ["/a", [1, 2]],
        ["/b", [1]],
        ["/", [4]],
      ]);
    });
  });

  describe("the ACL of an event (client-protocol 5.6)", () => {
    it("is the znode's own, as created, as it is, or as it was; for children the parent's", () => {
      const seen: string[] = [];
      const told = new WatchManager((_connection, type, path, aclId) => {
        const ids = tree.aclById(aclId).map(({ id }) => id.id);
        seen.push(`${NAME.get(type)} ${path} ${ids}`);
      });
      told.addRecursive(1, "/");
      told.addPersistent(1, "/p");
      const acl = (id: string) => [{ perms: 31, id: { scheme: "ip", id } }];
      const step = (body: Parameters<typeof apply>[2]) => apply(tree, ++zxid, body, { sink: told });
      step(createBody("/p", null, { acl: acl("parent") }));
      step(createBody("/p/c", null, { acl: acl("child") }));
      step(setAclBody("/p/c", acl("changed"), 1));
      step(setDataBody("/p/c", null, 1));
      step(deleteBody("/p/c"));
      expect(seen).toEqual([
        "NodeCreated /p parent",
        "NodeCreated /p/c child",
        "NodeChildrenChanged /p parent",
        "NodeDataChanged /p/c changed",
        "NodeDeleted /p/c changed",
        "NodeChildrenChanged /p parent",
      ]);
    });
  });

  describe("many watchers", () => {
    it("of one path all hear of it, once, and are gone", () => {
      for (let connection = 1; connection <= 1000; connection++) watches.addDataWatch(connection, "/hot");
      change(createBody("/hot"));
      expect(new Set(heard()).size).toBe(1000);
      expect(watches.watchCount).toBe(0);
      expect([...watches.byPath()]).toEqual([]);
    });

    it("of ids beyond 2^31 are told apart", () => {
      const big = 2 ** 40;
      for (let i = 0; i < 3; i++) watches.addDataWatch(big + i, `/only${i}`);
      watches.addChildWatch(big, "/both");
      watches.addDataWatch(big + 1, "/both");
      for (let i = 0; i < 3; i++) change(createBody(`/only${i}`));
      change(createBody("/both"));
      change(createBody("/both/x"));
      expect(heard()).toEqual([
        `${big} NodeCreated /only0`,
        `${big + 1} NodeCreated /only1`,
        `${big + 2} NodeCreated /only2`,
        `${big + 1} NodeCreated /both`,
        `${big} NodeChildrenChanged /both`,
      ]);
    });
  });

  it("lets deliver change the watches", () => {
    const manager: WatchManager = new WatchManager((connection, _type, path) => {
      events.push(`${connection} ${path}`);
      manager.removeConnection(connection);
      manager.addDataWatch(connection, path);
    });
    manager.addDataWatch(1, "/a");
    manager.addChildWatch(1, "/b");
    manager.addDataWatch(2, "/a");
    manager.created("/a", -1);
    expect(events).toEqual(["1 /a", "2 /a"]);
    expect(manager.watchCount).toBe(2);
  });
});
