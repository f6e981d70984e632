// Writes the tables of docs/configuration.md from the table of options in src/config/schema.ts. The text around them is
// written by hand.
//
//   node scripts/generate-docs.mjs            writes the file
//   node scripts/generate-docs.mjs --check    changes nothing; exit code 1 when the file is not what it should be

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = join(ROOT, "docs/configuration.md");

/** Which sections of the schema make up each table of the page. */
const TABLES = {
  files: ["files"],
  clients: ["clients", "throttle"],
  sessions: ["sessions"],
  requests: ["requests"],
  storage: ["storage"],
  tree: ["tree"],
  auth: ["auth", "authSwitches"],
  admin: ["admin"],
  metrics: ["metrics", "pathStats", "audit"],
  log: ["log", "logThresholds"],
  ensemble: ["ensemble", "observersPersist", "multiAddress", "quorumSasl"],
  tls: ["tls", "clientTls", "quorumTls"],
};

async function loadSources() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    stdin: {
      contents: `
        export { schema } from "./src/config/schema.ts";
        export { authFamilies } from "./src/config/schema/auth-options.ts";
        export { noEffectOptions } from "./src/config/schema/no-effect-options.ts";`,
      resolveDir: ROOT,
    },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function table(head, rows) {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

const code = (text) => `\`${text}\``;

/** The key, with its other spellings and, where they are not `zookeeper.<key>`, its system properties. */
function keyCell({ key, aliases = [], properties = [], isNamed }) {
  const unusual = properties.filter((property) => property !== `zookeeper.${key}` || isNamed);
  const notes = [];
  if (aliases.length > 0) notes.push(`also ${aliases.map(code).join(", ")}`);
  if (isNamed && properties.length === 0) notes.push("file only");
  if (unusual.length > 0) notes.push(`property ${unusual.map(code).join(", ")}`);
  return [code(key), ...notes].join("<br>");
}

function typeCell({ type }) {
  if (type.range === "") return type.name;
  return type.range.startsWith(type.name) || ["bool", "yes/no", "interval"].includes(type.name)
    ? type.range
    : `${type.name}: ${type.range}`;
}

function defaultCell(option) {
  const text = option.defaultText ?? String(option.default);
  return /^[\w."/+-]+$/.test(text) && option.defaultText !== "unset" ? code(text) : text;
}

function effectCell(effect) {
  if (effect.kind === "now") return "yes";
  if (effect.kind === "later") return `not yet: ${effect.feature}`;
  return `no: ${effect.reason}`;
}

function optionTable(options) {
  const head = ["key", "value", "default", "meaning", "since", "class", "acts"];
  return table(
    head,
    options.map((option) => [
      keyCell(option),
      typeCell(option),
      defaultCell(option),
      option.meaning,
      option.since,
      option.importance,
      effectCell(option.effect),
    ]),
  );
}

function tables({ schema, authFamilies, noEffectOptions }) {
  const found = {};
  for (const [name, sections] of Object.entries(TABLES)) {
    found[name] = optionTable(sections.flatMap((section) => Object.values(schema[section])));
  }
  const used = new Set(Object.values(TABLES).flat());
  const forgotten = Object.keys(schema).filter((section) => !used.has(section));
  if (forgotten.length > 0) throw new Error(`no table shows the sections ${forgotten.join(", ")}`);
  found.families = table(
    ["key", "meaning", "since", "class", "acts"],
    authFamilies.map((family) => [
      code(family.key),
      family.meaning,
      family.since,
      family.importance,
      effectCell(family.effect),
    ]),
  );
  found["no-effect"] = table(
    ["key", "what it is in Apache", "why it does nothing here", "class"],
    noEffectOptions.map((option) => [
      keyCell({ ...option, properties: [] }),
      option.meaning,
      option.reason,
      option.importance,
    ]),
  );
  return found;
}

function fill(page, found) {
  const seen = new Set();
  const filled = page.replace(/<!-- table: ([\w-]+) -->[\s\S]*?<!-- end -->/g, (_all, name) => {
    if (found[name] === undefined)
      throw new Error(`docs/configuration.md asks for an unknown table "${name}"`);
    seen.add(name);
    return `<!-- table: ${name} -->\n\n${found[name]}\n\n<!-- end -->`;
  });
  const missing = Object.keys(found).filter((name) => !seen.has(name));
  if (missing.length > 0)
    throw new Error(`docs/configuration.md has no place for the tables ${missing.join(", ")}`);
  return filled;
}

const page = await readFile(PAGE, "utf8");
const filled = fill(page, tables(await loadSources()));
if (!process.argv.includes("--check")) {
  await writeFile(PAGE, filled);
} else if (filled !== page) {
  console.error("docs/configuration.md is out of date: run `node scripts/generate-docs.mjs`");
  process.exitCode = 1;
}
