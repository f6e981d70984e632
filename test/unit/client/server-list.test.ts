import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/base/prng.ts";
import type { ServerAddress } from "../../../src/client/connect-string.ts";
import { ServerList } from "../../../src/client/machine/server-list.ts";

const named = (names: string): ServerAddress[] => [...names].map((host) => ({ host, port: 2181 }));
const list = (names: string, seed = 1, isShuffled = false): ServerList =>
  new ServerList(named(names), createPrng(seed), isShuffled);

/** Where `clients` clients, spread evenly over `before`, are after the list has become `after`. */
function spread(before: string, after: string, clients = 6000): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < clients; i++) {
    const servers = list(before, i + 1, true);
    const current = named(before)[i % before.length]!;
    servers.prefer(current);
    servers.next();
    const isMoving = servers.update(named(after), current);
    const host = isMoving ? servers.next().host : current.host;
    counts[host] = (counts[host] ?? 0) + 1;
  }
  return counts;
}

describe("the server list", () => {
  it("goes round in order, and says when a round is done", () => {
    const servers = list("abc");
    const seen = Array.from({ length: 7 }, () => [servers.next().host, servers.isRoundDone]);
    expect(seen.map(([host]) => host).join("")).toBe("abcabca");
    expect(seen.map(([, done]) => done)).toEqual([false, false, true, false, false, true, false]);
  });

  it("is shuffled: each server is somebody's first", () => {
    const firsts = new Set(Array.from({ length: 50 }, (_, i) => list("abcde", i, true).next().host));
    expect([...firsts].sort().join("")).toBe("abcde");
  });

  it("knows the server behind one, for looking around", () => {
    expect(list("abc").after(named("c")[0]!)?.host).toBe("a");
    expect(list("a").after(named("a")[0]!)).toBeUndefined();
  });

  it.each([
    ["abc", "abcde", "growing"],
    ["abc", "abcdef", "doubling"],
    ["abcde", "abc", "shrinking"],
    ["abc", "abd", "one replaced"],
    ["abc", "def", "all replaced"],
    ["abcd", "abe", "replaced and shrinking"],
    ["ab", "acde", "replaced and growing"],
  ])("%s → %s: %s leaves the clients spread evenly", (before, after) => {
    const counts = spread(before, after);
    expect(Object.keys(counts).sort().join("")).toBe(after);
    for (const count of Object.values(counts))
      expect(Math.abs(count - 6000 / after.length)).toBeLessThan(150);
  });

  it("moves nobody who need not move", () => {
    const servers = list("abc");
    expect(servers.update(named("cba"), named("a")[0]!)).toBe(false);
    expect(servers.update(named("ab"), named("b")[0]!)).toBe(false);
    expect(servers.next().host).toBe("a");
  });
});
