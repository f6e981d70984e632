import { describe, expect, it } from "vitest";
import {
  type ClaimHolder,
  type ClaimSystem,
  claimDirectory,
} from "../../../../src/storage/directory/directory-claim.ts";

/** Several machines on one volume, with a clock that only moves when someone sleeps. */
class World {
  readonly files = new Map<string, { text: string; modifiedAt: number }>();
  readonly alive = new Set<string>();
  nowMs = 0;
  #suffix = 0;
  readonly #beats = new Map<string, string>();

  boot(holder: Partial<ClaimHolder> & { pid: number }): ClaimSystem {
    const self = { startTicks: "100", scope: "boot-1 pid:[1]", host: "alpha", ...holder };
    const key = (pid: number, ticks: string) => `${self.scope} ${pid} ${ticks}`;
    this.alive.add(key(self.pid, self.startTicks));
    return {
      self,
      uniqueSuffix: () => `${this.#suffix++}`,
      list: async () => [...this.files.keys()].map((path) => path.slice("/data/".length)),
      read: async (path) => this.files.get(path)?.text,
      publish: async (path, text) => void this.files.set(path, { text, modifiedAt: this.nowMs }),
      remove: async (path) => void this.files.delete(path),
      startTicksOf: async (pid) => {
        const found = [...this.alive].find((entry) => entry.startsWith(`${self.scope} ${pid} `));
        return found?.split(" ").at(-1);
      },
      beat: (path) => {
        this.#beats.set(path, key(self.pid, self.startTicks));
        return () => this.#beats.delete(path);
      },
      modifiedAt: async (path) => this.files.get(path)?.modifiedAt,
      sleep: async (ms) => {
        this.nowMs += ms;
        for (const [path, owner] of this.#beats) {
          const file = this.files.get(path);
          if (file !== undefined && this.alive.has(owner))
            file.modifiedAt = Math.floor(this.nowMs / 2000) * 2000;
        }
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
  }

  kill(system: ClaimSystem): void {
    this.alive.delete(`${system.self.scope} ${system.self.pid} ${system.self.startTicks}`);
  }
}

const claims = (world: World) => [...world.files.keys()];

describe("claimDirectory", () => {
  it("is one file, which goes on release", async () => {
    const world = new World();
    const lock = await claimDirectory(world.boot({ pid: 10 }), "/data");
    expect(claims(world)).toEqual(["/data/menagerie.lock.10.0"]);
    await lock.release();
    expect(claims(world)).toEqual([]);
  });

  it("names the living holder", async () => {
    const world = new World();
    await claimDirectory(world.boot({ pid: 10 }), "/data");
    await expect(claimDirectory(world.boot({ pid: 20 }), "/data")).rejects.toMatchObject({
      code: "EBUSY",
      message: "/data is in use by process 10 on host alpha (its claim is the file menagerie.lock.10.0)",
    });
    expect(claims(world)).toEqual(["/data/menagerie.lock.10.0"]);
  });

  it("is not held twice by one process either", async () => {
    const world = new World();
    const system = world.boot({ pid: 10 });
    await claimDirectory(system, "/data");
    await expect(claimDirectory(system, "/data")).rejects.toMatchObject({ code: "EBUSY" });
  });

  it("does not outlive a killed process, at once", async () => {
    const world = new World();
    const dead = world.boot({ pid: 10 });
    await claimDirectory(dead, "/data");
    world.kill(dead);
    await claimDirectory(world.boot({ pid: 20 }), "/data");
    expect(world.nowMs).toBe(0);
    expect(claims(world)).toEqual(["/data/menagerie.lock.20.1"]);
  });

  it("is not taken for that of another process with the same pid", async () => {
    const world = new World();
    const dead = world.boot({ pid: 10, startTicks: "100" });
    await claimDirectory(dead, "/data");
    world.kill(dead);
    world.boot({ pid: 10, startTicks: "999" });
    await claimDirectory(world.boot({ pid: 20 }), "/data");
  });

  it("of another container is respected while that one lives, and not longer", async () => {
    const world = new World();
    const other = world.boot({ pid: 1, scope: "boot-1 pid:[2]", host: "beta" });
    await claimDirectory(other, "/data");
    await expect(claimDirectory(world.boot({ pid: 1 }), "/data")).rejects.toThrow("process 1 on host beta");
    world.kill(other);
    const before = world.nowMs;
    await claimDirectory(world.boot({ pid: 1 }), "/data");
    expect(world.nowMs - before).toBeLessThan(10_000);
    expect(claims(world)).toHaveLength(1);
  });

  it("of an unreadable kind is judged by its heartbeat", async () => {
    const world = new World();
    world.files.set("/data/menagerie.lock.77.x", { text: "not json", modifiedAt: 0 });
    await claimDirectory(world.boot({ pid: 10 }), "/data");
    expect(claims(world)).toEqual(["/data/menagerie.lock.10.0"]);
  });

  it("is got by at most one of several that start together", async () => {
    for (let round = 0; round < 20; round++) {
      const world = new World();
      const starts = [30, 10, 20, 40].map((pid) => claimDirectory(world.boot({ pid }), "/data"));
      const results = await Promise.allSettled(starts);
      const winners = results.filter((result) => result.status === "fulfilled");
      expect(winners.length).toBe(1);
      expect(claims(world)).toHaveLength(1);
    }
  });

  it("leaves other files alone", async () => {
    const world = new World();
    world.files.set("/data/myid", { text: "1", modifiedAt: 0 });
    await (await claimDirectory(world.boot({ pid: 10 }), "/data")).release();
    expect(claims(world)).toEqual(["/data/myid"]);
  });
});
