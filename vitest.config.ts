import { defineConfig } from "vitest/config";
import { PACKAGE_NAMES } from "./test/support/package-names.ts";

export default defineConfig({
  resolve: { alias: PACKAGE_NAMES },
  test: {
    include: ["test/{unit,property,scenario,simulation,fault,golden,docs,repo}/**/*.test.ts"],
    // For a test that hangs; how long others take is for no test to judge, and machines are slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One file per core of the smallest machine: vitest's own choice leaves one core idle.
    maxWorkers: 2,
  },
});
