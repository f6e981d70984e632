import type { EnsembleRun } from "./ensemble-run.ts";

/** What many runs come to. */
export class Tally {
  #seeds = 0;
  #alarms = 0;
  #simulatedMs = 0;
  #acknowledged = 0;
  #committed = 0;
  #epochs = 0;
  readonly #faults = new Map<string, number>();
  readonly #syncs = new Map<string, number>();
  readonly #shapes = new Map<string, number>();
  readonly #changes = new Map<string, number>();
  readonly #modes = new Map<string, number>();
  readonly #modeCounts = new Map<string, number>();
  readonly #beganMs = performance.now();

  get seeds(): number {
    return this.#seeds;
  }

  /** Seeds that a checker rang at. */
  get alarms(): number {
    return this.#alarms;
  }

  add(done: EnsembleRun): void {
    this.#seeds++;
    if (done.alarm !== undefined) this.#alarms++;
    this.#simulatedMs += done.simulatedMs;
    this.#acknowledged += done.acknowledged;
    this.#committed += done.committed;
    this.#epochs += done.epochs;
    addAll(this.#faults, done.faults);
    addAll(this.#syncs, done.syncs);
    addAll(this.#shapes, new Map([[done.shape, 1]]));
    addAll(this.#changes, done.changes);
    addAll(this.#modes, new Map([[done.mode, 1]]));
    addAll(this.#modeCounts, done.modeCounts);
  }

  /** A summary; speeds count from when this was made. */
  lines(): readonly string[] {
    const elapsedMs = performance.now() - this.#beganMs;
    const faults = [...this.#faults.values()].reduce((all, times) => all + times, 0);
    const perMinute = (this.#seeds / elapsedMs) * 60_000;
    return [
      `${this.#seeds} seeds in ${(elapsedMs / 1000).toFixed(1)} s: ${perMinute.toFixed(0)} seeds per minute, ` +
        `${(this.#simulatedMs / elapsedMs).toFixed(0)} s simulated per second; ${this.#acknowledged} writes acknowledged, ` +
        `${this.#committed} txns committed, ${this.#epochs} epochs`,
      `${faults} faults: ${listed(this.#faults)}; learners brought up to date: ${listed(this.#syncs)}`,
      `shapes: ${listed(this.#shapes)}${this.#changes.size === 0 ? "" : `; servers: ${listed(this.#changes)}`}`,
      `modes: ${listed(this.#modes)}; ${listed(this.#modeCounts)}`,
      `${this.#alarms} of ${this.#seeds} seeds with an alarm`,
    ];
  }
}

function addAll(to: Map<string, number>, from: ReadonlyMap<string, number>): void {
  for (const [name, times] of from) to.set(name, (to.get(name) ?? 0) + times);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, times]) => `${name} ${times}`).join(", ");
}
