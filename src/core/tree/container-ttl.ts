import type { Instant } from "../../base/ports.ts";
import type { DataTree } from "./data-tree.ts";
import type { NodeRef } from "./tree-types.ts";

/** How many znodes one step looks at: a step takes well under a millisecond. */
const SLICE_ZNODES = 1000;
/** How many deletions one step proposes at most, however late it comes. */
const DELETIONS_PER_STEP_MAX = 100;
const MINUTE_MS = 60_000;

export interface ContainerReaperOptions {
  /** `znode.container.checkIntervalMs`, 60000 by default: pause between two rounds. */
  readonly checkIntervalMs: number;
  /** `znode.container.maxPerMinute`, 10000 by default: deletions are spaced by 60000 / this many ms. */
  readonly maxPerMinute: number;
  /** `znode.container.maxNeverUsedIntervalMs`, 300000 by default; 0 = a container without a first child stays for ever. */
  readonly maxNeverUsedIntervalMs: number;
}

/**
 * Whether the znode has outlived its purpose (client-protocol 4.5): a container without children that had one, or that
 * has waited too long for its first; a TTL znode without children that was not written for longer than its TTL.
 */
export function isReapable(
  tree: DataTree,
  row: NodeRef,
  wallMs: number,
  maxNeverUsedIntervalMs: number,
): boolean {
  if (tree.numChildren(row) > 0) return false;
  const ageMs = wallMs - tree.mtime(row);
  switch (tree.ownerKind(row)) {
    case "container":
      return tree.cversion(row) > 0 || (maxNeverUsedIntervalMs !== 0 && ageMs > maxNeverUsedIntervalMs);
    case "ttl": {
      const ttlMs = tree.ttlMs(row);
      return ttlMs !== 0 && ageMs > ttlMs;
    }
    default:
      return false;
  }
}

/**
 * Finds what is to be reaped, in slices, so that a tree of a million TTL znodes never holds anything up. Rows that come
 * or go between two slices are met or not; both are right.
 */
export class ReapableScan {
  readonly #tree: DataTree;
  readonly #maxNeverUsedIntervalMs: number;
  readonly #rows: Iterator<NodeRef>;

  constructor(tree: DataTree, maxNeverUsedIntervalMs: number) {
    this.#tree = tree;
    this.#maxNeverUsedIntervalMs = maxNeverUsedIntervalMs;
    this.#rows = rowsOf(tree);
  }

  /** Looks at up to `count` znodes and adds the paths of the reapable ones to `found`; false when none are left to look at. */
  collect(count: number, wallMs: number, found: string[]): boolean {
    for (let i = 0; i < count; i++) {
      const next = this.#rows.next();
      if (next.done === true) return false;
      if (isReapable(this.#tree, next.value, wallMs, this.#maxNeverUsedIntervalMs)) {
        found.push(this.#tree.pathOf(next.value));
      }
    }
    return true;
  }
}

function* rowsOf(tree: DataTree): Iterator<NodeRef> {
  yield* tree.containers;
  yield* tree.ttlZnodes;
}

/**
 * When to look for containers and TTL znodes to delete, and when to propose which: on a leader or a standalone server
 * only. Call {@link step} at {@link nextDeadline} and propose a deleteContainer for every path it returns. The
 * transaction checks again; a failure needs no answer, the next round comes.
 */
export class ContainerReaper {
  readonly #tree: DataTree;
  readonly #options: ContainerReaperOptions;
  readonly #spacingMs: number;
  #scan: ReapableScan | undefined;
  #found: string[] = [];
  /** Of {@link #found}, how many were proposed or dropped. */
  #handled = 0;
  #nextRoundMs: number;
  #nextDeletionMs: number;

  constructor(tree: DataTree, options: ContainerReaperOptions, now: Instant) {
    this.#tree = tree;
    this.#options = options;
    this.#spacingMs = MINUTE_MS / options.maxPerMinute;
    this.#nextRoundMs = now.elapsedMs + options.checkIntervalMs;
    this.#nextDeletionMs = now.elapsedMs;
  }

  /** elapsedMs at which {@link step} wants to be called; in the past while there is more to look at. */
  get nextDeadline(): number {
    if (this.#handled < this.#found.length) return this.#nextDeletionMs;
    return this.#scan === undefined ? this.#nextRoundMs : this.#nextDeletionMs;
  }

  /** Paths to delete now; mostly none. */
  step(now: Instant): readonly string[] {
    if (this.#handled === this.#found.length) this.#lookFurther(now);
    return this.#takeDue(now);
  }

  #lookFurther(now: Instant): void {
    if (this.#scan === undefined) {
      if (now.elapsedMs < this.#nextRoundMs) return;
      this.#scan = new ReapableScan(this.#tree, this.#options.maxNeverUsedIntervalMs);
      // From the planned time on, not from now: rounds do not drift. A round that was missed is not made up for.
      const { checkIntervalMs } = this.#options;
      this.#nextRoundMs +=
        checkIntervalMs * Math.max(1, Math.ceil((now.elapsedMs - this.#nextRoundMs) / checkIntervalMs));
    }
    this.#found = [];
    this.#handled = 0;
    if (!this.#scan.collect(SLICE_ZNODES, now.wallMs, this.#found)) this.#scan = undefined;
    this.#nextDeletionMs = Math.max(this.#nextDeletionMs, now.elapsedMs);
  }

  #takeDue(now: Instant): readonly string[] {
    const due: string[] = [];
    while (this.#handled < this.#found.length && due.length < DELETIONS_PER_STEP_MAX) {
      if (this.#nextDeletionMs > now.elapsedMs) break;
      const path = this.#found[this.#handled++]!;
      // It may have been written or given a child since it was found.
      const row = this.#tree.lookup(path);
      if (row < 0 || !isReapable(this.#tree, row, now.wallMs, this.#options.maxNeverUsedIntervalMs)) continue;
      due.push(path);
      this.#nextDeletionMs += this.#spacingMs;
    }
    return due;
  }
}
