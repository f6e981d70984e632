import { describe, expect, it } from "vitest";
import { machineBusySeconds, processCpuSeconds, processMemory } from "../../../bench/proc.ts";

describe("what /proc tells about processes", () => {
  it("counts the CPU time that this process has used", () => {
    const before = processCpuSeconds(process.pid);
    const machine = machineBusySeconds();
    const { user, system } = process.cpuUsage();
    expect(Math.abs(before - (user + system) / 1e6)).toBeLessThan(0.5);
    for (let x = 0; process.cpuUsage().user + process.cpuUsage().system < user + system + 100_000; x++)
      Math.sqrt(x);
    expect(processCpuSeconds(process.pid)).toBeGreaterThan(before + 0.05);
    expect(machineBusySeconds()).toBeGreaterThanOrEqual(machine + 0.05);
  });

  it("reads the resident set, now and at its highest", () => {
    const { rssBytes, peakRssBytes } = processMemory(process.pid);
    expect(rssBytes).toBeGreaterThan(10_000_000);
    expect(peakRssBytes).toBeGreaterThanOrEqual(rssBytes);
  });

  it("says so when there is no such process", () => {
    expect(() => processMemory(0)).toThrow(/ENOENT/);
  });
});
