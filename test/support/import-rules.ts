import type { SourceFile } from "./source-tree.ts";

/** Who may import whom: ARCHITECTURE.md. A room may always import itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  protocol: ["base"],
  core: ["base", "protocol"],
  config: ["base", "protocol", "core"],
  storage: ["base", "protocol"],
  transport: ["base", "protocol"],
  metrics: ["base", "protocol", "core"],
  admin: ["base", "protocol", "core"],
  server: ["base", "protocol", "core", "config", "storage", "transport", "metrics", "admin"],
  client: ["base", "protocol", "transport"],
  recipes: ["client"],
  testing: [
    "base",
    "protocol",
    "core",
    "config",
    "storage",
    "transport",
    "metrics",
    "admin",
    "server",
    "client",
  ],
  cli: [
    "base",
    "protocol",
    "core",
    "config",
    "storage",
    "transport",
    "metrics",
    "admin",
    "server",
    "client",
    "recipes",
    "testing",
  ],
  sim: ["base", "protocol", "core", "config", "storage", "transport", "server", "client"],
};

/** The folders of storage: the log and the snapshots do not know each other, recovery reads both. */
const MAY_IMPORT_IN_STORAGE: Record<string, readonly string[]> = {
  directory: [],
  log: ["directory"],
  snapshot: ["directory"],
  recovery: ["directory", "log", "snapshot"],
};

const NO_THIRD_PARTY = new Set(["base", "protocol", "core", "client", "recipes"]);

/** Which files may use a Node module that the others may not. */
const NODE_MODULE_HOMES: readonly { readonly modules: RegExp; readonly homes: RegExp }[] = [
  { modules: /^node:(net|tls)$/, homes: /^src\/(transport\/|testing\/fault-proxy\.ts)/ },
  { modules: /^node:https?2?$/, homes: /^src\/admin\// },
  { modules: /^fastify$|^@fastify\//, homes: /^src\/admin\// },
  { modules: /^jks-js$/, homes: /^src\/transport\/java-key-store\.ts/ },
  {
    modules: /^node:fs(\/promises)?$/,
    homes: /^src\/(storage\/node-disk\.ts|config\/load\.ts|testing\/temporary-directory\.ts|cli\/)/,
  },
];

/** Files that are Node adapters: the simulator must not touch them. What a client connection does with its socket it runs too. */
const NODE_ADAPTERS =
  /^src\/(storage\/node-disk\.ts|transport\/(?!client-connection\.ts)|server\/start-server\.ts|client\/connect\.ts|config\/load\.ts|admin\/http\/)/;

const PURE_FORBIDDEN: readonly [RegExp, string][] = [
  [/\basync\b/, "async"],
  [/\bawait\b/, "await"],
  [/\bPromise\b/, "Promise"],
  [/\bDate\b/, "Date"],
  [/\bperformance\b/, "performance"],
  [/\bMath\.random\b/, "Math.random"],
  [/\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/, "a timer"],
  [/\bprocess\./, "process"],
  [/\bconsole\./, "console"],
];

function roomOf(path: string): string {
  return path.startsWith("sim/") ? "sim" : path.split("/")[1]!;
}

/** `log` for `src/storage/log/…`; undefined for what lies in no folder of storage. */
function storageFolderOf(path: string): string | undefined {
  return /^src\/storage\/([^/]+)\//.exec(path)?.[1];
}

/** Every breach of the import rules in these files, one line each. */
export function breaches(files: readonly SourceFile[]): string[] {
  const out: string[] = [];
  for (const file of files) {
    const room = roomOf(file.path);
    const allowed = MAY_IMPORT[room];
    if (allowed === undefined) {
      out.push(`${file.path}: no rule for the room "${room}"`);
      continue;
    }
    for (const { specifier, target } of file.imports)
      out.push(...breachOf(file.path, room, allowed, specifier, target));
    if (room === "core" || room === "protocol") {
      for (const [pattern, name] of PURE_FORBIDDEN) {
        if (pattern.test(file.code))
          out.push(`${file.path}: ${name} in ${room}/, which must be pure and synchronous`);
      }
    }
    if (!/^src\/(config|cli)\//.test(file.path) && /\bprocess\.env\b/.test(file.code)) {
      out.push(`${file.path}: process.env outside config/ and cli/`);
    }
  }
  return [...out, ...cycles(files)];
}

function breachOf(
  path: string,
  room: string,
  allowed: readonly string[],
  specifier: string,
  target: string | undefined,
): string[] {
  const out: string[] = [];
  if (target !== undefined) {
    const other = target.startsWith("src/") || target.startsWith("sim/") ? roomOf(target) : undefined;
    if (other === undefined) out.push(`${path}: imports ${target}, which is outside src/`);
    else if (other !== room && !allowed.includes(other))
      out.push(`${path}: ${room} must not import ${other} (${target})`);
    if (room === "recipes" && other === "client" && target !== "src/client/index.ts") {
      out.push(`${path}: recipes use the public client only, not ${target}`);
    }
    const [folder, otherFolder] = [storageFolderOf(path), storageFolderOf(target)];
    if (folder !== undefined && otherFolder !== undefined && folder !== otherFolder) {
      if (MAY_IMPORT_IN_STORAGE[folder]?.includes(otherFolder) !== true)
        out.push(`${path}: storage/${folder} must not import storage/${otherFolder} (${target})`);
    }
    if (room === "sim" && NODE_ADAPTERS.test(target))
      out.push(`${path}: the simulator must not use the Node adapter ${target}`);
    return out;
  }
  const isNode = specifier.startsWith("node:");
  if (!isNode && NO_THIRD_PARTY.has(room)) out.push(`${path}: ${room} must not use the package ${specifier}`);
  if ((room === "core" || room === "protocol") && isNode) {
    const isHash = specifier === "node:crypto" && room === "core";
    if (specifier !== "node:buffer" && !isHash) out.push(`${path}: ${specifier} in ${room}/`);
  }
  for (const { modules, homes } of NODE_MODULE_HOMES) {
    if (modules.test(specifier) && !homes.test(path))
      out.push(`${path}: ${specifier} belongs to ${homes.source}`);
  }
  return out;
}

/** Cycles among imports that exist at run time (types are erased and may refer to each other). */
function cycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map((file) => [
      file.path,
      file.imports
        .filter((i) => i.target !== undefined && !i.isTypeOnly && !i.isDynamic)
        .map((i) => i.target!),
    ]),
  );
  const done = new Set<string>();
  const out: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      out.push(`import cycle: ${[...trail.slice(at), path].join(" -> ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return out;
}
