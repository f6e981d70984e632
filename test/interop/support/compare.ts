import type { SubjectKind } from "../../support/apache.ts";
import type { Step } from "./transcript.ts";

/**
 * One place where two servers are meant to differ: a deliberate difference of ours, or one between Apache's own
 * versions where we follow the newer one. What was seen is compared literally, and an entry must be met in every
 * scenario that it names, so one that stops being true fails.
 */
export interface Divergence {
  readonly peer: SubjectKind;
  readonly reason: string;
  readonly scenario: string | RegExp;
  readonly step: string | RegExp;
  readonly ours: string;
  readonly theirs: string;
}

/** A difference that runs through everything; `rewrite` turns what we show into what that peer shows. */
export interface GeneralDivergence {
  readonly id: string;
  readonly peer: SubjectKind;
  readonly reason: string;
  rewrite(seen: string): string;
}

/** Where two transcripts differ although nobody agreed to it. */
export interface Mismatch {
  readonly what: "seen otherwise" | "no answer" | "other steps" | "agreed divergence was not met";
  readonly step: string;
  readonly ours: string;
  readonly theirs: string;
}

function matches(pattern: string | RegExp, text: string): boolean {
  return typeof pattern === "string" ? pattern === text : pattern.test(text);
}

/** Compares what one peer saw in a scenario with what we saw, under the agreed divergences. */
export class Comparison {
  readonly mismatches: Mismatch[] = [];
  /** Ids of the general divergences that were really met. */
  readonly met: Set<string> = new Set<string>();
  readonly #expected: Set<Divergence>;
  readonly #unused: Set<Divergence>;
  readonly #rules: readonly GeneralDivergence[];

  constructor(
    scenario: string,
    peer: SubjectKind,
    divergences: readonly Divergence[],
    general: readonly GeneralDivergence[],
  ) {
    this.#expected = new Set(divergences.filter((d) => d.peer === peer && matches(d.scenario, scenario)));
    this.#unused = new Set(this.#expected);
    this.#rules = general.filter((rule) => rule.peer === peer);
  }

  run(ours: readonly Step[], theirs: readonly Step[]): this {
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
      const mine = ours[i]?.step ?? "(none)";
      const other = theirs[i]?.step ?? "(none)";
      if (mine !== other) {
        this.mismatches.push({ what: "other steps", step: `step ${i + 1}`, ours: mine, theirs: other });
        break;
      }
      this.#compareStep(mine, ours[i]!.seen, theirs[i]!.seen);
    }
    for (const { step, ours: mine, theirs: other } of this.#unused) {
      this.mismatches.push({
        what: "agreed divergence was not met",
        step: String(step),
        ours: mine,
        theirs: other,
      });
    }
    return this;
  }

  #compareStep(step: string, ours: string, theirs: string): void {
    if (ours.includes("silence")) this.mismatches.push({ what: "no answer", step, ours, theirs });
    if (ours === theirs || this.#isGeneral(ours, theirs)) return;
    for (const entry of this.#expected) {
      if (matches(entry.step, step) && entry.ours === ours && entry.theirs === theirs) {
        this.#unused.delete(entry);
        return;
      }
    }
    this.mismatches.push({ what: "seen otherwise", step, ours, theirs });
  }

  #isGeneral(ours: string, theirs: string): boolean {
    let rewritten = ours;
    const met: string[] = [];
    for (const rule of this.#rules) {
      const next = rule.rewrite(rewritten);
      if (next !== rewritten) met.push(rule.id);
      rewritten = next;
    }
    if (rewritten !== theirs) return false;
    for (const id of met) this.met.add(id);
    return true;
  }
}

/** A mismatch in lines, for the report of a failed test. */
export function explain(peer: SubjectKind, mismatch: Mismatch): string {
  const { what, step, ours, theirs } = mismatch;
  return `${peer}, ${what}: ${step}\n    ours:   ${ours}\n    theirs: ${theirs}`;
}
