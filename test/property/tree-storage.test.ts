import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPrng } from "../../src/base/prng.ts";
import { PayloadArena, type PayloadRef } from "../../src/core/tree/payload-arena.ts";
import { NO_NODE } from "../../src/core/tree/tree-types.ts";
import { ZnodeStore } from "../../src/core/tree/znode-store.ts";

/** The memory under the tree: nothing that is kept is ever changed by what comes and goes beside it. */

describe("PayloadArena", () => {
  it("never mixes payloads up", () => {
    const length = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 300 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ length, free: fc.nat(2), at: fc.nat() }), { maxLength: 300 }),
        (steps) => {
          const arena = new PayloadArena();
          const kept: { ref: PayloadRef; length: number; value: number }[] = [];
          let value = 0;
          for (const step of steps) {
            if (step.free === 0 && kept.length > 0) {
              const [gone] = kept.splice(step.at % kept.length, 1);
              arena.free(gone!.ref);
            } else {
              value = (value + 1) & 0xff;
              const ref = arena.store(new Uint8Array(step.length).fill(value));
              kept.push({ ref, length: step.length, value });
            }
          }
          expect(new Set(kept.map(({ ref }) => ref)).size).toBe(kept.length);
          for (const { ref, length: bytes, value: expected } of kept) {
            const view = arena.view(ref, bytes);
            expect(view.length).toBe(bytes);
            expect(view.every((byte) => byte === expected)).toBe(true);
          }
          for (const { ref } of kept) arena.free(ref);
          expect(arena.bytesReserved).toBeLessThanOrEqual(64 * 256 * 1024);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("ZnodeStore", () => {
  it.each([1, 2, 3])(
    "finds exactly what is there through 60,000 additions and removals (seed %i)",
    (seed) => {
      const rng = createPrng(seed);
      const store = new ZnodeStore();
      const directories = ["", "/d", "/é"];
      for (const directory of directories.slice(1))
        store.addChild(store.root, directory, 1, directory.length);
      const present = new Map<string, Uint8Array>();
      const NAMES = 12_000;
      for (let step = 0; step < 60_000; step++) {
        const directory = directories[rng.below(directories.length)]!;
        const path = `${directory}/n${rng.below(NAMES)}`;
        const row = store.lookup(path);
        if ((row !== NO_NODE) !== present.has(path))
          expect.fail(`${path} is ${row === NO_NODE ? "lost" : "a ghost"}`);
        if (row === NO_NODE) {
          const data = rng.bytes(rng.below(40));
          const added = store.addChild(
            store.lookupPrefix(path, directory.length),
            path,
            directory.length + 1,
            path.length,
          );
          store.setData(added, data);
          present.set(path, data);
        } else if (rng.below(3) > 0) {
          store.removeLeaf(row, path, directory.length + 1, path.length);
          present.delete(path);
        }
      }
      const seen = new Set<string>();
      for (let row = store.root; row !== NO_NODE; row = store.nextInWalk(row, store.root))
        seen.add(store.path(row));
      expect(seen.size).toBe(present.size + directories.length);
      for (const [path, data] of present) {
        if (!seen.has(path) || Buffer.compare(store.data(store.lookup(path))!, data) !== 0) expect.fail(path);
      }
    },
  );
});
