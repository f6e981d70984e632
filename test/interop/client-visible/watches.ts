import {
  acl,
  addWatch,
  auth,
  checkWatches,
  create,
  exists,
  getChildren,
  getChildren2,
  getData,
  OPEN,
  remove,
  removeWatches,
  setAcl,
  setData,
  sync,
} from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

const DATA = 2;
const CHILDREN = 1;
const ANY = 3;

/** Watches of every kind, their order, ACL filter and removal (client-protocol 5.1 – 5.7). */
export const WATCHES: readonly Scenario[] = [
  scenario("one-shot watches: what sets them, what fires them", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await b.call(exists("/t/n", true));
    await b.call(getData("/t/n", true));
    await b.call(getChildren("/t/n", true));
    await b.call(getChildren("/t", true));
    await a.call(create("/t/n"));
    await b.settle();
    await b.call(getData("/t/n", true));
    await b.call(exists("/t/n", true));
    await b.call(getChildren2("/t/n", true));
    await a.call(setAcl("/t/n"));
    await a.call(sync("/t/n"));
    await a.call(setData("/t/n", "x", 9));
    await b.settle();
    await a.call(setData("/t/n"));
    await b.settle();
    await a.call(setData("/t/n"));
    await a.call(create("/t/n/c"));
    await b.settle();
    await a.call(remove("/t/n/c"));
    await b.settle();
  }),
  scenario("one-shot watches: deletion gives one event, creation one per connection", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    const c = await t.connect("c");
    await a.call(create("/t/n"));
    for (const watcher of [b, c]) {
      await watcher.call(getData("/t/n", true));
      await watcher.call(getChildren("/t/n", true));
      await watcher.call(exists("/t/n", true));
      await watcher.call(getChildren("/t", true));
    }
    await a.call(remove("/t/n"));
    await b.settle();
    await c.settle();
    await b.call(exists("/t/n", true));
    await b.call(exists("/t/n", true));
    await a.call(create("/t/n"));
    await a.call(remove("/t/n"));
    await b.settle();
  }),
  scenario("own watches: the event comes before the reply of the write", async (t) => {
    const a = await t.connect("a");
    await a.call(exists("/t/n", true));
    await a.call(getChildren("/t", true));
    await a.call(create("/t/n"));
    await a.call(getData("/t/n", true));
    await a.call(setData("/t/n"));
    await a.call(getData("/t/n", true));
    await a.call(getChildren("/t", true));
    await a.call(getChildren("/t/n", true));
    await a.call(remove("/t/n"));
    await a.call(addWatch("/t", 1));
    await a.pipeline([create("/t/a"), getData("/t/a"), setData("/t/a"), getData("/t/a"), remove("/t/a")]);
  }),
  scenario("persistent watches survive deletion and re-creation", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await b.call(addWatch("/t/n", 0));
    for (let i = 0; i < 2; i++) {
      await a.call(create("/t/n"));
      await a.call(setData("/t/n"));
      await a.call(create("/t/n/c"));
      await a.call(setData("/t/n/c"));
      await a.call(remove("/t/n/c"));
      await a.call(remove("/t/n"));
      await b.settle();
    }
  }),
  scenario("persistent recursive watches cover every depth, without child events", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await b.call(addWatch("/t/n", 1));
    await a.call(create("/t/n"));
    await a.call(create("/t/n/c"));
    await a.call(create("/t/n/c/d", { flags: 2 }));
    await a.call(create("/t/nearby"));
    await a.call(setData("/t/n/c"));
    await a.call(setData("/t"));
    await b.settle();
    await b.call(getChildren("/t/n/c", true));
    await a.call(create("/t/n/c/e", { flags: 1 }));
    await a.call(remove("/t/n/c/e"));
    await b.settle();
  }),
  scenario("a recursive watch on the root sees everything", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await b.call(addWatch("/", 1));
    await a.call(create("/t/x"));
    await a.call(setData("/t/x"));
    await a.call(remove("/t/x"));
    await b.settle();
    await b.call(removeWatches("/", ANY));
    await a.call(create("/t/x"));
    await b.settle();
  }),
  scenario("addWatch: any path, known modes only", async (t) => {
    const a = await t.connect("a");
    for (const mode of [0, 1, 2, -1, 99]) await a.call(addWatch("/t/m", mode));
    for (const path of ["", "bad", "/t/", "/t//x", "/none/x"]) await a.call(addWatch(path, 0));
    await a.call(checkWatches("/t/m", ANY));
  }),
  scenario("modes on one path: one-shot and persistent together", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n"));
    await a.call(addWatch("/t/n", 0));
    await a.call(getData("/t/n", true));
    await a.call(setData("/t/n", "1"));
    await a.call(setData("/t/n", "2"));
  }),
  scenario("modes on one path: recursive, then persistent", async (t) => {
    const a = await t.connect("a");
    await a.call(addWatch("/t/n", 1));
    await a.call(addWatch("/t/n", 0));
    await a.call(create("/t/n"));
    await a.call(create("/t/n/c"));
  }),
  scenario("modes on one path: recursive, then one-shot children", async (t) => {
    const a = await t.connect("a");
    await a.call(addWatch("/t", 1));
    await a.call(getChildren("/t", true));
    await a.call(create("/t/n"));
    await a.call(create("/t/m"));
  }),
  scenario("checkWatches and removeWatches: one-shot", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/n"));
    await a.call(getData("/t/n", true));
    await a.call(getChildren("/t/n", true));
    for (const type of [DATA, CHILDREN, ANY]) await a.call(checkWatches("/t/n", type));
    await a.call(checkWatches("/t/n", 0));
    await a.call(checkWatches("/t/n", 6));
    await a.call(checkWatches("/t/none", ANY));
    await a.call(removeWatches("/t/n", DATA));
    await a.call(removeWatches("/t/n", DATA));
    await a.call(setData("/t/n"));
    await a.call(checkWatches("/t/n", ANY));
    await a.call(removeWatches("/t/n", ANY));
    await a.call(create("/t/n/c"));
    await a.call(removeWatches("/t/n", ANY));
    await a.call(removeWatches("/t/n", -3));
    await a.call(removeWatches("bad path", ANY));
  }),
  ...[1, 2, 3, 4, 5].map((type) =>
    scenario(`removeWatches type ${type} against persistent and recursive watches`, async (t) => {
      const a = await t.connect("a");
      await a.call(addWatch("/t/p", 0));
      await a.call(addWatch("/t/r", 1));
      await a.call(checkWatches("/t/p", type));
      await a.call(checkWatches("/t/r", type));
      await a.call(removeWatches("/t/p", type));
      await a.call(removeWatches("/t/r", type));
      await a.call(create("/t/p"));
      await a.call(setData("/t/p"));
      await a.call(create("/t/p/c"));
      await a.call(create("/t/r"));
    }),
  ),
  scenario("watches are dropped with their connection", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await b.call(addWatch("/t", 1));
    await b.reconnect();
    await a.call(create("/t/n"));
    await b.settle();
    await b.call(checkWatches("/t", ANY));
  }),
  scenario("READ is checked when an event is delivered", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await a.call(auth("digest", "ann:pw"));
    const secret = [acl(31, "auth", "")];
    await b.call(exists("/t/n", true));
    await a.call(create("/t/n", { acl: secret }));
    await b.settle();
    await a.call(setAcl("/t/n", OPEN));
    await a.call(setData("/t/n"));
    await b.settle();
    await b.call(getData("/t/n", true));
    await a.call(setAcl("/t/n", secret));
    await a.call(setData("/t/n"));
    await a.call(setAcl("/t/n", OPEN));
    await a.call(setData("/t/n"));
    await b.settle();
    await b.call(addWatch("/t/n", 1));
    await a.call(setAcl("/t/n", secret));
    await a.call(create("/t/n/open"));
    await a.call(create("/t/n/closed", { acl: secret }));
    await a.call(setData("/t/n/open"));
    await a.call(remove("/t/n/open"));
    await a.call(remove("/t/n/closed"));
    await b.settle();
    await b.call(getChildren("/t", true));
    await a.call(remove("/t/n"));
    await b.settle();
    await b.call(auth("digest", "super:secret"));
    await b.call(addWatch("/t/m", 1));
    await a.call(create("/t/m", { acl: secret }));
    await b.settle();
  }),
  scenario("child events ask for READ on the parent", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await a.call(auth("digest", "ann:pw"));
    await a.call(create("/t/p"));
    await b.call(getChildren("/t/p", true));
    await b.call(addWatch("/t/p", 0));
    await a.call(setAcl("/t/p", [acl(31, "auth", "")]));
    await a.call(create("/t/p/c"));
    await b.settle();
    await b.call(auth("digest", "ann:pw"));
    await a.call(create("/t/p/d"));
    await b.settle();
  }),
];
