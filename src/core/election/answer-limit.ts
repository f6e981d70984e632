import type { Vote } from "./vote.ts";

export interface Answer {
  readonly to: number;
  readonly question: Vote;
  readonly vote: Vote;
}

/** Strangers may write too; more than an ensemble has. */
const PEERS_MAX = 1024;

/**
 * The same answer to the same question goes out once per interval. Two servers that do not take each other for voters, or for
 * voters of the same round, would otherwise answer each other's answers for ever, as fast as the network allows.
 */
export class AnswerLimit {
  readonly #intervalMs: number;
  readonly #last = new Map<number, { readonly key: string; readonly atMs: number }>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  allows({ to, question, vote }: Answer, nowMs: number): boolean {
    const key = `${keyOf(question)} ${keyOf(vote)}`;
    const last = this.#last.get(to);
    if (last?.key === key && nowMs - last.atMs < this.#intervalMs) return false;
    if (this.#last.size >= PEERS_MAX) this.#last.clear();
    this.#last.set(to, { key, atMs: nowMs });
    return true;
  }

  reset(): void {
    this.#last.clear();
  }
}

function keyOf({ state, leader, zxid, electionEpoch, peerEpoch }: Vote): string {
  return `${state} ${leader} ${zxid} ${electionEpoch} ${peerEpoch}`;
}
