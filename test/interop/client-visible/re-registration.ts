import { Packer } from "../support/jute.ts";
import {
  addWatch,
  checkWatches,
  create,
  exists,
  remove,
  removeWatches,
  setData,
  setWatches,
} from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

/** setWatches and setWatches2 after a reconnect (client-protocol 5.8). */
export const RE_REGISTRATION: readonly Scenario[] = [
  scenario("setWatches: stale ones fire at once, in the order of the lists", async (t) => {
    const a = await t.connect("a");
    for (const path of ["/t/same", "/t/set", "/t/gone", "/t/again", "/t/p", "/t/p/c"])
      await a.call(create(path));
    const seen = t.transcript.zxidAt(7n);
    await a.call(setData("/t/set"));
    await a.call(remove("/t/gone"));
    await a.call(remove("/t/again"));
    await a.call(create("/t/again"));
    await a.call(remove("/t/p/c"));
    await a.call(create("/t/new"));
    const data = ["/t/set", "/t/same", "/t/gone", "/t/again", "/t/never"];
    const exist = ["/t/new", "/t/none", "/t/same"];
    const child = ["/t/p", "/t/same", "/t/gone", "/t"];
    await a.call(setWatches(seen, { data, exist, child }));
    await a.call(setData("/t/same"));
    await a.call(create("/t/same/c"));
    await a.call(create("/t/none"));
    await a.call(setData("/t/set"));
    await a.call(setData("/t/again"));
  }),
  scenario("setWatches: nothing stale, watches are set again", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n"));
    const lists = { data: ["/t/n"], exist: ["/t/none"], child: ["/t"] };
    await a.call(setWatches(t.transcript.zxidAt(2n), lists));
    await a.call(setData("/t/n"));
    await a.call(create("/t/none"));
    await a.call(setWatches(t.transcript.zxidAt(999n), lists));
    await a.call(remove("/t/none"));
    await a.call(setWatches(-1n, { child: ["/t"] }));
  }),
  scenario("setWatches: a child's data is no reason for a child event", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n"));
    await a.call(setData("/t/n"));
    await a.call(setWatches(t.transcript.zxidAt(2n), { child: ["/t"] }));
    await a.call(remove("/t/n"));
    await a.call(setWatches(t.transcript.zxidAt(3n), { child: ["/t"] }));
  }),
  scenario("setWatches2: persistent ones never fire at once", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n"));
    await a.call(setData("/t/n"));
    await a.call(setWatches(0n, { persistent: ["/t/n", "/t/none"], recursive: ["/t/r"] }));
    await a.call(setData("/t/n"));
    await a.call(create("/t/n/c"));
    await a.call(create("/t/none"));
    await a.call(create("/t/r"));
    await a.call(create("/t/r/x"));
    await a.call(checkWatches("/t/r", 3));
    await a.call(
      setWatches(0n, { data: ["/t/n"], exist: ["/t/r"], child: ["/t"], persistent: [], recursive: [] }),
    );
  }),
  scenario("setWatches: empty, null and odd lists", async (t) => {
    const a = await t.connect("a");
    await a.call(setWatches(0n, {}));
    await a.call(setWatches(0n, { persistent: [] }));
    await a.call(setWatches(0n, { data: ["", "bad", "/t/", "/t//x"] }));
    await a.call(setWatches(0n, { exist: ["", "bad"], child: ["bad", ""] }));
    await a.call({ op: 101, label: "setWatches cut short", body: new Packer().long(0n).int(0).done() });
    await a.call(checkWatches("bad", 3));
    await a.call(removeWatches("bad", 3));
  }),
  scenario("setWatches: null data list", async (t) => {
    const a = await t.connect("a");
    await a.call(setWatches(0n, { data: null }));
    await a.settle();
  }),
  scenario("setWatches: null exist list", async (t) => {
    const a = await t.connect("a");
    await a.call(setWatches(0n, { exist: null }));
    await a.settle();
  }),
  scenario("setWatches: null path in a list", async (t) => {
    const a = await t.connect("a");
    await a.call(setWatches(0n, { data: ["/t", null] }));
    await a.settle();
  }),
  scenario("setWatches after a reconnect", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await a.call(create("/t/n"));
    await b.call(exists("/t/n", true));
    await b.call(addWatch("/t", 1));
    b.connection.destroy();
    await a.call(setData("/t/n"));
    await b.reconnect();
    const zxid = t.transcript.zxidAt(3n);
    await b.call(setWatches(zxid, { data: ["/t/n"], recursive: ["/t"] }), { xid: -8 });
    await a.call(setData("/t/n"));
    await b.settle();
  }),
];
