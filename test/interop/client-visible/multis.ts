import { Packer } from "../support/jute.ts";
import {
  acl,
  addWatch,
  check,
  create,
  exists,
  getAcl,
  getChildren,
  getChildren2,
  getData,
  multi,
  multiRead,
  remove,
  request,
  setAcl,
  setData,
} from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

/** Each alone on the stage: the versions of Apache differ in the zxids that these spend. */
const REFUSED_MULTIS = [
  multi(create("/t/n1f99", { flags: 99 })),
  multi(create("/t/ok"), create("/t/n1f99", { flags: 99 })),
  multi(create("/t/n21f99", { op: 21, flags: 99, ttl: 1000n })),
  multi(create("/t/n21f5", { op: 21, flags: 5, ttl: 0n })),
  multi(create("/t/nullacl", { acl: null })),
  multi(create("/t/ok"), create("/t/nullacl", { acl: null })),
  multi(create(null)),
  multi(setData(null)),
  multi(remove(null)),
  multi(check(null)),
  multi(setData("/t", "x", 5), check(null)),
];

/** multi and multiRead (client-protocol 3.3). */
export const MULTIS: readonly Scenario[] = [
  ...REFUSED_MULTIS.map((refused) =>
    scenario(`refused: ${refused.label}`, async (t) => {
      const a = await t.connect("a");
      await a.call(refused);
      await a.call(getChildren("/t"));
    }),
  ),
  scenario("multi: results of every part", async (t) => {
    const a = await t.connect("a");
    await a.call(
      multi(
        check("/t"),
        create("/t/a", { data: "1" }),
        create("/t/b", { op: 15 }),
        create("/t/c", { op: 19, flags: 4 }),
        create("/t/ttl", { op: 21, flags: 5 }),
        create("/t/s-", { flags: 2 }),
        create("/t/e-", { flags: 3 }),
        setData("/t/a", "22"),
        setData("/t/a", "333"),
        check("/t/a", 2),
        remove("/t/b"),
      ),
    );
    await a.call(getChildren2("/t"));
    await a.call(getData("/t/a"));
  }),
  scenario("multi: the first failure rolls everything back", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/a"));
    await a.call(multi(create("/t/b"), setData("/t/a", "x", 9), remove("/t/a")));
    await a.call(multi(remove("/t/none"), create("/t/b")));
    await a.call(multi(create("/t/b"), create("/t/b/c"), create("/t/b")));
    await a.call(multi(create("/t/s-", { flags: 2 }), check("/t/a", 9)));
    await a.call(create("/t/s-", { flags: 2 }));
    await a.call(multi(setData("/t/a", "1"), setData("/t/a", "2", 0)));
    await a.call(multi(check("/t/none")));
    await a.call(multi(create("/t/x", { acl: [] })));
    await a.call(multi(create("/t/.")));
    await a.call(multi(remove("/")));
    await a.call(getChildren2("/t"));
    await a.call(getData("/t/a"));
  }),
  scenario("multi: parts see what earlier parts did", async (t) => {
    const a = await t.connect("a");
    await a.call(multi(create("/t/p"), create("/t/p/c"), remove("/t/p/c"), remove("/t/p")));
    await a.call(multi(create("/t/p"), create("/t/p/e", { flags: 1 }), create("/t/p/e/x")));
    await a.call(multi(create("/t/q", { acl: [acl(1, "world", "anyone")] }), create("/t/q/x")));
    await a.call(multi(create("/t/s-", { flags: 2 }), create("/t/s-", { flags: 2 })));
    await a.call(multi(create("/t/d"), remove("/t/d"), create("/t/d"), setData("/t/d", "z", 0)));
    await a.call(getChildren2("/t"));
  }),
  scenario("multi: empty, and odd headers", async (t) => {
    const a = await t.connect("a");
    await a.call(multi());
    await a.call(multiRead());
    await a.settle();
    const part = new Packer().int(1).bool(false).int(42).raw(create("/t/odd").body);
    const end = new Packer().int(7).bool(true).int(3);
    await a.call(
      request(14, "multi with other err and type values", Buffer.concat([part.done(), end.done()])),
    );
    await a.call(request(14, "multi without its end", part.done()));
    await a.call(request(14, "multi without anything"));
    await a.call(request(22, "multiRead without anything"));
    await a.call(getChildren("/t"));
  }),
  scenario("multi: parts that are not allowed", async (t) => {
    const a = await t.connect("a");
    await a.call(multi(create("/t/x"), getData("/t")));
    await a.call(multi(exists("/t")));
    await a.call(multi(getChildren("/t")));
    await a.call(multi(setAcl("/t")));
    await a.call(multi(getAcl("/t")));
    await a.call(multi(multi(create("/t/x"))));
    await a.call(multi(request(20, "deleteContainer", new Packer().buffer("/t/x").done())));
    await a.call(multi(request(77, "unknown")));
    await a.call(multi(addWatch("/t", 0)));
    await a.call(getChildren("/t"));
  }),
  scenario("multi: flags and opcodes of creates", async (t) => {
    const a = await t.connect("a");
    for (const op of [1, 15, 19] as const) {
      for (const flags of [0, 1, 2, 3, 4, 5, 6]) {
        await a.call(multi(create(`/t/n${op}f${flags}`, { op, flags })));
      }
    }
    await a.call(multi(create("/t/n21f0", { op: 21, flags: 0, ttl: 1000n })));
    await a.call(multi(create("/t/n21f6", { op: 21, flags: 6, ttl: 1000n })));
    await a.call(getChildren2("/t"));
  }),
  scenario("multi: ACLs of each part", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/ro", { acl: [acl(1, "world", "anyone")] }));
    await a.call(create("/t/none", { acl: [acl(0, "world", "anyone")] }));
    await a.call(multi(setData("/t/ro", "x")));
    await a.call(multi(create("/t/ro/x")));
    await a.call(multi(check("/t/none")));
    await a.call(multi(check("/t/ro")));
    await a.call(multi(create("/t/y", { acl: [acl(31, "nope", "x")] })));
  }),
  scenario("multi: watchers see every part, failed ones fire nothing", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await b.call(getChildren("/t", true));
    await b.call(exists("/t/p", true));
    await a.call(multi(create("/t/p"), create("/t/p", {})));
    await b.settle();
    await b.call(addWatch("/t", 1));
    await a.call(
      multi(create("/t/p"), create("/t/p/c"), setData("/t/p/c", "1"), remove("/t/p/c"), remove("/t/p")),
    );
    await b.settle();
  }),
  scenario("multiRead: each part alone", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/a", { data: "1" }));
    await a.call(create("/t/secret", { acl: [acl(16, "world", "anyone")] }));
    await a.call(multiRead(getData("/t/a"), getChildren("/t"), getData("/t/none"), getData("/t/secret")));
    await a.call(multiRead(getChildren("/t/secret"), getChildren("/none"), getData(null)));
    await a.call(multiRead(getData("/t/a", true), getChildren("/t", true)));
    await a.call(setData("/t/a", "2"));
    await a.call(create("/t/b"));
    await a.settle();
  }),
  scenario("multiRead: writes and other reads are refused", async (t) => {
    const a = await t.connect("a");
    await a.call(multiRead(create("/t/x")));
    await a.call(multiRead(getData("/t"), setData("/t", "x")));
    await a.call(multiRead(exists("/t")));
    await a.call(multiRead(getChildren2("/t")));
    await a.call(multiRead(check("/t")));
    await a.call(multiRead(getAcl("/t")));
    await a.call(getChildren("/t"));
  }),
];
