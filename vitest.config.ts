import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/{unit,property,scenario,simulation,fault,golden,docs,repo}/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
