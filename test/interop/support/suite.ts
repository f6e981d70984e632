import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Subject, type SubjectKind, type SubjectOptions, startSubject } from "../../support/apache.ts";
import { DIVERGENCES, GENERAL_DIVERGENCES } from "../client-visible/divergences.ts";
import { compare } from "./compare.ts";
import { play, type Scenario, SUPER_DIGEST } from "./scenario.ts";

/** The server under test; another kind proves the suite itself (INTEROP_SUBJECT=apache-3.9). */
export const SUBJECT: SubjectKind = (process.env.INTEROP_SUBJECT as SubjectKind | undefined) ?? "menagerie";

const PEERS: readonly SubjectKind[] = ["apache-3.8", "apache-3.9"];

export const COMMON_CONFIG = {
  extendedTypesEnabled: true,
  "DigestAuthenticationProvider.superDigest": SUPER_DIGEST,
};

/** Plays every scenario on our server and on both Apache lines, side by side, and compares what clients saw. */
export function defineDifferentialSuite(
  title: string,
  options: SubjectOptions,
  scenarios: readonly Scenario[],
): void {
  describe(title, () => {
    const config = { ...COMMON_CONFIG, ...options.config };
    const subjects: Subject[] = [];
    const met = new Set<string>();

    beforeAll(async () => {
      const kinds = [SUBJECT, ...PEERS.filter((peer) => peer !== SUBJECT)];
      subjects.push(...(await Promise.all(kinds.map((kind) => startSubject(kind, { ...options, config })))));
    }, 60_000);

    afterAll(async () => {
      await Promise.all(subjects.map((subject) => subject.dispose()));
    });

    for (const scene of scenarios) {
      test(scene.name, async () => {
        const transcripts = await Promise.all(subjects.map((subject) => play(scene, subject)));
        const ours = transcripts[0]!;
        expect(ours.length).toBeGreaterThan(0);
        for (const [index, subject] of subjects.entries()) {
          if (index === 0) continue;
          const theirs = transcripts[index]!;
          const result = compare(scene.name, subject.kind, ours, theirs, DIVERGENCES, GENERAL_DIVERGENCES);
          for (const id of result.met) met.add(id);
          expect(result.problems.join("\n"), `${subject.kind} differs`).toBe("");
        }
      }, 60_000);
    }

    test("names of scenarios are unique", () => {
      expect(new Set(scenarios.map((scene) => scene.name)).size).toBe(scenarios.length);
    });
  });
}
