import type { Stat } from "../../../src/client/index.ts";

/** The subtree that workloads write. */
export const LOAD_ROOT = "/load";
/** Parent of all sequential znodes. */
export const QUEUE = `${LOAD_ROOT}/queue`;

/** How many znodes all sessions change, each with the version that it has read. */
export const COUNTERS = 3;
export const counterPath = (index: number): string => `${LOAD_ROOT}/counter-${index}`;

/** One change that a write asks for. Paths of persistent and ephemeral creates are unique for all times. */
export type Action =
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "createSequential"; readonly prefix: string }
  | { readonly kind: "createEphemeral"; readonly path: string }
  /** `expected`: the version that it demands; undefined for any, and then only one worker writes the znode. */
  | { readonly kind: "set"; readonly path: string; readonly expected: number | undefined }
  | { readonly kind: "delete"; readonly path: string }
  /** Never holds: the multi around it must change nothing. */
  | { readonly kind: "refuse" };

export type WriteOutcome =
  | { readonly kind: "pending" }
  /** `zxid` is undefined where the reply does not tell it (delete); `paths` by action, with the sequence numbers. */
  | {
      readonly kind: "acknowledged";
      readonly zxid: number | undefined;
      readonly paths: readonly (string | undefined)[];
      readonly stats: readonly (Stat | undefined)[];
    }
  /** It has not happened and never will. */
  | { readonly kind: "refused"; readonly reason: string }
  /** It may have happened, or may happen still. */
  | { readonly kind: "unknown"; readonly reason: string };

/** One write: a single change or a multi. Its id is in all data that it wrote. */
export interface WriteRecord {
  readonly id: number;
  /** Hex id of the session that asked. */
  readonly session: string;
  readonly actions: readonly Action[];
  /** Place in the history's count of events: writes that overlap in it ran at the same time. */
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly outcome: WriteOutcome;
}

/** What a session was shown. */
export interface ReadRecord {
  readonly session: string;
  readonly path: string;
  readonly writer: number | undefined;
  readonly stat: Stat;
  readonly invokedAt: number;
  readonly completedAt: number;
}

/** What several sessions asked for and what they were told, in order of the events. */
export class History {
  readonly writes: WriteRecord[] = [];
  readonly reads: ReadRecord[] = [];
  #events = 0;

  /** The write begins; whoever made it calls {@link completed} with its id. */
  invoked(session: string, actionsOf: (id: number) => readonly Action[]): WriteRecord {
    const id = this.writes.length;
    const record: WriteRecord = {
      id,
      session,
      actions: actionsOf(id),
      invokedAt: this.#events++,
      completedAt: Number.POSITIVE_INFINITY,
      outcome: { kind: "pending" },
    };
    this.writes.push(record);
    return record;
  }

  completed(id: number, outcome: WriteOutcome): void {
    this.writes[id] = { ...this.writes[id]!, completedAt: this.#events++, outcome };
  }

  /** Begins a read; the function that is returned records its result. */
  reading(session: string, path: string): (data: Uint8Array | null, stat: Stat) => void {
    const invokedAt = this.#events++;
    return (data, stat) => {
      const writer = data === null ? undefined : writerOf(new TextDecoder().decode(data));
      this.reads.push({ session, path, writer, stat, invokedAt, completedAt: this.#events++ });
    };
  }

  /** How many writes had each outcome. */
  get totals(): Record<WriteOutcome["kind"], number> {
    const totals = { pending: 0, acknowledged: 0, refused: 0, unknown: 0 };
    for (const { outcome } of this.writes) totals[outcome.kind]++;
    return totals;
  }
}

/** The data that the write with this id leaves. */
export function dataOf(id: number): string {
  return `op ${id} ${"x".repeat(id % 90)}`;
}

/** The id of the write that left this data; undefined when it is of no workload. */
export function writerOf(data: string): number | undefined {
  const match = /^op (\d+) (x*)$/.exec(data);
  return match !== null && match[2]!.length === Number(match[1]) % 90 ? Number(match[1]) : undefined;
}
