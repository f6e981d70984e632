import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  // The examples import the package by its name, as programs do; the tests run them with the sources.
  resolve: {
    alias: [
      { find: /^menagerie$/, replacement: source("client/index.ts") },
      { find: /^menagerie\/(recipes|testing)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    include: ["test/{unit,property,scenario,simulation,fault,golden,docs,repo}/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
