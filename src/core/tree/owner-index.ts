import { Int64 } from "../../protocol/int64.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { OwnerRules } from "./owner.ts";
import type { NodeRef } from "./tree-types.ts";

interface SessionRows {
  readonly id: SessionId;
  readonly rows: Set<NodeRef>;
}

/**
 * Which znodes are whose: the ephemerals of each session, the containers, the TTL znodes. Rows, not paths: a row is
 * taken out before it is recycled.
 */
export class OwnerIndex {
  readonly #rules: OwnerRules;
  readonly #sessions = new Map<string, SessionRows>();
  readonly #containers = new Set<NodeRef>();
  readonly #ttls = new Set<NodeRef>();
  #ephemeralCount = 0;

  constructor(rules: OwnerRules) {
    this.#rules = rules;
  }

  get ephemeralCount(): number {
    return this.#ephemeralCount;
  }

  /** Iterating survives additions and removals, as always with a Set. */
  get containers(): ReadonlySet<NodeRef> {
    return this.#containers;
  }

  get ttls(): ReadonlySet<NodeRef> {
    return this.#ttls;
  }

  add(row: NodeRef, ownerHi: number, ownerLo: number): void {
    switch (this.#rules.kindOf(ownerHi, ownerLo)) {
      case "container":
        this.#containers.add(row);
        return;
      case "ttl":
        this.#ttls.add(row);
        return;
      case "session": {
        const id = new Int64(ownerHi, ownerLo);
        let session = this.#sessions.get(id.key);
        if (session === undefined) this.#sessions.set(id.key, (session = { id, rows: new Set() }));
        session.rows.add(row);
        this.#ephemeralCount++;
        return;
      }
      case "none":
    }
  }

  remove(row: NodeRef, ownerHi: number, ownerLo: number): void {
    if (ownerHi === 0 && ownerLo === 0) return;
    if (this.#containers.delete(row) || this.#ttls.delete(row)) return;
    const { key } = new Int64(ownerHi, ownerLo);
    const session = this.#sessions.get(key);
    if (session === undefined || !session.rows.delete(row)) return;
    this.#ephemeralCount--;
    if (session.rows.size === 0) this.#sessions.delete(key);
  }

  /** Rows of the session's ephemerals, in the order of their creation. */
  ephemeralsOf(session: SessionId): Iterable<NodeRef> {
    return this.#sessions.get(session.key)?.rows ?? [];
  }

  /** Sessions that own at least one znode. */
  *sessions(): Iterable<SessionId> {
    for (const { id } of this.#sessions.values()) yield id;
  }
}
