import type { SubjectKind } from "../../support/apache.ts";
import type { Divergence, GeneralDivergence } from "../support/compare.ts";
import TABLE from "./divergences.json" with { type: "json" };

/** Differences that run through all transcripts. */
export const GENERAL_DIVERGENCES: readonly GeneralDivergence[] = [
  {
    id: "notification-zxid",
    peer: "apache-3.8",
    reason:
      "since 3.9.0 a notification's header carries the zxid that fired it, before it was -1 (client-protocol 5.4)",
    rewrite: (seen) => seen.replace(/(event [^|]* zxid=)\+\d+/g, "$1-1"),
  },
];

interface Row {
  readonly scenario?: string;
  readonly scenarioPattern?: string;
  readonly step?: string;
  readonly stepPattern?: string;
  readonly ours: string;
  readonly theirs: string;
}

function pattern(text: string | undefined, source: string | undefined): string | RegExp {
  if (text !== undefined) return text;
  if (source !== undefined) return new RegExp(source);
  throw new Error("divergences.json: a row names neither a text nor a pattern");
}

/**
 * The one table of differences at single steps: divergences.json, grouped by reason. Add to it what
 * INTEROP_RECORD=FILE recorded, once the reason is known.
 */
export const DIVERGENCES: readonly Divergence[] = TABLE.flatMap(({ peer, reason, differences }) =>
  differences.map((row: Row) => ({
    peer: peer as SubjectKind,
    reason,
    scenario: pattern(row.scenario, row.scenarioPattern),
    step: pattern(row.step, row.stepPattern),
    ours: row.ours,
    theirs: row.theirs,
  })),
);
