import { describe, expect, it } from "vitest";
import { type ClientState, connect, type GapEvent, type WatchEvent } from "../../../../src/client/index.ts";
import { Events, type SuiteWorld } from "./suite-world.ts";

/** Sessions that outlive connections, move to another client, or end. */
export function sessionsSuite(world: SuiteWorld): void {
  const { client, fresh, lose } = world;

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
      world.proxy.refuse();
      const suspended = zk.when("suspended");
      world.proxy.cut();
      await suspended;
      const waiting = zk.set(base, "late");
      const killer = await connect(`127.0.0.1:${world.server.port}`, { session, sessionTimeoutMs: 6000 });
      await killer.close();
      const expired = zk.when("expired");
      world.proxy.heal();
      await expect(waiting).rejects.toMatchObject({ name: "SessionExpiredError", outcome: "not-applied" });
      await expired;
      await zk.when("connected");
      expect((await events.count(1))[0]).toMatchObject({ type: "gap", reason: "newSession" });
      await zk.set(base, "new");
      expect((await events.count(2))[1]).toMatchObject({ type: "dataChanged" });
    });
  });
}
