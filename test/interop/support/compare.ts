import type { SubjectKind } from "../../support/apache.ts";
import type { Step } from "./transcript.ts";

/**
 * One place where two servers are meant to differ: a deliberate difference of ours, or one between Apache's own
 * versions where we follow the newer one. Both texts are compared literally, so an entry that stops being true fails.
 */
export interface Divergence {
  readonly scenario: string;
  readonly step: string;
  readonly peer: SubjectKind;
  readonly ours: string;
  readonly theirs: string;
  readonly reason: string;
}

/** A difference that runs through everything; `rewrite` turns what we show into what that peer shows. */
export interface GeneralDivergence {
  readonly id: string;
  readonly peer: SubjectKind;
  readonly reason: string;
  rewrite(seen: string): string;
}

export interface Comparison {
  /** Each text says what was seen where; empty when both servers behaved the same. */
  readonly problems: readonly string[];
  /** Ids of the general divergences that were really met. */
  readonly met: readonly string[];
}

function explain(step: string, ours: string, theirs: string): string {
  return `${step}\n    ours:   ${ours}\n    theirs: ${theirs}`;
}

/** Compares two transcripts of one scenario under the agreed divergences. */
export function compare(
  scenario: string,
  peer: SubjectKind,
  ours: readonly Step[],
  theirs: readonly Step[],
  divergences: readonly Divergence[],
  general: readonly GeneralDivergence[],
): Comparison {
  const problems: string[] = [];
  const met: string[] = [];
  const expected = divergences.filter((entry) => entry.scenario === scenario && entry.peer === peer);
  const used = new Set<Divergence>();
  const rules = general.filter((rule) => rule.peer === peer);
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const mine = ours[i];
    const other = theirs[i];
    if (mine === undefined || other === undefined || mine.step !== other.step) {
      problems.push(explain(`step ${i + 1}`, mine?.step ?? "(none)", other?.step ?? "(none)"));
      break;
    }
    if (mine.seen.includes("silence"))
      problems.push(explain(`${mine.step} (no answer)`, mine.seen, other.seen));
    if (mine.seen === other.seen) continue;
    const entry = expected.find(
      (e) => e.step === mine.step && e.ours === mine.seen && e.theirs === other.seen,
    );
    if (entry !== undefined) {
      used.add(entry);
      continue;
    }
    let rewritten = mine.seen;
    for (const rule of rules) {
      const next = rule.rewrite(rewritten);
      if (next !== rewritten) met.push(rule.id);
      rewritten = next;
    }
    if (rewritten !== other.seen) problems.push(explain(mine.step, mine.seen, other.seen));
  }
  for (const entry of expected) {
    if (!used.has(entry))
      problems.push(`agreed divergence was not seen: ${explain(entry.step, entry.ours, entry.theirs)}`);
  }
  return { problems, met };
}
