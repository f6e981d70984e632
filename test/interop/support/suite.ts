import { appendFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Subject, type SubjectKind, type SubjectOptions, startSubject } from "../../support/apache.ts";
import { DIVERGENCES, GENERAL_DIVERGENCES } from "../client-visible/divergences.ts";
import { Comparison, explain } from "./compare.ts";
import { play, type Scenario, SUPER_DIGEST } from "./scenario.ts";

/** The server under test; another kind proves the suite itself (INTEROP_SUBJECT=apache-3.9). */
export const SUBJECT: SubjectKind = (process.env.INTEROP_SUBJECT as SubjectKind | undefined) ?? "menagerie";

/** Apache's lines that ensembles are mixed with. */
export const APACHE_KINDS: readonly SubjectKind[] = ["apache-3.8", "apache-3.9"];

export const COMMON_CONFIG = {
  extendedTypesEnabled: true,
  "DigestAuthenticationProvider.superDigest": SUPER_DIGEST,
};

/** With INTEROP_RECORD=FILE every mismatch is appended there as a line of JSON: the raw material of the table. */
function record(entry: object): void {
  const file = process.env.INTEROP_RECORD;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/**
 * Plays every scenario on our server and on both Apache lines, side by side, and compares what clients saw. The result
 * is filled while the tests run: ids of the general divergences that were met.
 */
export function defineDifferentialSuite(
  title: string,
  options: SubjectOptions,
  scenarios: readonly Scenario[],
  peers: readonly SubjectKind[] = APACHE_KINDS,
): ReadonlySet<string> {
  const met = new Set<string>();
  describe(title, () => {
    const config = { ...COMMON_CONFIG, ...options.config };
    const subjects: Subject[] = [];

    beforeAll(async () => {
      const kinds = [SUBJECT, ...peers.filter((peer) => peer !== SUBJECT)];
      subjects.push(...(await Promise.all(kinds.map((kind) => startSubject(kind, { ...options, config })))));
    }, 60_000);

    afterAll(async () => {
      await Promise.all(subjects.map((subject) => subject.dispose()));
    });

    for (const scene of scenarios) {
      test(scene.name, async () => {
        const [ours, ...others] = await Promise.all(subjects.map((subject) => play(scene, subject)));
        expect(ours!.length).toBeGreaterThan(0);
        const problems: string[] = [];
        for (const [index, theirs] of others.entries()) {
          const peer = subjects[index + 1]!.kind;
          const comparison = new Comparison(scene.name, peer, DIVERGENCES, GENERAL_DIVERGENCES);
          for (const mismatch of comparison.run(ours!, theirs).mismatches) {
            problems.push(explain(peer, mismatch));
            record({ scenario: scene.name, peer, ...mismatch });
          }
          for (const id of comparison.met) met.add(id);
        }
        expect(problems.join("\n")).toBe("");
      }, 60_000);
    }

    test("names of scenarios are unique", () => {
      expect(new Set(scenarios.map((scene) => scene.name)).size).toBe(scenarios.length);
    });
  });
  return met;
}
