import {
  acl,
  create,
  exists,
  getAcl,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  getEphemerals,
  OPEN,
  remove,
  setAcl,
  setData,
  sync,
  whoAmI,
} from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

const ODD_PATHS = [
  null,
  "",
  "/",
  "t",
  "/t/",
  "/t//x",
  "/t/.",
  "/none",
  "/t/a\u0000b",
  "/t/\u0001",
  "/none/x",
];

/** Reads, setData, delete, setACL, sync; Stat and version rules (client-protocol 3.2, 4.2, 4.3, 4.7). */
export const READS_AND_WRITES: readonly Scenario[] = [
  scenario("reads: odd paths", async (t) => {
    const a = await t.connect("a");
    for (const path of ODD_PATHS) {
      // The root's own Stat depends on what went before.
      const isRoot = path === "" || path === "/";
      await a.call(exists(path === "" || path === "/" ? "/none" : path));
      if (isRoot) continue;
      await a.call(getData(path));
      await a.call(getChildren(path));
      await a.call(getChildren2(path));
      await a.call(getAcl(path));
      await a.call(getAllChildrenNumber(path));
    }
    await a.call(getAllChildrenNumber("/t"));
  }),
  scenario("writes: odd paths", async (t) => {
    const a = await t.connect("a");
    for (const path of ODD_PATHS.filter((odd) => odd !== "/")) {
      await a.call(setData(path));
      await a.call(setAcl(path));
      await a.call(remove(path));
      await a.call(sync(path));
    }
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])
      await a.call(remove(path));
    await a.call(sync("/"));
  }),
  scenario("delete: order of checks", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/p"));
    await a.call(create("/t/p/c"));
    await a.call(remove("/t/p", 7), { as: "wrong version with children" });
    await a.call(remove("/t/p"), { as: "children" });
    await a.call(remove("/t/none/x"), { as: "parent missing" });
    await a.call(remove("/t/none"), { as: "missing" });
    await a.call(setAcl("/t/p", [acl(27 - 8, "world", "anyone")]));
    await a.call(remove("/t/p/c"), { as: "no DELETE" });
    await a.call(remove("/t/p/none"), { as: "no DELETE and missing" });
    await a.call(remove("/t/p/c", 9), { as: "no DELETE and wrong version" });
    await a.call(setAcl("/t/p", OPEN));
    await a.call(remove("/t/p/c", 0));
    await a.call(remove("/t/p", 0));
    await a.call(getChildren2("/t"));
  }),
  scenario("setData: versions and order of checks", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n"));
    for (const version of [0, 1, -1, 2, 3, -2, 99, 2147483647, -2147483648]) {
      await a.call(setData("/t/n", "abc", version));
    }
    await a.call(setData("/t/none", "x", 5), { as: "missing and version" });
    await a.call(setAcl("/t/n", [acl(1 + 16, "world", "anyone")]));
    await a.call(setData("/t/n", "x", 99), { as: "no WRITE and wrong version" });
    await a.call(setData("/t/n", "x"), { as: "no WRITE" });
    await a.call(getData("/t/n"));
  }),
  scenario("setACL: aversion only, order of checks", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n"));
    await a.call(setData("/t/n", "1"));
    for (const version of [0, 1, -1, 9, -2]) await a.call(setAcl("/t/n", OPEN, version));
    await a.call(setAcl("/t/none", []), { as: "empty ACL and missing" });
    await a.call(setAcl("/t/none", OPEN, 5), { as: "missing and version" });
    await a.call(setAcl("/t/n", [acl(15, "world", "anyone")]));
    await a.call(setAcl("/t/n", OPEN, 77), { as: "no ADMIN and wrong version" });
    await a.call(getAcl("/t/n"));
    await a.call(exists("/t/n"));
  }),
  scenario("Stat: what create, setData, setACL and delete change, on the node and its parent", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/p", { op: 15, data: "12345" }));
    await a.call(create("/t/p/a", { op: 15 }));
    await a.call(exists("/t/p"));
    await a.call(create("/t/p/b", { op: 15, flags: 1 }));
    await a.call(exists("/t/p"));
    await a.call(setData("/t/p/a", "longer data"));
    await a.call(exists("/t/p"));
    await a.call(setAcl("/t/p/a", [acl(31, "world", "anyone"), acl(1, "ip", "10.0.0.1")]));
    await a.call(exists("/t/p/a"));
    await a.call(exists("/t/p"));
    await a.call(remove("/t/p/a"));
    await a.call(exists("/t/p"));
    await a.call(setData("/t/p", ""));
    await a.call(remove("/t/p/b"));
    await a.call(getChildren2("/t/p"));
    await a.call(create("/t/p/cont", { op: 19, flags: 4 }));
    await a.call(create("/t/p/ttl", { op: 21, flags: 5, ttl: 9_999_999n }));
    await a.call(getChildren2("/t/p"));
  }),
  scenario("getEphemerals: by plain prefix, only one's own", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    for (const name of ["e", "eph", "f"]) await a.call(create(`/t/${name}`, { flags: 1 }));
    await b.call(create("/t/e-of-b", { flags: 1 }));
    for (const prefix of [null, "", "  ", "/", "/t", "/t/", "/t/e", "/t/eph", "/t/ephx", "t", "/none"]) {
      await a.call(getEphemerals(prefix));
    }
    await b.call(getEphemerals("/"));
    await a.call(remove("/t/e"));
    await a.call(getEphemerals("/t"));
  }),
  scenario("getAllChildrenNumber counts every depth", async (t) => {
    const a = await t.connect("a");
    for (const path of ["/t/a", "/t/a/b", "/t/a/b/c", "/t/d", "/t/ab"]) await a.call(create(path));
    for (const path of ["/t", "/t/a", "/t/a/b/c", "/t/none"]) await a.call(getAllChildrenNumber(path));
  }),
  scenario("getAllChildrenNumber of the root, by both of its names", async (t) => {
    const a = await t.connect("a");
    await a.call(getAllChildrenNumber("/"));
    await a.call(getAllChildrenNumber(""));
  }),
  scenario("pipelined writes and reads see each other in order", async (t) => {
    const a = await t.connect("a");
    await a.pipeline([
      create("/t/n", { data: "0" }),
      setData("/t/n", "1"),
      getData("/t/n"),
      setData("/t/n", "2", 1),
      setData("/t/n", "3", 1),
      getData("/t/n"),
      remove("/t/n", 2),
      exists("/t/n"),
      create("/t/n", { data: "again" }),
      getData("/t/n"),
      whoAmI,
    ]);
  }),
  scenario("reads do not spend a zxid, failed writes do", async (t) => {
    const a = await t.connect("a");
    await a.call(exists("/none"));
    await a.call(sync("/t"));
    await a.call(getChildren("/t"));
    await a.settle();
    await a.call(remove("/none/x"));
    await a.settle();
    await a.call(setData("/t", "x", 99));
    await a.settle();
  }),
  scenario("system nodes: their ACL, and writes to them", async (t) => {
    const a = await t.connect("a");
    await a.call(getData("/zookeeper/config"));
    await a.call(getAcl("/zookeeper/config"));
    await a.call(setData("/zookeeper/config", "x"));
    await a.call(setAcl("/zookeeper/config"));
    await a.call(create("/zookeeper/config/x"));
    await a.call(getChildren("/zookeeper"));
    await a.call(getAcl("/"));
    await a.call(getAcl("/zookeeper"));
    await a.call(create("/"));
    await a.call(create("/zookeeper"));
  }),
];
