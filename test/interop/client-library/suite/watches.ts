import { describe, expect, it } from "vitest";
import { connect, type GapEvent, type WatchEvent } from "../../../../src/client/index.ts";
import { Events, type SuiteWorld } from "./suite-world.ts";

/** What a program is told of changes: once, always, and after a loss. */
export function watchesSuite(world: SuiteWorld): void {
  const { client, fresh, lose } = world;

  describe("watches", () => {
    it("one-shot: exists, get and children, once each", async () => {
      const zk = await client();
      const path = fresh();
      const events = new Events<WatchEvent>();
      expect(await zk.exists(path, { watch: events.take })).toBeNull();
      const { zxid } = await zk.create(path);
      await events.count(1);
      expect(events.all[0]).toMatchObject({ type: "created", path });
      expect(events.all[0]!.zxid).toBe(world.isSince39 ? zxid : undefined);
      await zk.get(path, { watch: events.take });
      await zk.children(path, { watch: events.take });
      await zk.set(path, "1");
      await zk.set(path, "2");
      await zk.create(`${path}/c`);
      await events.count(3);
      expect(events.all.map(({ type }) => type)).toEqual(["created", "dataChanged", "childrenChanged"]);
    });

    it("an event comes before the reply to the write that caused it", async () => {
      const zk = await client();
      const path = fresh();
      await zk.create(path);
      const order: string[] = [];
      await zk.get(path, { watch: () => order.push("event") });
      await zk.set(path, "x").then(() => order.push("reply"));
      expect(order).toEqual(["event", "reply"]);
    });

    it("persistent: every change of the znode and its list of children, until closed", async () => {
      const zk = await client();
      const path = fresh();
      const watch = await zk.watch(path, { mode: "persistent" });
      const events = new Events<WatchEvent | GapEvent>();
      watch.on(events.take);
      await zk.create(path);
      await zk.set(path, "x");
      await zk.create(`${path}/c`);
      await zk.delete(`${path}/c`);
      await zk.delete(path);
      const types = (await events.count(5)).map(({ type }) => type);
      expect(types).toEqual(["created", "dataChanged", "childrenChanged", "childrenChanged", "deleted"]);
      await watch.close();
      await zk.create(path);
      expect(await zk.checkWatches(path)).toBe(false);
      expect(events.all).toHaveLength(5);
    });

    it("recursive: as an async iterator, without childrenChanged", async () => {
      const zk = await client();
      const base = fresh();
      await zk.create(base);
      const seen: string[] = [];
      await using watch = await zk.watch(base, { mode: "persistent-recursive" });
      // A one-shot watch of this connection makes the server send childrenChanged, which is not for the recursive one.
      const list = new Events<WatchEvent>();
      await zk.create(`${base}/a`);
      await zk.children(`${base}/a`, { watch: list.take });
      await zk.create(`${base}/a/b`);
      await zk.set(`${base}/a/b`, "x");
      await zk.delete(`${base}/a/b`);
      for await (const event of watch) {
        seen.push(`${event.type} ${event.path.slice(base.length)}`);
        if (seen.length === 4) break;
      }
      expect(seen).toEqual(["created /a", "created /a/b", "dataChanged /a/b", "deleted /a/b"]);
      expect(list.all).toMatchObject([{ type: "childrenChanged", path: `${base}/a` }]);
      expect(watch.isClosed).toBe(true);
    });

    it("one-shot beside persistent on one path: neither loses anything", async () => {
      const zk = await client();
      const path = fresh();
      await zk.create(path);
      const watch = await zk.watch(path, { mode: "persistent" });
      const persistent = new Events<WatchEvent | GapEvent>();
      watch.on(persistent.take);
      const once = new Events<WatchEvent>();
      await zk.get(path, { watch: once.take });
      await zk.set(path, "1");
      await zk.set(path, "2");
      await persistent.count(2);
      expect(once.all).toHaveLength(1);
    });

    it("a one-shot right behind a persistent watch that nobody has awaited: neither loses anything", async () => {
      const zk = await client();
      const path = fresh();
      await zk.create(path);
      const [once, always] = [new Events<WatchEvent>(), new Events<WatchEvent | GapEvent>()];
      const watching = zk.watch(path, { mode: "persistent" });
      await zk.get(path, { watch: once.take });
      await using watch = await watching;
      watch.on(always.take);
      await zk.set(path, "1");
      await zk.set(path, "2");
      expect((await always.count(2)).map(({ type }) => type)).toEqual(["dataChanged", "dataChanged"]);
      expect(once.all.map(({ type }) => type)).toEqual(["dataChanged"]);
    });

    it("a callback that is taken back is not called, and the server forgets it", async () => {
      const zk = await client();
      const path = fresh();
      await zk.create(path);
      const [gone, kept] = [new Events<WatchEvent>(), new Events<WatchEvent>()];
      await zk.get(path, { watch: gone.take });
      await zk.get(path, { watch: kept.take });
      zk.unwatch(path, gone.take);
      expect(await zk.checkWatches(path, "data")).toBe(true);
      await zk.set(path, "1");
      await kept.count(1);
      await zk.get(path, { watch: gone.take });
      zk.unwatch(path, gone.take);
      expect(await zk.checkWatches(path, "data")).toBe(false);
      await zk.set(path, "2");
      expect(gone.all).toEqual([]);
    });

    it("two watchers of one path: the server's watch goes with the last", async () => {
      const zk = await client();
      const path = fresh();
      const first = await zk.watch(path, { mode: "persistent" });
      const second = await zk.watch(path, { mode: "persistent" });
      const events = new Events<WatchEvent | GapEvent>();
      second.on(events.take);
      await first.close();
      expect(await zk.checkWatches(path)).toBe(true);
      await zk.create(path);
      await events.count(1);
      await second.close();
      expect(await zk.checkWatches(path)).toBe(false);
    });

    it("removeWatches takes one-shot watches away", async () => {
      const zk = await client();
      const path = fresh();
      await zk.create(path);
      const events = new Events<WatchEvent>();
      await zk.get(path, { watch: events.take });
      await zk.removeWatches(path, "data");
      await zk.set(path, "x");
      expect(events.all).toEqual([]);
      await expect(zk.removeWatches(path, "data")).rejects.toMatchObject({ code: "NOWATCHER" });
    });

    it("re-registers after a loss: one-shot watches tell what was missed, persistent ones a gap", async () => {
      const zk = await client();
      const other = await connect(`127.0.0.1:${world.server.port}`, { sessionTimeoutMs: 6000 });
      world.adopt(other);
      const base = fresh();
      await zk.create(base);
      const once = new Events<WatchEvent>();
      await zk.get(base, { watch: once.take });
      await zk.exists(`${base}/new`, { watch: once.take });
      const watch = await zk.watch(base, { mode: "persistent-recursive" });
      const persistent = new Events<WatchEvent | GapEvent>();
      watch.on(persistent.take);
      const seen = zk.lastZxid;
      world.proxy.refuse();
      const suspended = zk.when("suspended");
      world.proxy.cut();
      await suspended;
      await other.set(base, "missed");
      await other.create(`${base}/new`);
      world.proxy.heal();
      await zk.when("connected");
      expect((await once.count(2)).map(({ type }) => type).sort()).toEqual(["created", "dataChanged"]);
      // The one-shot watches made the server tell two of the changes, which the persistent watch sees too; then the gap.
      const toldBefore = await persistent.count(3);
      expect(toldBefore.map(({ type }) => type).sort()).toEqual(["created", "dataChanged", "gap"]);
      const gap = { type: "gap", reason: "reconnected", path: base, afterZxid: seen };
      expect(toldBefore[2]).toEqual(gap);
      await other.set(base, "again");
      expect((await persistent.count(4))[3]).toMatchObject({ type: "dataChanged", path: base });
    });

    it("re-registers thousands of watches in several batches", async () => {
      const zk = await client();
      const base = `${fresh()}-${"x".repeat(200)}`;
      await zk.create(base);
      const events = new Events<WatchEvent>();
      const names = Array.from({ length: 1500 }, (_, i) => `${base}/${i}`);
      await Promise.all(names.map((path) => zk.exists(path, { watch: events.take })));
      await lose(zk);
      await zk.sync();
      await Promise.all([names[0]!, names[1499]!].map((path) => zk.create(path)));
      expect((await events.count(2)).map(({ path }) => path).sort()).toEqual([names[0], names[1499]].sort());
    });
  });
}
