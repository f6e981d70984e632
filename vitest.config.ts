import { defineConfig } from "vitest/config";
import { PACKAGE_NAMES } from "./test/support/package-names.ts";

export default defineConfig({
  resolve: { alias: PACKAGE_NAMES },
  test: {
    include: ["test/{unit,property,scenario,simulation,fault,golden,docs,repo}/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
