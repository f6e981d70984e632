import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type Client,
  type ClientState,
  ConnectionError,
  CREATOR_ACL,
  connect,
  type GapEvent,
  OPEN_ACL,
  op,
  READ_ACL,
  type WatchEvent,
} from "../../../src/client/index.ts";
import { type FaultProxy, startFaultProxy } from "../../../src/testing/index.ts";
import { Changes } from "../../support/changes.ts";

/** A server that the suite runs against. */
export interface SuiteServer {
  readonly port: number;
  stop(): Promise<void>;
  start(): Promise<unknown>;
}

export interface SuiteOptions {
  readonly start: () => Promise<SuiteServer>;
  readonly dispose: (server: SuiteServer) => Promise<void>;
  /** 3.9 and later: events carry their zxid, the types of persistent watches can be removed alone. */
  readonly isSince39: boolean;
}

const textOf = (data: Uint8Array | null): string | null =>
  data === null ? null : new TextDecoder().decode(data);

/** Collects events and lets a test wait for the n-th. */
class Events<E> {
  readonly all: E[] = [];
  readonly #changes = new Changes();
  readonly take = (event: E): void => {
    this.all.push(event);
    this.#changes.note();
  };

  async count(wanted: number): Promise<E[]> {
    await this.#changes.until(() => this.all.length >= wanted);
    return this.all;
  }
}

/** What a program sees of this client, whatever server is behind it. */
export function clientSuite(name: string, options: SuiteOptions): void {
  describe(name, () => {
    let server: SuiteServer;
    let proxy: FaultProxy;
    const clients: Client[] = [];
    let paths = 0;
    const fresh = (): string => `/suite-${paths++}`;

    const client = async (extra: Parameters<typeof connect>[1] = {}, chroot = ""): Promise<Client> => {
      const zk = await connect(`${proxy.connectString}${chroot}`, { sessionTimeoutMs: 6000, ...extra });
      clients.push(zk);
      return zk;
    };

    beforeAll(async () => {
      server = await options.start();
      proxy = await startFaultProxy({ target: `127.0.0.1:${server.port}` });
    });
    afterEach(async () => {
      proxy.heal();
      await Promise.all(clients.splice(0).map((zk) => zk.close()));
    });
    afterAll(async () => {
      await proxy?.close();
      if (server !== undefined) await options.dispose(server);
    });

    const lose = async (zk: Client): Promise<void> => {
      const suspended = zk.when("suspended");
      proxy.cut();
      await suspended;
      await zk.when("connected");
    };

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

    describe("ACLs and authentication", () => {
      it("digest: who created it may, others may not", async () => {
        const owner = await client({ auth: [{ scheme: "digest", auth: "bob:secret" }] });
        const other = await client();
        const path = fresh();
        await owner.create(path, { data: "s", acl: CREATOR_ACL });
        await expect(other.get(path)).rejects.toMatchObject({ code: "NOAUTH" });
        await other.addAuth("digest", "bob:secret");
        expect(textOf((await other.get(path)).data)).toBe("s");
        expect(await other.whoAmI()).toContainEqual({ scheme: "digest", user: "bob" });
        const { acl, stat } = await owner.getAcl(path);
        expect(acl[0]?.id.scheme).toBe("digest");
        expect((await owner.setAcl(path, READ_ACL, { aversion: stat.aversion })).aversion).toBe(1);
        expect(OPEN_ACL[0]?.perms).toBe(31);
      });

      it("credentials are sent again after a loss", async () => {
        const zk = await client({ auth: [{ scheme: "digest", auth: "amy:pw" }] });
        const path = fresh();
        await zk.create(path, { acl: CREATOR_ACL });
        await lose(zk);
        expect((await zk.get(path)).stat.version).toBe(0);
      });

      it("an unknown scheme ends the client with a reason", async () => {
        const zk = await client();
        const refused = zk.addAuth("nonsense", "x");
        await expect(refused).rejects.toMatchObject({ name: "AuthFailedError" });
        await zk.when("authFailed");
        await expect(zk.get("/")).rejects.toMatchObject({ name: "AuthFailedError", retryable: false });
      });
    });

    describe("watches", () => {
      it("one-shot: exists, get and children, once each", async () => {
        const zk = await client();
        const path = fresh();
        const events = new Events<WatchEvent>();
        expect(await zk.exists(path, { watch: events.take })).toBeNull();
        const { zxid } = await zk.create(path);
        await events.count(1);
        expect(events.all[0]).toMatchObject({ type: "created", path });
        expect(events.all[0]!.zxid).toBe(options.isSince39 ? zxid : undefined);
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
        const other = await connect(`127.0.0.1:${server.port}`, { sessionTimeoutMs: 6000 });
        clients.push(other);
        const base = fresh();
        await zk.create(base);
        const once = new Events<WatchEvent>();
        await zk.get(base, { watch: once.take });
        await zk.exists(`${base}/new`, { watch: once.take });
        const watch = await zk.watch(base, { mode: "persistent-recursive" });
        const persistent = new Events<WatchEvent | GapEvent>();
        watch.on(persistent.take);
        const seen = zk.lastZxid;
        proxy.refuse();
        const suspended = zk.when("suspended");
        proxy.cut();
        await suspended;
        await other.set(base, "missed");
        await other.create(`${base}/new`);
        proxy.heal();
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
        expect((await events.count(2)).map(({ path }) => path).sort()).toEqual(
          [names[0], names[1499]].sort(),
        );
      });
    });

    describe("sessions", () => {
      it("survive the loss of a connection, with their ephemeral znodes", async () => {
        const zk = await client();
        const states: ClientState[] = [];
        zk.on("state", (state) => states.push(state));
        const path = fresh();
        await zk.create(path, { mode: "ephemeral" });
        const id = zk.session!.id;
        await lose(zk);
        expect(zk.session!.id.equals(id)).toBe(true);
        expect(await zk.exists(path)).not.toBeNull();
        expect(states).toEqual(["suspended", "connected"]);
      });

      it("can be continued by another client with id and password", async () => {
        const zk = await client();
        const path = fresh();
        await zk.create(path, { mode: "ephemeral" });
        const session = zk.session!;
        await zk.close({ session: "keep" });
        expect(zk.state).toBe("closed");
        const heir = await client({ session });
        expect(heir.session!.id.equals(session.id)).toBe(true);
        expect(await heir.exists(path)).not.toBeNull();
        await heir.close();
        const witness = await client();
        expect(await witness.exists(path)).toBeNull();
      });

      it("that are over: a new one follows, or the end", async () => {
        const gone = await client();
        const session = gone.session!;
        await gone.close();
        const states: ClientState[] = [];
        const zk = await client({ session });
        zk.on("state", (state) => states.push(state));
        expect(zk.session!.id.equals(session.id)).toBe(false);
        await expect(client({ session, afterExpiry: "end" })).rejects.toMatchObject({
          name: "SessionExpiredError",
        });
      });

      it("end while the client is away: waiting calls are refused, watches move to the new session", async () => {
        const zk = await client();
        const base = fresh();
        await zk.create(base);
        const watch = await zk.watch(base, { mode: "persistent" });
        const events = new Events<WatchEvent | GapEvent>();
        watch.on(events.take);
        const session = zk.session!;
        proxy.refuse();
        const suspended = zk.when("suspended");
        proxy.cut();
        await suspended;
        const waiting = zk.set(base, "late");
        const killer = await connect(`127.0.0.1:${server.port}`, { session, sessionTimeoutMs: 6000 });
        await killer.close();
        const expired = zk.when("expired");
        proxy.heal();
        await expect(waiting).rejects.toMatchObject({ name: "SessionExpiredError", outcome: "not-applied" });
        await expired;
        await zk.when("connected");
        expect((await events.count(1))[0]).toMatchObject({ type: "gap", reason: "newSession" });
        await zk.set(base, "new");
        expect((await events.count(2))[1]).toMatchObject({ type: "dataChanged" });
      });
    });

    describe("a broken connection", () => {
      it("ends a write that was sent as outcome unknown, once, and a read as repeatable", async () => {
        const zk = await client();
        const base = fresh();
        await zk.create(base);
        proxy.drop("toClient");
        const write = zk.set(base, "maybe");
        const read = zk.get(base);
        const settled = Promise.allSettled([write, read]);
        const direct = await connect(`127.0.0.1:${server.port}`);
        clients.push(direct);
        while ((await direct.exists(base))?.version !== 1) await direct.sync(base);
        proxy.cut();
        proxy.heal();
        const [written, got] = await settled;
        expect(written).toMatchObject({
          reason: { name: "ConnectionError", kind: "lost", outcome: "unknown" },
        });
        expect(got).toMatchObject({ reason: { kind: "lost", outcome: "not-applied", retryable: true } });
        await zk.when("connected");
        expect((await zk.exists(base))?.version).toBe(1);
      });

      it("lets calls that were not sent wait, in their order", async () => {
        const zk = await client();
        const base = fresh();
        await zk.create(base);
        proxy.refuse();
        const suspended = zk.when("suspended");
        proxy.cut();
        await suspended;
        const calls = [zk.set(base, "1"), zk.set(base, "2", { version: 1 }), zk.get(base)] as const;
        proxy.heal();
        const [, , got] = await Promise.all(calls);
        expect(textOf(got.data)).toBe("2");
      });

      it("ends calls at their deadline and by their signal", async () => {
        const zk = await client();
        proxy.refuse();
        const suspended = zk.when("suspended");
        proxy.cut();
        await suspended;
        const late = zk.get("/", { deadlineMs: 50 });
        await expect(late).rejects.toMatchObject({ name: "DeadlineError", outcome: "not-applied" });
        const controller = new AbortController();
        const aborted = zk.get("/", { signal: controller.signal });
        controller.abort(new Error("enough"));
        await expect(aborted).rejects.toMatchObject({
          name: "AbortedError",
          outcome: "not-applied",
          cause: { message: "enough" },
        });
      });

      it("a protected create is found again instead of made twice", async () => {
        const zk = await client();
        const base = fresh();
        await zk.create(base);
        proxy.drop("toClient");
        const creating = zk.create(`${base}/n-`, { mode: "ephemeral-sequential", protection: "guid" });
        const direct = await connect(`127.0.0.1:${server.port}`);
        clients.push(direct);
        while ((await direct.children(base)).children.length === 0) await direct.sync(base);
        proxy.cut();
        proxy.heal();
        const { path, stat } = await creating;
        expect(path).toMatch(/\/_c_[0-9a-f]{8}-[0-9a-f-]{27}-n-0000000000$/);
        expect(stat.ephemeralOwner.equals(zk.session!.id)).toBe(true);
        expect((await direct.children(base)).children).toEqual([path.slice(base.length + 1)]);
      });
    });

    describe("a server that restarts", () => {
      it("is found again, with session, data and watches", async () => {
        const zk = await client({ sessionTimeoutMs: 10_000 });
        const base = fresh();
        await zk.create(base, { data: "kept" });
        await zk.create(`${base}/e`, { mode: "ephemeral" });
        const events = new Events<WatchEvent>();
        await zk.get(base, { watch: events.take });
        const id = zk.session!.id;
        const suspended = zk.when("suspended");
        await server.stop();
        await suspended;
        const waiting = zk.get(base);
        await server.start();
        expect(textOf((await waiting).data)).toBe("kept");
        expect(zk.session!.id.equals(id)).toBe(true);
        expect(await zk.exists(`${base}/e`)).not.toBeNull();
        await zk.set(base, "new");
        await events.count(1);
      });
    });

    it("ConnectionError names the server", async () => {
      const zk = await client();
      proxy.drop("toClient");
      const call = zk.set("/none", "x");
      await Promise.resolve();
      setImmediate(() => proxy.cut());
      const error = await call.catch((e) => e);
      proxy.heal();
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error.server).toBe(proxy.connectString);
    });
  });
}
