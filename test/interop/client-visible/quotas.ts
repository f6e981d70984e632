import type { Actor } from "../support/actor.ts";
import { create, getChildren, getData, multi, remove, setData } from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

const QUOTA = "/zookeeper/quota/t";
const LIMITS = `${QUOTA}/zookeeper_limits`;
const STATS = `${QUOTA}/zookeeper_stats`;

async function setQuota(a: Actor, limits: string): Promise<void> {
  await a.call(create(QUOTA, { data: null }));
  await a.call(create(LIMITS, { data: limits }));
  await a.call(create(STATS, { data: "count=0,bytes=0" }));
}

/** Quotas: accounting and, with enforceQuota, hard limits (client-protocol 9). */
export const QUOTAS: readonly Scenario[] = [
  scenario("quota: the stats node is computed when it is created, and kept up to date", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/a", { data: "12345" }));
    await setQuota(a, "count=10,bytes=100");
    await a.call(getData(STATS, true));
    await a.call(create("/t/b", { data: "123" }));
    await a.call(getData(STATS));
    await a.call(create("/t/b/c", { data: null }));
    await a.call(setData("/t/a", "1"));
    await a.call(getData(STATS));
    await a.call(setData("/t/a", null));
    await a.call(remove("/t/b/c"));
    await a.call(getData(STATS));
    await a.call(multi(create("/t/m", { data: "12" }), setData("/t/m", "1234"), create("/t/m/n")));
    await a.call(getData(STATS));
    await a.call(setData("/t", "root of the quota"));
    await a.call(getData(STATS));
    await a.call(create("/tt"));
    await a.call(remove("/tt"));
    await a.call(getData(STATS));
    await a.call(getData(LIMITS));
  }),
  scenario("quota: soft limits refuse nothing", async (t) => {
    const a = await t.connect("a");
    await setQuota(a, "count=2,bytes=5");
    for (let i = 0; i < 4; i++) await a.call(create(`/t/n${i}`, { data: "0123456789" }));
    await a.call(getData(STATS));
  }),
  scenario("quota: hard limits", async (t) => {
    const a = await t.connect("a");
    await setQuota(a, "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4");
    for (let i = 1; i <= 4; i++) await a.call(create(`/t/n${i}`, { data: "1234" }));
    await a.call(setData("/t/n1", "12345678901234567890"));
    await a.call(setData("/t/n1", "123456789"));
    await a.call(setData("/t/n1", "1"));
    await a.call(remove("/t/n1"));
    await a.call(create("/t/n5", { data: "1234567890123" }));
    await a.call(create("/t/n5", { data: "12" }));
    await a.call(create("/t/n6", { data: "" }));
    await a.call(getData(STATS));
    await a.call(remove("/t/n5"));
    await a.call(multi(create("/t/m1", { data: "" }), create("/t/m2", { data: "" })));
    await a.call(getData(STATS));
    await a.call(getChildren("/t"));
    await a.call(create("/t/missing/x"));
  }),
  scenario("quota: an ephemeral counts, and its expiry counts back", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await setQuota(a, "count=3,bytes=-1");
    await b.call(create("/t/e", { flags: 1, data: "123" }));
    await a.call(getData(STATS));
    await b.call({ op: -11, label: "closeSession", body: Buffer.alloc(0) });
    await a.call(getData(STATS));
  }),
  scenario("quota: changed and removed", async (t) => {
    const a = await t.connect("a");
    await setQuota(a, "count=-1,bytes=-1=;countHardLimit=2");
    await a.call(create("/t/a"));
    await a.call(create("/t/b"));
    await a.call(setData(LIMITS, "count=-1,bytes=-1=;countHardLimit=3"));
    await a.call(create("/t/b"));
    await a.call(create("/t/c"));
    await a.call(remove(LIMITS));
    await a.call(create("/t/c"));
    await a.call(getData(STATS));
    await a.call(remove(STATS));
    await a.call(remove(QUOTA));
    await a.call(create("/t/d"));
  }),
  scenario("quota: the deepest one counts", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/in"));
    await setQuota(a, "count=5,bytes=-1");
    await a.call(create(`${QUOTA}/in`, { data: null }));
    await a.call(create(`${QUOTA}/in/zookeeper_limits`, { data: "count=5,bytes=-1" }));
    await a.call(create(`${QUOTA}/in/zookeeper_stats`, { data: "count=0,bytes=0" }));
    await a.call(create("/t/in/x"));
    await a.call(create("/t/y"));
    await a.call(getData(STATS));
    await a.call(getData(`${QUOTA}/in/zookeeper_stats`));
  }),
];
