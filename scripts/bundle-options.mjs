/** How esbuild makes a program of ours that a Node of today runs. */
export const NODE_BUNDLE = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Bundled packages that are CommonJS ask for Node's modules with require.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
};
