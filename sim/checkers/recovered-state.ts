import type { LogEntry } from "../../src/core/ready.ts";
import type { DataTree } from "../../src/core/tree/data-tree.ts";
import { Database } from "../../src/core/tree/database.ts";
import { ZXID_ZERO, type Zxid } from "../../src/protocol/zxid.ts";

/**
 * Everything that was ever decided, in order, as far as it is still true: the oracle against which a recovered server is
 * held. After a crash the records behind the recovered zxid are forgotten: they were never acknowledged.
 */
export class TxnHistory {
  readonly #entries: LogEntry[] = [];
  /** Highest zxid that any client was told has been done. */
  acknowledged: Zxid = ZXID_ZERO;

  append(entries: readonly LogEntry[]): void {
    for (const { zxid, bytes } of entries) this.#entries.push({ zxid, bytes: bytes.slice() });
  }

  get last(): Zxid {
    return this.#entries.at(-1)?.zxid ?? ZXID_ZERO;
  }

  /**
   * No acknowledged write lost, none invented, and the tree exactly the one that the surviving records make on an empty
   * tree: data, stats, ACLs, sessions, digest. Throws with what differs.
   */
  checkRecovered(recovered: Database): void {
    const zxid = recovered.lastProcessedZxid;
    if (zxid < this.acknowledged) {
      throw new Error(`lost: zxid ${this.acknowledged} was acknowledged, recovery ends at ${zxid}`);
    }
    if (zxid > this.last)
      throw new Error(`invented: recovery ends at ${zxid}, nothing beyond ${this.last} was decided`);
    this.#entries.length = this.#entries.filter((entry) => entry.zxid <= zxid).length;
    const expected = new Database({
      digestEnabled: true,
      extendedTypesEnabled: false,
      emulate353TTLNodes: false,
    });
    for (const { bytes } of this.#entries) expected.replay(bytes);
    compare("sessions", [...recovered.sessions.keys()].sort(), [...expected.sessions.keys()].sort());
    compare("tree", describeTree(recovered.tree), describeTree(expected.tree));
    compare("digest", recovered.tree.treeDigest().key, expected.tree.treeDigest().key);
  }
}

function compare(what: string, actual: object | string, expected: object | string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(`recovered ${what} differs (is, must be):\n${differences(actual, expected).join("\n")}`);
}

/** The entries that differ, a line each. */
function differences(actual: object | string, expected: object | string): string[] {
  if (typeof actual === "string" || typeof expected === "string") return [`${actual}`, `${expected}`];
  const [is, must] = [new Map(Object.entries(actual)), new Map(Object.entries(expected))];
  const keys = [...new Set([...is.keys(), ...must.keys()])].sort();
  return keys
    .map((key) => [key, JSON.stringify(is.get(key)), JSON.stringify(must.get(key))])
    .filter(([, a, b]) => a !== b)
    .map(([key, a, b]) => `${key}\n  is   ${a}\n  must ${b}`);
}

/** Every znode with all that a client can see of it, by path. */
export function describeTree(tree: DataTree): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const visit = (path: string): void => {
    const node = tree.lookup(path);
    const data = tree.data(node);
    const { ephemeralOwner, ...stat } = tree.stat(node);
    out[path] = {
      data: data === null ? null : [...data],
      stat,
      owner: tree.ephemeralOwner(node).key,
      ephemeralOwner: ephemeralOwner.key,
      acl: tree.acl(node),
    };
    for (const name of [...tree.childNames(node)].sort())
      visit(path === "/" ? `/${name}` : `${path}/${name}`);
  };
  visit("/");
  return out;
}
