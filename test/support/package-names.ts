import { fileURLToPath } from "node:url";

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/** For Vite: examples import the package by its names, as programs do; the tests run them with the sources. */
export const PACKAGE_NAMES = [
  { find: /^menagerie$/, replacement: source("client/index.ts") },
  { find: /^menagerie\/(recipes|testing)$/, replacement: source("$1/index.ts") },
];
