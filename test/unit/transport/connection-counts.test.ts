import { describe, expect, it } from "vitest";
import { ConnectionCounts } from "../../../src/transport/connection-counts.ts";

describe("ConnectionCounts", () => {
  it("admits as many of one address as the limit says, and again after one has gone", () => {
    const counts = new ConnectionCounts({ perAddressMax: 2, totalMax: 0 });
    expect([counts.admit("a"), counts.admit("a"), counts.admit("b")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(counts.admit("a")).toMatch(/maxClientCnxns = 2/);
    counts.release("a");
    expect(counts.admit("a")).toBeUndefined();
    expect(counts.total).toBe(3);
  });

  it("limits all addresses together", () => {
    const counts = new ConnectionCounts({ perAddressMax: 5, totalMax: 2 });
    expect([counts.admit("a"), counts.admit("b")]).toEqual([undefined, undefined]);
    expect(counts.admit("c")).toMatch(/maxCnxns = 2/);
    counts.release("a");
    expect(counts.admit("c")).toBeUndefined();
  });

  it("takes 0 for no limit", () => {
    const counts = new ConnectionCounts({ perAddressMax: 0, totalMax: 0 });
    for (let i = 0; i < 1000; i++) expect(counts.admit("a")).toBeUndefined();
    expect(counts.total).toBe(1000);
  });
});
