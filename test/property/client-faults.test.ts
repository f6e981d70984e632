import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { Client } from "../../src/client/client.ts";
import { ZooKeeperError } from "../../src/client/errors.ts";
import type { GapEvent, WatchEvent } from "../../src/client/types.ts";
import { VirtualEnsemble } from "../support/virtual-ensemble.ts";

const ROUNDS = 60;

interface Attempt {
  readonly name: string;
  readonly result: Promise<unknown>;
  outcome?: "applied" | "not-applied" | "unknown";
}

/** What was asked for, and what the client said came of it. */
class Attempts {
  readonly all: Attempt[] = [];

  create(zk: Client, name: string): void {
    const result = zk.create(`/w/${name}`);
    const attempt: Attempt = { name, result };
    this.all.push(attempt);
    result.then(
      () => {
        attempt.outcome = "applied";
      },
      (error) => {
        if (!(error instanceof ZooKeeperError)) throw error;
        attempt.outcome = error.outcome;
      },
    );
  }
}

/** The children of /w as a recursive watch tells them, read again after each gap. */
function mirror(zk: Client, watched: Set<string>): (event: WatchEvent | GapEvent) => void {
  const reread = async (): Promise<void> => {
    const { children } = await zk.children("/w");
    for (const name of children) watched.add(name);
  };
  return (event) => {
    if (event.type === "gap") reread().catch(() => reread().catch(() => {}));
    else if (event.type === "created") watched.add(event.path.slice("/w/".length));
  };
}

async function run(seed: number): Promise<{ readonly unknown: number; readonly applied: number }> {
  const rng = createPrng(seed);
  const clock = new VirtualClock();
  const ensemble = new VirtualEnsemble(clock, rng);
  await ensemble.start();
  const options = { sessionTimeoutMs: 6000, requestDeadlineMs: Number.POSITIVE_INFINITY };
  const zk = ensemble.client(options);
  await clock.runUntil(zk.create("/w"));
  await clock.runUntil(zk.create("/p"));
  const watched = new Set<string>();
  const watch = await clock.runUntil(zk.watch("/w", { mode: "persistent-recursive" }));
  watch.on(mirror(zk, watched));
  const attempts = new Attempts();
  const protectedCreates: Promise<unknown>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = rng.below(4); n > 0; n--) attempts.create(zk, `${round}-${n}`);
    if (rng.below(4) === 0)
      protectedCreates.push(zk.create("/p/n-", { mode: "persistent-sequential", protection: "guid" }));
    await clock.advance(rng.below(60));
    const fault = rng.below(12);
    if (fault === 0) await ensemble.crash();
    else if (fault < 3) ensemble.cut();
  }
  await clock.advance(60_000);
  await clock.runUntil(Promise.allSettled(attempts.all.map(({ result }) => result)));
  const made = await clock.runUntil(Promise.all(protectedCreates));
  const witness = ensemble.client(options);
  const { children } = await clock.runUntil(witness.children("/w"));
  const { children: guarded } = await clock.runUntil(witness.children("/p"));
  const there = new Set(children);
  for (const { name, outcome } of attempts.all) {
    if (outcome === "applied") expect(there, `${name} was acknowledged`).toContain(name);
    if (outcome === "not-applied") expect(there, `${name} was said not to be applied`).not.toContain(name);
    expect(outcome).toBeDefined();
  }
  expect(guarded).toHaveLength(made.length);
  expect([...watched].sort()).toEqual([...there].sort());
  const count = (wanted: string): number => attempts.all.filter(({ outcome }) => outcome === wanted).length;
  await clock.runUntil(Promise.all([zk.close(), witness.close()]));
  return { unknown: count("unknown"), applied: count("applied") };
}

describe("the client through cuts and crashes of the server, in virtual time", () => {
  it("tells the truth about every write, makes protected znodes once, and misses no event without a gap", async () => {
    let unknown = 0;
    let applied = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const result = await run(seed).catch((error) => {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      });
      unknown += result.unknown;
      applied += result.applied;
    }
    expect(applied).toBeGreaterThan(1000);
    expect(unknown).toBeGreaterThan(20);
  });
});
