import { describe, expect, test } from "vitest";
import { defineDifferentialSuite } from "../support/suite.ts";
import { ACLS } from "./acls.ts";
import { CREATES } from "./creates.ts";
import { DIVERGENCES, GENERAL_DIVERGENCES } from "./divergences.ts";
import { MALFORMED } from "./malformed.ts";
import { MULTIS } from "./multis.ts";
import { RE_REGISTRATION } from "./re-registration.ts";
import { READS_AND_WRITES } from "./reads-and-writes.ts";
import { SESSIONS } from "./sessions.ts";
import { WATCHES } from "./watches.ts";

const SCENARIOS = [
  ...SESSIONS,
  ...CREATES,
  ...READS_AND_WRITES,
  ...MULTIS,
  ...WATCHES,
  ...RE_REGISTRATION,
  ...ACLS,
  ...MALFORMED,
];

const met = defineDifferentialSuite("client-visible behaviour", {}, SCENARIOS);

describe("the table of divergences", () => {
  test("every row names a scenario that exists, and two texts that differ", () => {
    for (const { scenario, ours, theirs } of DIVERGENCES) {
      const isKnown = (name: string): boolean =>
        typeof scenario === "string" ? name === scenario : scenario.test(name);
      expect(
        SCENARIOS.some((scene) => isKnown(scene.name)),
        String(scenario),
      ).toBe(true);
      expect(ours).not.toBe(theirs);
    }
  });

  test("every general divergence was really met", () => {
    expect([...met].sort()).toEqual(GENERAL_DIVERGENCES.map((rule) => rule.id).sort());
  });
});
