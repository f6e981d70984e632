import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { collectorFlags } from "../../../src/cli/collector.ts";

describe("the collector of a server", () => {
  it("marks without threads of its own on one or two processors, and with them on more", () => {
    expect([1, 2, 3, 64].map((processors) => collectorFlags(processors).length)).toEqual([1, 1, 0, 0]);
  });

  it("is told with flags that this V8 has", () => {
    // Node refuses flags that it does not know.
    execFileSync(process.execPath, [...collectorFlags(1), "-e", ""], { stdio: "pipe" });
  });
});
