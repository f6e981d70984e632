import { frameOf } from "../support/actor.ts";
import { Packer } from "../support/jute.ts";
import {
  acl,
  auth,
  closeSession,
  create,
  exists,
  getAcl,
  getChildren,
  getData,
  multi,
  ping,
  setData,
  whoAmI,
} from "../support/requests.ts";
import { scenario } from "../support/scenario.ts";
import { defineDifferentialSuite } from "../support/suite.ts";

/** Options whose effect a client sees (client-protocol 6.7, 7.5; configuration.md 2 – 5). */
defineDifferentialSuite("extended types off", { config: { extendedTypesEnabled: false } }, [
  scenario("TTL creates answer -6 and the connection stays", async (t) => {
    const a = await t.connect("a");
    for (const flags of [5, 6]) await a.call(create("/t/n", { op: 21, flags }));
    await a.call(create("/t/n", { op: 21, flags: 5, ttl: 0n }), { as: "bad ttl" });
    await a.call(create("/t/n", { flags: 5 }));
    await a.call(create("/t/c", { op: 19, flags: 4 }));
    await a.call(exists("/t/c"));
  }),
  scenario("TTL create inside a multi", async (t) => {
    const a = await t.connect("a");
    await a.call(multi(create("/t/x"), create("/t/n", { op: 21, flags: 5 })));
    await a.call(getChildren("/t"));
  }),
]);

const NARROW = { tickTime: 500, minSessionTimeout: 1500, maxSessionTimeout: 6000 };
defineDifferentialSuite("session limits of the configuration", { config: NARROW }, [
  scenario("the timeout is clamped to the configured range", async (t) => {
    for (const timeoutMs of [0, 1499, 1500, 5999, 6001]) await t.connect(`asks ${timeoutMs}`, { timeoutMs });
  }),
  scenario("expiry of a silent session", async (t) => {
    const a = await t.connect("a", { timeoutMs: 1500 });
    await a.call(create("/t/e", { flags: 1 }));
    await a.untilClosed("falls silent");
    await a.reconnect();
    a.isSessionClosed = true;
    const b = await t.connect("b");
    await b.call(exists("/t/e"));
  }),
]);

defineDifferentialSuite("jute.maxbuffer", { systemProperties: { "jute.maxbuffer": "4096" } }, [
  scenario("a frame of the limit passes, one byte more ends the connection", async (t) => {
    const a = await t.connect("a");
    const overhead = frameOf(setData("/t", ""), 1).length - 4;
    await a.call(setData("/t", Buffer.alloc(4096 - overhead)), { as: "4096 bytes" });
    await a.call(getData("/t"), { as: "reads it back" });
    await a.sendAndWatchEnd(frameOf(setData("/t", Buffer.alloc(4097 - overhead)), 9), "4097 bytes");
  }),
]);

const ENFORCED = { "enforce.auth.enabled": true, "enforce.auth.schemes": "digest" };
defineDifferentialSuite("enforced authentication", { config: ENFORCED }, [
  scenario("without the scheme every request is refused", async (t) => {
    const a = await t.connect("a");
    await a.call(getData("/t"));
    await a.untilClosed();
    await a.reconnect();
    await a.call(ping);
    await a.untilClosed();
    await a.reconnect();
    await a.call(closeSession);
    a.isSessionClosed = false;
    await a.reconnect();
    await a.call(auth("digest", "ann:pw"));
    await a.call(getData("/t"));
  }),
]);

defineDifferentialSuite("skipACL", { config: { skipACL: "yes" } }, [
  scenario("permissions are not checked, ACLs are still validated", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n", { acl: [acl(0, "world", "anyone")] }));
    await a.call(getData("/t/n"));
    await a.call(setData("/t/n"));
    await a.call(getAcl("/t/n"));
    await a.call(create("/t/m", { acl: [acl(31, "nope", "x")] }));
    await a.call(setData("/zookeeper/config", "x"));
    await a.call(setData("/zookeeper/config", ""));
  }),
]);

const SHA256 = {
  "DigestAuthenticationProvider.digestAlg": "SHA-256",
  "DigestAuthenticationProvider.superDigest": "",
};
defineDifferentialSuite("another digest algorithm", { config: SHA256 }, [
  scenario("ids are hashed with it", async (t) => {
    const a = await t.connect("a");
    await a.call(auth("digest", "ann:pw"));
    await a.call(whoAmI);
    await a.call(create("/t/n", { acl: [acl(31, "auth", "")] }));
    await a.call(getAcl("/t/n"));
    await a.call({ op: 2, label: "delete /t/n", body: new Packer().buffer("/t/n").int(-1).done() });
  }),
]);

const IMPATIENT = { "zookeeper.nio.sessionlessCnxnTimeout": "500" };
defineDifferentialSuite("connections without a session", { systemProperties: IMPATIENT }, [
  scenario("one that never says anything is closed", async (t) => {
    const silent = await t.open("silent");
    await silent.untilClosed("says nothing");
    const half = await t.open("half");
    await half.sendAndWatchEnd(Buffer.from("0000002d0000", "hex"), "says half a ConnectRequest");
  }),
]);

const LARGE = { largeRequestThreshold: 1000, largeRequestMaxBytes: 2500 };
defineDifferentialSuite("limits of large requests", { config: LARGE }, [
  scenario("one above the sum of all ends the connection", async (t) => {
    const a = await t.connect("a");
    await a.call(setData("/t", Buffer.alloc(900)));
    await a.call(setData("/t", Buffer.alloc(2000)));
    await a.call(setData("/t", Buffer.alloc(2000)));
    await a.sendAndWatchEnd(frameOf(setData("/t", Buffer.alloc(4000)), 9), "4000 bytes");
    await a.reconnect();
    await a.call(exists("/t"));
  }),
]);

const CROWDED = {
  globalOutstandingLimit: 2,
  request_throttle_max_requests: 2,
  request_throttle_stall_time: 10,
};
defineDifferentialSuite("back pressure", { config: CROWDED }, [
  scenario("a hundred pipelined requests are all answered, in order", async (t) => {
    const a = await t.connect("a");
    const creates = Array.from({ length: 50 }, (_, i) => create(`/t/n${i}`, { data: "" }));
    const reads = Array.from({ length: 50 }, (_, i) => getData(`/t/n${i}`));
    await a.pipeline([...creates, ...reads], { as: "fifty creates and fifty reads" });
    await a.call(getChildren("/t"));
  }),
]);
