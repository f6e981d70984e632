import { defineConfig } from "vitest/config";
import { PACKAGE_NAMES } from "../support/package-names.ts";

/** Real peers: servers, JVMs and native clients. One file at a time, so that two cores are enough. */
export default defineConfig({
  resolve: { alias: PACKAGE_NAMES },
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/interop/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
