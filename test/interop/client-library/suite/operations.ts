import { describe, expect, it } from "vitest";
import { op, type WatchEvent } from "../../../../src/client/index.ts";
import { Events, type SuiteWorld, textOf } from "./suite-world.ts";

/** The calls of a client, and what each gives back or refuses. */
export function operationsSuite({ client, fresh }: SuiteWorld): void {
  describe("operations", () => {
    it("creates in every plain mode, and says what it made", async () => {
      const zk = await client();
      const base = fresh();
      const made = await zk.create(base, { data: "hello" });
      expect(made).toMatchObject({ path: base, stat: { version: 0, dataLength: 5 } });
      expect(made.zxid).toBe(made.stat.czxid);
      expect((await zk.create(`${base}/s-`, { mode: "persistent-sequential" })).path).toBe(
        `${base}/s-0000000000`,
      );
      const ephemeral = await zk.create(`${base}/e-`, { mode: "ephemeral-sequential" });
      expect(ephemeral.stat.ephemeralOwner.equals(zk.session!.id)).toBe(true);
      const container = await zk.create(`${base}/c`, { mode: "container" });
      expect(container.stat.ephemeralOwner.isZero()).toBe(true);
      expect((await zk.create(`${base}/`, { mode: "persistent-sequential" })).path).toBe(
        `${base}/0000000003`,
      );
    });

    it("keeps null, empty, text and bytes apart", async () => {
      const zk = await client();
      const path = fresh();
      await zk.create(path, { data: null });
      expect((await zk.get(path)).data).toBeNull();
      await zk.set(path, "");
      expect((await zk.get(path)).data).toHaveLength(0);
      await zk.set(path, "grüße");
      expect(textOf((await zk.get(path)).data)).toBe("grüße");
      await zk.set(path, Uint8Array.of(0, 255, 1));
      expect([...(await zk.get(path)).data!]).toEqual([0, 255, 1]);
    });

    it("refuses with typed errors", async () => {
      const zk = await client();
      const path = fresh();
      await expect(zk.get(path)).rejects.toMatchObject({
        name: "KeeperError",
        code: "NONODE",
        codeNumber: -101,
        path,
        op: "getData",
        retryable: false,
        outcome: "not-applied",
      });
      await zk.create(path);
      await expect(zk.create(path)).rejects.toMatchObject({ code: "NODEEXISTS" });
      await expect(zk.set(path, "x", { version: 7 })).rejects.toMatchObject({ code: "BADVERSION" });
      await zk.create(`${path}/child`);
      await expect(zk.delete(path)).rejects.toMatchObject({ code: "NOTEMPTY" });
      await zk.create(`${path}/e`, { mode: "ephemeral" });
      await expect(zk.create(`${path}/e/x`)).rejects.toMatchObject({ code: "NOCHILDRENFOREPHEMERALS" });
    });

    it("multi is all or nothing, with a result for each place", async () => {
      const zk = await client();
      const base = fresh();
      const [made, set, check, deleted] = await zk.multi([
        op.create(base, { data: "1" }),
        op.set(base, "2"),
        op.check(base, { version: 1 }),
        op.delete(base),
      ]);
      expect(made).toMatchObject({ path: base, stat: null });
      expect(set.stat.version).toBe(1);
      expect([check.type, deleted.type]).toEqual(["check", "delete"]);
      const failing = zk.multi([op.create(base), op.check(`${base}/none`), op.delete(base)]);
      await expect(failing).rejects.toMatchObject({ code: "NONODE", index: 1, path: `${base}/none` });
      expect(await zk.exists(base)).toBeNull();
      expect(await zk.multi([])).toEqual([]);
    });

    it("multiRead fails place by place", async () => {
      const zk = await client();
      const base = fresh();
      await zk.create(base, { data: "d" });
      await zk.create(`${base}/c`);
      const [data, children, missing] = await zk.multiRead([
        op.get(base),
        op.children(base),
        op.get(`${base}/none`),
      ]);
      expect(data.isOk && textOf(data.data)).toBe("d");
      expect(children.isOk && children.children).toEqual(["c"]);
      expect(!missing.isOk && missing.error.code).toBe("NONODE");
    });

    it("counts, lists own ephemerals, syncs, reads the configuration", async () => {
      const zk = await client();
      const base = fresh();
      await zk.create(base);
      await zk.create(`${base}/a`, { mode: "ephemeral" });
      await zk.create(`${base}/b`);
      await zk.sync(base);
      expect(await zk.countDescendants(base)).toBe(2);
      expect(await zk.ephemerals(base)).toEqual([`${base}/a`]);
      expect((await zk.children(base)).children.sort()).toEqual(["a", "b"]);
      expect((await zk.config()).members).toEqual([]);
      expect(await zk.whoAmI()).toContainEqual({ scheme: "ip", user: "127.0.0.1" });
    });

    it("makes and removes whole branches", async () => {
      const zk = await client();
      const base = fresh();
      expect((await zk.createAll(`${base}/x/y/z`, { data: "deep" })).path).toBe(`${base}/x/y/z`);
      await zk.ensurePath(`${base}/x/q`);
      await zk.ensurePath(`${base}/x/q`);
      expect(await zk.countDescendants(base)).toBe(4);
      await zk.deleteAll(base);
      expect(await zk.exists(base)).toBeNull();
      await expect(zk.deleteAll(base)).rejects.toMatchObject({ code: "NONODE" });
    });

    it("answers a thousand pipelined calls in their order", async () => {
      const zk = await client();
      const base = fresh();
      await zk.create(base);
      const order: number[] = [];
      await Promise.all(
        Array.from({ length: 1000 }, async (_, i) => {
          await zk.set(base, String(i));
          order.push(i);
        }),
      );
      expect(order).toEqual(Array.from({ length: 1000 }, (_, i) => i));
      expect((await zk.exists(base))?.version).toBe(1000);
    });
  });

  describe("a chroot", () => {
    it("is in front of every path and invisible", async () => {
      const plain = await client();
      const root = fresh();
      const zk = await client({}, `${root}/app`);
      await expect(zk.create("/a")).rejects.toThrow(/chroot .*ensurePath/);
      await zk.ensurePath("/");
      const { path } = await zk.create("/a", { data: "x", mode: "ephemeral" });
      expect(path).toBe("/a");
      expect((await plain.children(`${root}/app`)).children).toEqual(["a"]);
      expect(await zk.ephemerals()).toEqual(["/a"]);
      const events = new Events<WatchEvent>();
      await zk.get("/a", { watch: events.take });
      await zk.children("/", { watch: events.take });
      const [made] = await zk.multi([op.create("/b"), op.set("/a", "y")]);
      expect(made.path).toBe("/b");
      expect((await events.count(2)).map(({ path: at }) => at).sort()).toEqual(["/", "/a"]);
      await expect(zk.get("/none")).rejects.toMatchObject({ path: "/none" });
    });
  });
}
