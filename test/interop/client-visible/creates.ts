import {
  acl,
  create,
  exists,
  getChildren2,
  getData,
  getEphemerals,
  OPEN,
  remove,
  setData,
} from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

const BAD_PATHS = [
  null,
  "",
  "abc",
  "t/x",
  "/t/",
  "/t//x",
  "//t",
  "/t/.",
  "/t/..",
  "/t/./x",
  "/t/../x",
  "/none/.",
  "/t/a\u0000b",
  "\u0000",
  "/t/\u0001",
  "/t/\u001f",
  "/t/\u007f",
  "/t/\u009f",
  "/t/\ud7ff",
  "/t/\ue000",
  "/t/\uf8ff",
  "/t/\uf900",
  "/t/\uffef",
  "/t/\ufff0",
  "/t/\uffff",
  "/t/\u{1f600}",
  "/t/ ",
  "/t/...",
  "/t/.a",
  "/t/a..",
  "/t/\u2028",
  "/t/\u200b",
  "/t/\ufeff",
  "/t/\u00a0",
  "/t/čšž",
  "/",
];

/** create, create2, createContainer, createTTL (client-protocol 3.2, 4.2 – 4.6). */
export const CREATES: readonly Scenario[] = [
  scenario("create: every shape of path", async (t) => {
    const a = await t.connect("a");
    for (const path of BAD_PATHS) await a.call(create(path));
    await a.call(getChildren2("/t"));
  }),
  scenario("create: every shape of path, sequential", async (t) => {
    const a = await t.connect("a");
    for (const path of BAD_PATHS) {
      if (path !== null && !path.startsWith("/t") && path !== "" && path !== "abc") continue;
      await a.call(create(path, { flags: 2 }));
    }
    await a.call(create("/none/", { flags: 2 }));
    await a.call(getChildren2("/t"));
  }),
  scenario("create: malformed UTF-8 becomes U+FFFD and is refused", async (t) => {
    const a = await t.connect("a");
    const good = create("/t/aa").body;
    const bad = Buffer.from(good);
    bad[4 + 3] = 0xff;
    await a.call({ op: 1, label: "create with a bad byte", body: bad });
    bad[4 + 3] = 0xc3;
    await a.call({ op: 1, label: "create with half a character", body: bad });
  }),
  scenario("create: opcodes and flags", async (t) => {
    const a = await t.connect("a");
    for (const op of [1, 15, 19, 21] as const) {
      for (const flags of [0, 1, 2, 3, 4, 5, 6, 7, 99, -1]) {
        if (op === 21 && flags !== 5 && flags !== 6) continue;
        await a.call(create(`/t/n${op}f${flags}`, { op, flags }));
        if (op === 1) await a.call(exists(`/t/n${op}f${flags}`));
      }
    }
    await a.call(getChildren2("/t"));
    await a.call(getEphemerals("/"));
  }),
  scenario("createTTL: limits of the ttl", async (t) => {
    const a = await t.connect("a");
    for (const flags of [5, 6]) {
      for (const ttl of [-1n, 0n, 1n, 1000n, 2n ** 40n - 1n, 2n ** 40n, 2n ** 62n]) {
        const name = `/t/f${flags}-${ttl < 0n ? "minus" : ttl}-`;
        await a.call(create(name, { op: 21, flags, ttl }));
      }
    }
    for (const ttl of [0n, 1000n]) await a.call(create(`/t/plain${ttl}`, { op: 21, flags: 0, ttl }));
  }),
  scenario("create: data null, empty, binary, large", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/null", { data: null }));
    await a.call(create("/t/empty", { data: "" }));
    await a.call(create("/t/bytes", { data: Buffer.from([0, 255, 128, 7]) }));
    await a.call(create("/t/large", { data: Buffer.alloc(500_000, 0x61) }));
    for (const name of ["null", "empty", "bytes", "large"]) await a.call(getData(`/t/${name}`));
    await a.call(setData("/t/bytes", null));
    await a.call(getData("/t/bytes"));
    await a.call(setData("/t/bytes", ""));
    await a.call(getData("/t/bytes"));
  }),
  scenario("create: order of checks", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/locked", { acl: [acl(1, "world", "anyone")] }));
    await a.call(create("/t/e", { flags: 1 }));
    await a.call(create("/t/there"));
    await a.call(create("/none/x", { acl: [] }), { as: "empty ACL and missing parent" });
    await a.call(create("/none/.", {}), { as: "missing parent and bad final path" });
    await a.call(create("nothing", { acl: [] }), { as: "no slash and empty ACL" });
    await a.call(create("/none/x", { flags: 99, acl: [] }), { as: "bad flags first" });
    await a.call(create(null, { flags: 99 }), { as: "null path and bad flags" });
    await a.call(create("/t/locked/x"), { as: "no CREATE on the parent" });
    await a.call(create("/t/locked/.", {}), { as: "no CREATE and a bad final path" });
    await a.call(create("/t/locked/x", { acl: [] }), { as: "no CREATE and an empty ACL" });
    await a.call(create("/t/there/.", {}), { as: "bad final path below an existing node" });
    await a.call(create("/t/there"), { as: "exists" });
    await a.call(create("/t/e/x"), { as: "ephemeral parent" });
    await a.call(create("/t/e/."), { as: "ephemeral parent and bad final path" });
    await a.call(create("/t/e/x", { flags: 1 }), { as: "ephemeral below ephemeral" });
    await a.call(create("/t/e"), { as: "an ephemeral that exists" });
    await a.call(create("/t/x", { op: 21, flags: 5, ttl: 0n, acl: [] }), { as: "bad ttl and empty ACL" });
    await a.call(getChildren2("/t"));
  }),
  scenario("sequence numbers count every create, and failures consume none", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/p"));
    for (const name of ["x", "y", "z"]) await a.call(create(`/t/p/${name}`));
    for (const name of ["x", "y"]) await a.call(remove(`/t/p/${name}`));
    await a.call(create("/t/p/s-", { flags: 2 }));
    await a.call(create("/t/p/s-", { flags: 3 }));
    await a.call(create("/t/p/s-", { op: 15, flags: 2 }));
    await a.call(create("/t/p/z"));
    await a.call(create("/t/p/none/s-", { flags: 2 }));
    await a.call(create("/t/p/", { flags: 2 }));
    await a.call(create("/t/p/ttl-", { op: 21, flags: 6 }));
    await a.call(create("/t/p/c", { op: 19, flags: 4 }));
    await a.call(create("/t/p/s-", { flags: 2 }));
    await a.call(getChildren2("/t/p"));
    await a.call(getEphemerals("/t"));
  }),
  scenario("sequence numbers of pipelined creates", async (t) => {
    const a = await t.connect("a");
    const requests = Array.from({ length: 20 }, () => create("/t/s-", { flags: 2, acl: OPEN }));
    await a.pipeline(requests, { as: "twenty sequential creates" });
    await a.pipeline([
      create("/t/e", { flags: 1 }),
      create("/t/e/x"),
      remove("/t/e"),
      create("/t/e"),
      create("/t/e/x"),
    ]);
  }),
];
