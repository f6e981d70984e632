import {
  acl,
  auth,
  create,
  exists,
  getAcl,
  getAllChildrenNumber,
  getChildren,
  getData,
  OPEN,
  reconfig,
  remove,
  sasl,
  setAcl,
  setData,
  type WireAcl,
  whoAmI,
} from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

const SHAPES: readonly (readonly [string, readonly WireAcl[] | null])[] = [
  ["null", null],
  ["empty", []],
  ["perms 0", [acl(0, "world", "anyone")]],
  ["all bits", [acl(-1, "world", "anyone")]],
  ["world:other", [acl(31, "world", "other")]],
  ["world:empty", [acl(31, "world", "")]],
  ["scheme null", [acl(31, null, "x")]],
  ["id null", [acl(31, "world", null)]],
  ["scheme empty", [acl(31, "", "x")]],
  ["unknown scheme", [acl(31, "nope", "x")]],
  ["auth with nothing to expand", [acl(31, "auth", "")]],
  ["super", [acl(31, "super", "x")]],
  ["x509", [acl(31, "x509", "CN=a")]],
  ["sasl", [acl(31, "sasl", "bob")]],
  ["duplicates", [acl(1, "world", "anyone"), acl(1, "world", "anyone"), acl(31, "world", "anyone")]],
  ["good and bad", [acl(31, "world", "anyone"), acl(31, "nope", "x")]],
  ...["a:b", ":b", "a:b:", "a::", "a:", "abc", "a:b:c", "", ":", "a:b::"].map(
    (id): readonly [string, readonly WireAcl[]] => [`digest ${id}`, [acl(31, "digest", id)]],
  ),
  ...[
    "127.0.0.1",
    "10.0.0.0/8",
    "10.0.0.0/0",
    "10.0.0.0/32",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/x",
    "10.0.0",
    "10.0.0.1.2",
    "300.1.1.1",
    "1.2.3.4/",
    "localhost",
    "",
    "010.0.0.1",
    "0010.0.0.1",
    "+10.0.0.1",
    "-1.0.0.1",
    "10.0.0.0/08",
    "10.0.0.0/+8",
    "10.0.0.0/8/8",
    " 10.0.0.1",
  ].map((id): readonly [string, readonly WireAcl[]] => [`ip ${id}`, [acl(31, "ip", id)]]),
];

const IPV6 = [
  "::1",
  "fe80::1/64",
  "2001:db8::/32",
  "::1/129",
  "::1/0",
  "::1/-1",
  "2001:DB8::1",
  "0:0:0:0:0:0:0:1",
  "1:2:3:4:5:6:7:8",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  ":::",
  "g::1",
  "::",
  "[::1]",
  "fe80::1%eth0",
  "fe80::1%1",
  "::ffff:10.0.0.1",
  "::ffff:a00:1",
  "::10.0.0.1",
  "64:ff9b::10.0.0.1",
];

/** Permissions, schemes, auth packets, getACL masking (client-protocol 6). */
export const ACLS: readonly Scenario[] = [
  scenario("create: shapes of ACLs", async (t) => {
    const a = await t.connect("a");
    for (const [index, [label, list]] of SHAPES.entries()) {
      await a.call(create(`/t/n${index}`, { acl: list }), { as: `create with ACL ${label}` });
    }
    await a.call(getChildren("/t"));
  }),
  scenario("create: IPv6 addresses in ACLs", async (t) => {
    const a = await t.connect("a");
    for (const [index, id] of IPV6.entries()) {
      await a.call(create(`/t/n${index}`, { acl: [acl(31, "ip", id)] }), { as: `create with ip ${id}` });
    }
  }),
  scenario("setACL: shapes of ACLs", async (t) => {
    const a = await t.connect("a");
    for (const [index, [label, list]] of SHAPES.entries()) {
      await a.call(create(`/t/n${index}`));
      await a.call(setAcl(`/t/n${index}`, list), { as: `setACL ${label}` });
      await a.call(getAcl(`/t/n${index}`));
    }
  }),
  scenario("each permission alone", async (t) => {
    const a = await t.connect("a");
    for (const perms of [1, 2, 4, 8, 16]) {
      const path = `/t/p${perms}`;
      await a.call(create(path));
      await a.call(create(`${path}/c`));
      await a.call(setAcl(path, [acl(perms, "world", "anyone")]));
      await a.call(exists(path));
      await a.call(getData(path));
      await a.call(getChildren(path));
      await a.call(getAllChildrenNumber(path));
      await a.call(getAcl(path));
      await a.call(setData(path));
      await a.call(create(`${path}/d`));
      await a.call(remove(`${path}/c`));
      await a.call(setAcl(path, OPEN));
    }
  }),
  scenario("auth: schemes and answers", async (t) => {
    const a = await t.connect("a");
    await a.call(whoAmI);
    await a.call(auth("digest", "ann:pw"), { xid: -4 });
    await a.call(auth("digest", "ann:pw"), { xid: -4 });
    await a.call(auth("digest", "bob:x:y"));
    await a.call(auth("digest", "nocolon"));
    await a.call(auth("digest", ""));
    await a.call(auth("digest", ":x"));
    await a.call(auth("ip", "anything"));
    await a.call(auth("ip", null));
    await a.call(whoAmI);
  }),
  ...(
    [
      ["world", "x"],
      ["super", "x"],
      ["sasl", "x"],
      ["x509", "x"],
      ["nope", "x"],
      ["", "x"],
      ["digest", null],
      ["ensemble", "x"],
    ] as const
  ).map(([scheme, data]) =>
    scenario(`auth refused: ${scheme === "" ? "no scheme" : scheme} ${data}`, async (t) => {
      const a = await t.connect("a");
      await a.call(auth(scheme, data), { xid: -4 });
      await a.untilClosed();
    }),
  ),
  scenario("auth scheme expands to every digest id", async (t) => {
    const a = await t.connect("a");
    await a.call(auth("digest", "ann:1"));
    await a.call(create("/t/one", { acl: [acl(31, "auth", "")] }));
    await a.call(getAcl("/t/one"));
    await a.call(
      create("/t/two", { acl: [acl(1, "auth", ""), acl(1, "digest", "ann:x"), acl(31, "auth", "")] }),
    );
    await a.call(getAcl("/t/two"));
  }),
  scenario("super user: bypasses everything, auth expands to its digest id", async (t) => {
    const a = await t.connect("a");
    const s = await t.connect("s");
    await a.call(auth("digest", "ann:pw"));
    await a.call(create("/t/n", { acl: [acl(31, "auth", "")] }));
    await s.call(getData("/t/n"));
    await s.call(auth("digest", "super:wrong"));
    await s.call(getData("/t/n"));
    await s.call(auth("digest", "super:secret"));
    await s.call(whoAmI);
    await s.call(getData("/t/n"));
    await s.call(setData("/t/n", "by super"));
    await s.call(getAcl("/t/n"));
    await s.call(setAcl("/t/n", [acl(0, "world", "anyone")]));
    await a.call(setAcl("/t/n", OPEN));
    await s.call(setAcl("/t/n", OPEN));
    await s.call(remove("/zookeeper/config"));
    await s.call(remove("/t/n"));
  }),
  scenario("getACL masks digests for those who may only read", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await a.call(auth("digest", "ann:pw"));
    const list = [
      acl(31, "auth", ""),
      acl(1, "world", "anyone"),
      acl(2, "digest", "bob:hash"),
      acl(1, "ip", "10.1.1.1"),
    ];
    await a.call(create("/t/n", { acl: list }));
    await a.call(getAcl("/t/n"));
    await b.call(getAcl("/t/n"));
    await a.call(setAcl("/t/n", [acl(31, "auth", ""), acl(16, "world", "anyone")]));
    await b.call(getAcl("/t/n"));
    await a.call(setAcl("/t/n", [acl(31, "auth", ""), acl(6, "world", "anyone")]));
    await b.call(getAcl("/t/n"));
  }),
  scenario("ip ACLs match the peer address and prefixes of it", async (t) => {
    const a = await t.connect("a");
    for (const id of [
      "127.0.0.1",
      "127.0.0.0/8",
      "127.0.0.1/32",
      "127.1.0.0/16",
      "10.0.0.0/8",
      "0.0.0.0/0",
      "128.0.0.0/1",
    ]) {
      const path = `/t/${id.replaceAll("/", "-")}`;
      await a.call(create(path, { acl: [acl(1, "ip", id)] }));
      await a.call(getData(path));
    }
  }),
  scenario("auth ids of a connection act on later requests at once", async (t) => {
    const a = await t.connect("a");
    await a.call(auth("digest", "ann:pw"));
    await a.call(create("/t/n", { acl: [acl(31, "auth", "")] }));
    await a.reconnect();
    await a.call(getData("/t/n"));
    await a.call(auth("digest", "ann:pw"));
    await a.call(getData("/t/n"));
  }),
  scenario("sasl without a SASL configuration", async (t) => {
    const a = await t.connect("a");
    await a.call(sasl(""));
    await a.call(sasl("token"));
    await a.settle();
  }),
  scenario("sasl with a null token", async (t) => {
    const a = await t.connect("a");
    await a.call(sasl(null));
  }),
  scenario("reconfig on a standalone server", async (t) => {
    const a = await t.connect("a");
    await a.call(reconfig("server.1=localhost:1:2;3", null, null));
    await a.call(reconfig(null, null, null));
    await a.settle();
  }),
];
