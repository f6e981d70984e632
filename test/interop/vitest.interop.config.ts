import { defineConfig } from "vitest/config";

/** Real peers: servers, JVMs and native clients. One file at a time, so that two cores are enough. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/interop/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
