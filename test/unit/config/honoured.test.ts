import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Option } from "../../../src/config/option.ts";
import { schema } from "../../../src/config/schema.ts";

const SOURCE = join(import.meta.dirname, "../../../src");

/** All code that could act on an option: everything outside config/. */
const code = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.startsWith("config/"))
  .map((name) => readFileSync(join(SOURCE, name), "utf8"))
  .join("\n");

/** Options that end up in another field of the configuration: that one must be read. */
const CARRIED_BY: Readonly<Record<string, string>> = {
  "DigestAuthenticationProvider.enabled": "schemes",
  "enforce.auth.enabled": "requiredSchemes",
  "enforce.auth.schemes": "requiredSchemes",
  sessionRequireClientSASLAuth: "requiredSchemes",
  syncEnabled: "observersPersist",
  "observer.syncEnabled": "observersPersist",
  "log.threshold": "level",
  "console.threshold": "level",
};

const acting = Object.values(schema).flatMap((section) =>
  (Object.entries(section) as [string, Option<unknown>][]).filter(([, { effect }]) => effect.kind === "now"),
);

test.each(acting.map(([field, { key }]) => [key, CARRIED_BY[key] ?? field]))(
  "%s is said to act, so something reads %s",
  (_key, field) => {
    expect(code).toMatch(new RegExp(`[.\\s{,]${field}\\b`));
  },
);
