import { describe, expect, it } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { type Expiring, ExpiryBuckets } from "../../../../src/core/session/expiry-buckets.ts";

class Element implements Expiring {
  expiresAtMs = 0;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

describe("expiry buckets", () => {
  it("end at the first multiple strictly after now + timeout", () => {
    const buckets = new ExpiryBuckets<Element>(500);
    const a = new Element("a");
    buckets.touch(a, 1000, 0);
    expect(a.expiresAtMs).toBe(1500);
    buckets.touch(a, 1000, 499);
    expect(a.expiresAtMs).toBe(1500);
    buckets.touch(a, 1000, 500);
    expect(a.expiresAtMs).toBe(2000);
    expect(buckets.elementCount).toBe(1);
  });

  it("expire whole and only once", () => {
    const buckets = new ExpiryBuckets<Element>(500);
    const [a, b, c] = ["a", "b", "c"].map((name) => new Element(name)) as [Element, Element, Element];
    buckets.touch(a, 1000, 0);
    buckets.touch(b, 1200, 0);
    buckets.touch(c, 2000, 0);
    expect(buckets.takeExpired(1499)).toEqual([]);
    expect(buckets.takeExpired(1500)).toEqual([a, b]);
    expect(buckets.takeExpired(1500)).toEqual([]);
    expect(a.expiresAtMs).toBe(0);
    expect(buckets.takeExpired(100_000)).toEqual([c]);
    expect([buckets.elementCount, buckets.bucketCount, buckets.nextDeadline]).toEqual([0, 0, Infinity]);
  });

  it("start again after a long time without elements", () => {
    const buckets = new ExpiryBuckets<Element>(500);
    const a = new Element("a");
    buckets.touch(a, 1000, 0);
    buckets.takeExpired(10_000);
    buckets.touch(a, 1000, 1e12);
    expect(buckets.nextDeadline).toBe(1e12 + 500);
    expect(buckets.takeExpired(1e12 + 1500)).toEqual([a]);
  });

  it("keep empty buckets until their time, as dump shows them", () => {
    const buckets = new ExpiryBuckets<Element>(500);
    const a = new Element("a");
    buckets.touch(a, 1000, 0);
    buckets.touch(a, 2000, 0);
    expect(buckets.list().map(({ expiresAtMs, elements }) => [expiresAtMs, elements.size])).toEqual([
      [1500, 0],
      [2500, 1],
    ]);
    buckets.remove(a);
    expect([buckets.elementCount, buckets.bucketCount]).toEqual([0, 2]);
  });

  it("agree with a naive model under random touches, removals and time", () => {
    const rng = createPrng(3);
    const buckets = new ExpiryBuckets<Element>(100);
    const elements = Array.from({ length: 20 }, (_, i) => new Element(`e${i}`));
    const model = new Map<Element, number>();
    let now = 0;
    for (let step = 0; step < 5000; step++) {
      const element = elements[rng.below(20)]!;
      const action = rng.below(10);
      if (action < 6) {
        const timeout = rng.below(1000);
        buckets.touch(element, timeout, now);
        model.set(element, (Math.floor((now + timeout) / 100) + 1) * 100);
      } else if (action < 7) {
        buckets.remove(element);
        model.delete(element);
      } else {
        now += rng.below(300);
        const expired = buckets.takeExpired(now);
        const expected = [...model].filter(([, at]) => at <= now).map(([e]) => e.name);
        for (const e of expired) model.delete(e);
        expect(expired.map((e) => e.name).sort()).toEqual(expected.sort());
      }
      expect(buckets.elementCount).toBe(model.size);
      for (const [e, at] of model) expect(e.expiresAtMs).toBe(at);
      if (model.size > 0) expect(buckets.nextDeadline).toBeLessThanOrEqual(Math.min(...model.values()));
    }
  });
});
